/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/policy/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/policy/text.h"

void yaml_free(struct yaml_node *n)
{
	while (n != NULL) {
		struct yaml_node *next = n->next;

		yaml_free(n->first); /* as deep as POLICY_DEPTH_MAX at most */
		free(n->key);
		free(n->text);
		free(n);
		n = next;
	}
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
	for (const struct yaml_node *n = mapping->first; n != NULL; n = n->next) {
		if (n->key != NULL && strcmp(n->key, key) == 0)
			return n;
	}
	return NULL;
}

bool yaml_is_empty(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && !n->quoted &&
	       (n->text[0] == '\0' || strcmp(n->text, "~") == 0 ||
		strcmp(n->text, "null") == 0);
}

const char *yaml_kind_text(const struct yaml_node *n)
{
	if (yaml_is_empty(n))
		return "nothing";
	switch (n->kind) {
	case YAML_SCALAR:
		return "text";
	case YAML_LIST:
		return "a list";
	case YAML_MAPPING:
		return "a mapping";
	}
	return "?";
}

static int compare_keys(const void *pa, const void *pb)
{
	const struct yaml_node *a = *(struct yaml_node *const *)pa;
	const struct yaml_node *b = *(struct yaml_node *const *)pb;
	int r = strcmp(a->key, b->key);

	if (r != 0)
		return r;
	if (a->key_at.line != b->key_at.line)
		return a->key_at.line < b->key_at.line ? -1 : 1;
	return a->key_at.column < b->key_at.column ? -1
						   : a->key_at.column > b->key_at.column;
}

static void drop_repeated(struct yaml_node *mapping)
{
	struct yaml_node **link = &mapping->first;

	while (*link != NULL) {
		struct yaml_node *n = *link;

		if (!n->repeated) {
			link = &n->next;
			continue;
		}
		*link = n->next;
		n->next = NULL;
		yaml_free(n);
		mapping->count--;
	}
}

/* Sorting first: a hostile mapping has a hundred thousand keys. */
int yaml_drop_repeated(struct yaml_node *mapping, struct diags *diags)
{
	CLEANUP(free_p) struct yaml_node **keys = NULL;
	const struct yaml_node *kept;
	size_t n = 0;

	if (mapping->count < 2)
		return 0;
	keys = calloc(mapping->count, sizeof(struct yaml_node *));
	if (keys == NULL)
		return -ENOMEM;
	for (struct yaml_node *c = mapping->first; c != NULL; c = c->next)
		keys[n++] = c;
	qsort(keys, n, sizeof(struct yaml_node *), compare_keys);
	kept = keys[0];
	for (size_t i = 1; i < n; i++) {
		if (strcmp(keys[i]->key, kept->key) != 0) {
			kept = keys[i];
			continue;
		}
		diag_add(diags, keys[i]->key_at,
			 "key '%s' is given twice, first in line %u",
			 text_shown(kept->key).s, kept->key_at.line);
		keys[i]->repeated = true;
	}
	drop_repeated(mapping);
	return 0;
}
