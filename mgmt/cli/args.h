/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * args - words and options of a command line (pure)
 *
 * "--name VALUE", "--name=VALUE" or "--name", in any order with the words; "--"
 * ends the options. Everything points into argv.
 */
#ifndef MGMT_CLI_ARGS_H
#define MGMT_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"

#define ARGS_MAX      128
#define ARGS_TEXT_MAX 160

struct args_option {
	const char *name;
	size_t len; /* of name, which may stand in "name=value" */
	const char *value; /* NULL for an option without one */
};

struct args {
	const char *word[ARGS_MAX];
	size_t word_count;
	struct args_option option[ARGS_MAX];
	size_t option_count;
	char error[ARGS_TEXT_MAX]; /* when parsing failed */
};

/*
 * options names what is accepted, separated by blanks: "reason= port=+ json" is an
 * option with a value, one that may be repeated, and one without a value. A
 * single letter is given with one hyphen.
 * Returns 0, or -EINVAL with ret_args->error set.
 */
int args_parse(int argc, char **argv, const char *options,
	       struct args *ret_args) MUST_CHECK;

/* The value, or NULL when the option was not given. */
const char *args_value(const struct args *a, const char *name);
bool args_has(const struct args *a, const char *name);

/* The nth value of a repeatable option, from 0; NULL after the last. */
const char *args_nth(const struct args *a, const char *name, size_t nth);

#endif
