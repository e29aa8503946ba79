/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * yaml - a plain tree of mappings, lists and scalars, with the place of each (level 2)
 *
 * yaml_load.c is the only door to libfyaml. What a policy file has no use for is refused here:
 * anchors, aliases, tags, merge keys, several documents, keys that are not plain
 * text, control characters, too deep nesting. Every text in the tree is valid
 * UTF-8 on one line. Keys are unique: of a repeated key the first stays.
 */
#ifndef LIB_POLICY_YAML_H
#define LIB_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/attr.h"
#include "lib/diag.h"

#define YAML_NODES_MAX (1u << 18) /* 4096 flows of 60 nodes */

enum yaml_kind {
	YAML_SCALAR,
	YAML_LIST,
	YAML_MAPPING,
};

struct yaml_node {
	enum yaml_kind kind;
	struct place at;
	char *key; /* NULL unless the parent is a mapping */
	struct place key_at;
	char *text; /* NULL unless a scalar */
	bool quoted; /* a scalar in quotes: "" and "null" are then text */
	bool repeated;
	struct yaml_node *first; /* children in the file's order */
	struct yaml_node *next;
	size_t count; /* of children */
};

/*
 * Turn len bytes (valid UTF-8 without NUL) into a tree. Returns 0, -EINVAL (no
 * tree, see diags) or -ENOMEM. With 0 there may be diags too, for what does not
 * keep the rest from being looked at.
 */
int yaml_load(const char *text, size_t len, struct yaml_node **ret_root,
	      struct diags *diags) MUST_CHECK;
void yaml_free(struct yaml_node *n);

/* Report keys that a mapping has twice and keep the first. Returns 0 or -ENOMEM. */
int yaml_drop_repeated(struct yaml_node *mapping, struct diags *diags) MUST_CHECK;

/* The value of a key, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

/* A scalar with nothing in it: "key:", ~ or null. */
bool yaml_is_empty(const struct yaml_node *n);

/* "a mapping", "a list", "nothing" or "text", for messages. */
const char *yaml_kind_text(const struct yaml_node *n);

#endif
