/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_UNIT_FW_GOLDEN_H
#define TESTS_UNIT_FW_GOLDEN_H

#include "fw/compile/ruleset.h"

#define GOLDEN_NOW            1790000000 /* seconds UTC */
#define GOLDEN_UID_PROXY      900
#define GOLDEN_UID_MANAGEMENT 901
#define GOLDEN_UID_CLOCK      902

/* Every interface name of the cases, and lo. */
extern const struct inventory golden_inventory;

/*
 * The revision of tests/golden/fw/NAME.yaml with the permits of NAME.json, or, for
 * "example-NAME", of what is shipped below conf/. NULL: said why.
 */
struct revision *golden_load(const char *name);

/* The same from a policy's text and the object of the allowlist's ports and of permits, both in memory. */
struct revision *golden_make(const char *policy, const char *objects);

/* tests/golden/fw/NAME.SUFFIX */
void golden_path(char *dst, size_t size, const char *name, const char *suffix);

#endif
