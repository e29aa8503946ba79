/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host_check - what a person should know about a host name before it is allowed (pure) */
#ifndef MGMT_MGMTD_HOST_CHECK_H
#define MGMT_MGMTD_HOST_CHECK_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/attr.h"
#include "lib/host.h"
#include "lib/names/names.h"

#define HOST_CHECK_TEXT_MAX (NAMES_UNICODE_MAX + 1) /* with the terminator */

/*
 * A pattern as typed, in any script, in normal form (A-labels). Returns 0 or -EINVAL.
 */
int host_check_pattern(const char *text,
		       char ret_pattern[HOST_PATTERN_MAX + 1]) MUST_CHECK;

/* Is it a wildcard over a public suffix, such as "*.co.jp"? */
bool host_check_is_wide(const char *pattern);

/* The pattern as people read it. False when that is the pattern itself. */
bool host_check_show(const char *pattern, char dst[HOST_CHECK_TEXT_MAX]);

/* [{code, text}], empty when there is nothing to say. NULL when memory is short. */
json_t *host_check_warnings(const char *pattern, bool ja);

/* The registrable domain of a host ("example.co.jp" of "www.example.co.jp"), or the host. */
void host_check_domain(const char *host, char dst[HOST_MAX + 1]);

#endif
