/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/csv.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/attr.h"

#define BOM "\xef\xbb\xbf"

/* What a spreadsheet would calculate, behind any apostrophes; a Japanese one takes wide signs. */
static bool is_formula(const char *text)
{
	static const char *const signs[] = { "=", "+", "-", "@", "＝", "＋", "－", "＠" };

	text += strspn(text, "'");
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		if (strncmp(text, signs[i], strlen(signs[i])) == 0)
			return true;
	}
	return false;
}

void csv_open(struct csv *c, const char *data, size_t len)
{
	c->at = data;
	c->end = data + len;
	c->next_line = 1;
	c->line = 0;
	c->count = 0;
	if (len >= 3 && memcmp(data, BOM, 3) == 0)
		c->at += 3;
}

static int put(struct csv *c, char byte)
{
	if (c->used == sizeof(c->text))
		return -EINVAL;
	c->text[c->used++] = byte;
	return 0;
}

/* What stands between quotes; c->at is behind the first one. */
static int read_quoted(struct csv *c)
{
	while (c->at < c->end) {
		char byte = *c->at++;

		if (byte == '"' && (c->at == c->end || *c->at != '"'))
			return 0;
		if (byte == '"')
			c->at++;
		if (byte == '\n')
			c->next_line++;
		if (byte == '\0' || put(c, byte) < 0)
			return -EINVAL;
	}
	return -EINVAL;
}

static bool at_border(const struct csv *c)
{
	return c->at == c->end || *c->at == ',' || *c->at == '\n' ||
	       (*c->at == '\r' && c->at + 1 < c->end && c->at[1] == '\n');
}

static int read_field(struct csv *c)
{
	char *start = c->text + c->used;

	if (c->count == CSV_FIELDS_MAX)
		return -EINVAL;
	if (c->at < c->end && *c->at == '"') {
		c->at++;
		if (read_quoted(c) < 0 || !at_border(c))
			return -EINVAL;
	} else {
		while (!at_border(c)) {
			char byte = *c->at++;

			if (byte == '"' || byte == '\0' || put(c, byte) < 0)
				return -EINVAL;
		}
	}
	if (put(c, '\0') < 0)
		return -EINVAL;
	if (start[0] == '\'' && is_formula(start))
		start++;
	c->field[c->count++] = start;
	return 0;
}

/* Fields up to the line's end, which is taken, too. */
static int read_row(struct csv *c)
{
	c->line = c->next_line;
	c->count = 0;
	c->used = 0;
	for (;;) {
		if (read_field(c) < 0)
			return -EINVAL;
		if (c->at == c->end || *c->at != ',')
			break;
		c->at++;
	}
	if (c->at < c->end) {
		c->at += *c->at == '\r' ? 2 : 1;
		c->next_line++;
	}
	return 0;
}

int csv_next(struct csv *c)
{
	while (c->at < c->end) {
		if (read_row(c) < 0)
			return -EINVAL;
		if (c->count > 1 || c->field[0][0] != '\0')
			return 1;
	}
	return 0;
}

void csv_put(FILE *f, const char *text, int more)
{
	bool quoted = strpbrk(text, ",\"\r\n") != NULL;

	if (quoted)
		(void)fputc('"', f);
	if (is_formula(text))
		(void)fputc('\'', f);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			(void)fputc('"', f);
		(void)fputc(*text, f);
	}
	(void)fputs(quoted ? "\"" : "", f);
	(void)fputs(more != 0 ? "," : "\r\n", f);
}
