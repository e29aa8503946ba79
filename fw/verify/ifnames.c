/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/ifnames.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"

/* Which entry of the model stands for this interface? The longest wildcard wins. */
static uint32_t base_of(const struct ifnames *n, const char *name)
{
	uint32_t best = NAME_OTHER;
	size_t best_len = 0;

	for (uint32_t i = NAME_FIRST; i < n->of_model; i++) {
		size_t len = strlen(n->name[i]);

		if (len == 0 || n->name[i][len - 1] != '*' ||
		    strncmp(n->name[i], name, len - 1) != 0 || len < best_len)
			continue;
		best = i;
		best_len = len;
	}
	return best;
}

uint32_t ifnames_add(struct work *w, struct ifnames *n, const char *name)
{
	char(*names)[16];
	uint32_t *base;

	for (uint32_t i = NAME_FIRST; i < n->count; i++) {
		if (strcmp(n->name[i], name) == 0)
			return i;
	}
	names = work_alloc(w, n->count + 1u, sizeof(*names));
	base = work_alloc(w, n->count + 1u, sizeof(*base));
	if (names == NULL || base == NULL)
		return 0;
	memcpy(names, n->name, n->count * sizeof(*names));
	memcpy(base, n->base, n->count * sizeof(*base));
	(void)str_copy(names[n->count], sizeof(names[n->count]), name);
	base[n->count] = base_of(n, name);
	n->name = names;
	n->base = base;
	return n->count++;
}

int ifnames_new(struct work *w, const struct model *m, struct ifnames *ret_names)
{
	uint32_t count =
		m->name_count < NAME_FIRST ? NAME_FIRST : (uint32_t)m->name_count;
	struct ifnames n = { .count = count, .of_model = count };

	n.name = work_alloc(w, count, sizeof(*n.name));
	n.base = work_alloc(w, count, sizeof(*n.base));
	if (n.name == NULL || n.base == NULL)
		return w->error;
	for (uint32_t i = 0; i < count; i++) {
		n.base[i] = i;
		if (i < m->name_count)
			memcpy(n.name[i], m->name[i], sizeof(n.name[i]));
		n.name[i][sizeof(n.name[i]) - 1] = '\0';
	}
	*ret_names = n;
	(void)ifnames_add(w, ret_names, "lo");
	return w->error;
}
