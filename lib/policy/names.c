/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/policy/names.h"

#include <stdio.h>
#include <string.h>

#include "lib/policy/policy.h"

#define REST_MAX 24 /* room that ", ... (1234 in all)" may need */

const char *names_at(struct names names, size_t i)
{
	const char *at = (const char *)names.first + i * names.stride;
	const char *name = at;

	if (names.pointer)
		memcpy(&name, at, sizeof(name));
	return name;
}

size_t names_index(struct names names, const char *name)
{
	for (size_t i = 0; i < names.count; i++) {
		if (strcmp(names_at(names, i), name) == 0)
			return i;
	}
	return POLICY_NONE;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Insertions, deletions and replacements from a to b (Levenshtein), row by row. */
static size_t distance(const char *a, size_t alen, const char *b, size_t blen)
{
	size_t row[POLICY_NAME_MAX + 1];

	for (size_t j = 0; j <= blen; j++)
		row[j] = j;
	for (size_t i = 1; i <= alen; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= blen; j++) {
			size_t old = row[j];

			row[j] = min3(old + 1, row[j - 1] + 1,
				      diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
			diagonal = old;
		}
	}
	return row[blen];
}

const char *names_nearest(struct names names, const char *found)
{
	size_t len = strlen(found);
	size_t best = len <= 3 ? 2 : 3; /* short names are all near each other */
	const char *near = NULL;

	if (len > POLICY_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names_at(names, i);
		size_t n = strlen(name);
		size_t d;

		if (n > POLICY_NAME_MAX || n > len + 2 || len > n + 2)
			continue;
		d = distance(found, len, name, n);
		if (d < best && d < n) {
			best = d;
			near = name;
		}
	}
	return near;
}

struct names_text names_known(struct names names)
{
	struct names_text t = { .s = "(none)" };
	size_t len = 0;

	for (size_t i = 0; i < names.count; i++) {
		const char *name = names_at(names, i);

		if (len + strlen(name) + REST_MAX >= sizeof(t.s)) {
			(void)snprintf(t.s + len, sizeof(t.s) - len, ", ... (%zu in all)",
				       names.count);
			break;
		}
		len += (size_t)snprintf(t.s + len, sizeof(t.s) - len, "%s%s",
					i > 0 ? ", " : "", name);
	}
	return t;
}
