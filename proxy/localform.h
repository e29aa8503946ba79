/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * localform - what the form of the local page sends (pure)
 *
 * application/x-www-form-urlencoded (URL standard, 5.1) with exactly the fields
 * token, host, port and purpose, each once, in any order. Whether the token is ours
 * is the caller's to ask, in constant time.
 */
#ifndef PROXY_LOCALFORM_H
#define PROXY_LOCALFORM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/host.h"

#define LOCALFORM_MAX           4096 /* bytes of a body */
#define LOCALFORM_TOKEN_MAX     64
#define LOCALFORM_PURPOSE_CHARS 100 /* what the browser lets people write */
#define LOCALFORM_PURPOSE_MAX   400 /* bytes: the same in UTF-8 */

struct localform {
	char token[LOCALFORM_TOKEN_MAX + 1];
	char host[HOST_MAX + 1]; /* in normal form; an address as addr_format() has it */
	uint16_t port;
	char purpose[LOCALFORM_PURPOSE_MAX + 1]; /* printable UTF-8, not only spaces */
};

/* Returns 0, -EMSGSIZE (more than LOCALFORM_MAX) or -EINVAL (anything else wrong). */
int localform_parse(const char *body, size_t len, struct localform *ret_form) MUST_CHECK;

#endif
