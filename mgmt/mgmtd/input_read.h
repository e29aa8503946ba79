/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * input_read - what the readers of bodies share (pure)
 *
 * Each returns 0, or -EINVAL with the reason in e, as input.h says.
 */
#ifndef MGMT_MGMTD_INPUT_READ_H
#define MGMT_MGMTD_INPUT_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/input.h"

/* Always -EINVAL. arg is anybody's: what cannot be printed becomes "?". */
int input_refuse(struct input_error *e, enum msg msg, const char *arg);

/* Is body an object with no other keys than these (ended by NULL)? */
int input_keys(const json_t *body, const char *const *keys,
	       struct input_error *e) MUST_CHECK;

/* Is there something under key that is not null? */
bool input_has(const json_t *body, const char *key);

/* true or false; missing or null is false. */
int input_bool(const json_t *body, const char *key, bool *ret,
	       struct input_error *e) MUST_CHECK;

int input_string(const json_t *body, const char *key, const char **ret_text,
		 struct input_error *e) MUST_CHECK;

/* A text of its own line: printable, not blank, at most size - 1 bytes. */
int input_line(const json_t *body, const char *key, char *dst, size_t size,
	       struct input_error *e) MUST_CHECK;

/* Likewise, but it may be missing, null or empty; then dst is "". */
int input_maybe_line(const json_t *body, const char *key, char *dst, size_t size,
		     struct input_error *e) MUST_CHECK;

#endif
