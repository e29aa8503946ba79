/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/revision_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/revision.h"

#define LIST_KEY "\"permits\""

static const struct place whole = { 0 };

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_space(const char *text, size_t at, size_t end)
{
	while (at < end && is_space(text[at]))
		at++;
	return at;
}

/* Behind the string whose quotation mark stands at at; end: it does not end. */
static size_t skip_string(const char *text, size_t at, size_t end)
{
	for (at++; at < end && text[at] != '"'; at++) {
		if (text[at] == '\\')
			at++;
	}
	return at < end ? at + 1 : end;
}

/*
 * From behind an opening bracket to the one that closes it; end: there is none. Counts
 * the commas between, which are not in anything else.
 */
static size_t find_close(const char *text, size_t at, size_t end, size_t *ret_commas)
{
	size_t depth = 0, commas = 0;

	while (at < end) {
		char c = text[at];

		if (c == '"') {
			at = skip_string(text, at, end);
			continue;
		}
		if ((c == ']' || c == '}') && depth-- == 0)
			break;
		if (c == '[' || c == '{')
			depth++;
		if (c == ',' && depth == 0)
			commas++;
		at++;
	}
	*ret_commas = commas;
	return at;
}

/* Behind the colon of the key that ends at at; end: there is none. */
static size_t skip_colon(const char *text, size_t at, size_t end)
{
	at = skip_space(text, at, end);
	if (at == end || text[at] != ':')
		return end;
	return skip_space(text, at + 1, end);
}

/* Where the list under "permits" begins, of the outermost object; end: nowhere. */
static size_t find_list(const char *text, size_t end)
{
	size_t at = skip_space(text, 0, end), commas = 0;

	if (at == end || text[at] != '{')
		return end;
	for (at++; at < end; at++) {
		char c = text[at];

		if (c == '[' || c == '{') {
			at = find_close(text, at + 1, end, &commas);
		} else if (c == '"') {
			size_t behind = skip_string(text, at, end);
			size_t value = skip_colon(text, behind, end);

			if (value < end && text[value] == '[' &&
			    behind - at == strlen(LIST_KEY) &&
			    memcmp(text + at, LIST_KEY, strlen(LIST_KEY)) == 0)
				return value + 1;
			at = behind - 1;
		}
	}
	return end;
}

/* An error's place in the whole text, when what was parsed begins at at. */
static struct place place_of(const char *text, size_t at, const json_error_t *error)
{
	unsigned lines = 0, column = 0;

	for (size_t i = 0; i < at; i++) {
		column = text[i] == '\n' ? 0 : column + 1;
		lines += text[i] == '\n';
	}
	return (struct place){ lines + (unsigned)error->line,
			       (unsigned)error->column +
				       (error->line == 1 ? column : 0) };
}

/* The document with an empty list in place of what stands between at and end. */
static int read_rest(const char *text, size_t len, struct revision_text *t,
		     struct diags *diags)
{
	size_t behind = len - t->end;
	CLEANUP(free_p) char *rest = malloc(t->at + behind + 1);
	json_error_t error;

	if (rest == NULL)
		return -ENOMEM;
	memcpy(rest, text, t->at);
	memcpy(rest + t->at, text + t->end, behind);
	t->top = json_loadb(rest, t->at + behind, JSON_REJECT_DUPLICATES, &error);
	if (t->top != NULL)
		return 0;
	if ((size_t)error.position <= t->at)
		diag_add(diags, place_of(text, 0, &error), "%s", error.text);
	else
		diag_add(diags, whole, "behind the permits: %s", error.text);
	return -EINVAL;
}

int revision_text_read(const char *text, size_t len, struct revision_text *ret_text,
		       struct diags *diags)
{
	struct revision_text t = { .text = text };
	size_t commas = 0;
	int r;

	if (len > REVISION_FILE_MAX) {
		diag_add(diags, whole, "a revision has at most %u bytes",
			 REVISION_FILE_MAX);
		return -EFBIG;
	}
	t.at = find_list(text, len);
	t.end = find_close(text, t.at, len, &commas);
	if (skip_space(text, t.at, t.end) != t.end)
		t.left = commas + 1;
	r = read_rest(text, len, &t, diags);
	if (r == 0)
		*ret_text = t;
	return r;
}

void revision_text_clear(struct revision_text *t)
{
	json_decref(t->top);
	t->top = NULL;
}

/* Over the comma that another one must follow, or to the list's end. */
static bool pass_comma(struct revision_text *t)
{
	t->at = skip_space(t->text, t->at, t->end);
	if (--t->left == 0)
		return t->at == t->end;
	if (t->at == t->end || t->text[t->at] != ',')
		return false;
	t->at++;
	return true;
}

int revision_text_next(struct revision_text *t, json_t **ret_permit, struct diags *diags)
{
	json_error_t error;
	json_t *permit;

	if (t->left == 0)
		return 0;
	permit = json_loadb(t->text + t->at, t->end - t->at,
			    JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);
	if (permit == NULL) {
		diag_add(diags, place_of(t->text, t->at, &error), "%s", error.text);
		return -EINVAL;
	}
	t->at += (size_t)error.position;
	if (!pass_comma(t)) {
		diag_add(diags,
			 place_of(t->text, t->at,
				  &(json_error_t){ .line = 1, .column = 1 }),
			 "between two permits stands a comma");
		json_decref(permit);
		return -EINVAL;
	}
	*ret_permit = permit;
	return 1;
}
