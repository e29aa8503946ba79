/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * names - a view of the names that are accepted somewhere, and the one that was
 * perhaps meant (level 1)
 */
#ifndef LIB_POLICY_NAMES_H
#define LIB_POLICY_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* The first member of each of count objects, stride bytes apart, is its name. */
struct names {
	const void *first;
	size_t stride;
	size_t count;
	size_t max; /* ceiling of a list of them; 0: never listed */
	bool pointer; /* the member is a const char *, not an array */
};

struct names_text {
	char s[160];
};

const char *names_at(struct names names, size_t i);

/* Index of name, or POLICY_NONE. */
size_t names_index(struct names names, const char *name);

/* The name that one or two typing errors turn into found, or NULL. */
const char *names_nearest(struct names names, const char *found);

/* "a, b, c", or "a, b, ... (70 in all)", or "(none)". */
struct names_text names_known(struct names names);

#endif
