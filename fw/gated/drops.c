/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/drops.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN "drop"
#define SPACE  " \t\n"

/* The word at *at, which is moved behind it. Returns its length, 0 at the end. */
static size_t next_word(const char **at, const char **ret_word)
{
	size_t len;

	*ret_word = *at + strspn(*at, SPACE);
	len = strcspn(*ret_word, SPACE);
	*at = *ret_word + len;
	return len;
}

/* Which word of the head it is, from 1 on; 0: there is none. */
static unsigned find_column(const char *head)
{
	const char *word;
	size_t len;

	for (unsigned i = 1; (len = next_word(&head, &word)) != 0; i++) {
		if (len == strlen(COLUMN) && strncmp(word, COLUMN, len) == 0)
			return i;
	}
	return 0;
}

/* A processor's line: numbers in hexadecimal. */
static uint64_t value_in(const char *line, unsigned column)
{
	const char *word = "";

	while (column-- != 0 && next_word(&line, &word) != 0)
		;
	return strtoull(word, NULL, 16);
}

static bool read_sum(FILE *f, uint64_t *ret_sum)
{
	char *line = NULL;
	size_t room = 0;
	unsigned column = getline(&line, &room, f) > 0 ? find_column(line) : 0;
	uint64_t sum = 0;

	while (column != 0 && getline(&line, &room, f) > 0)
		sum += value_in(line, column);
	free(line);
	*ret_sum = sum;
	return column != 0;
}

uint64_t drops_look(struct drops *d, const char *path)
{
	FILE *f = fopen(path, "re");
	struct drops now = { 0 };
	uint64_t more = 0;

	if (f == NULL)
		return 0;
	now.known = read_sum(f, &now.sum);
	(void)fclose(f);
	if (!now.known)
		return 0;
	if (d->known && now.sum > d->sum) /* less: a processor's number began anew */
		more = now.sum - d->sum;
	*d = now;
	return more;
}
