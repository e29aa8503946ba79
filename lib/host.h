/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * host - DNS host names in one normal form (level 1)
 *
 * Normal form: A-labels only (a-z 0-9 - _), lower case, no final dot, labels of
 * 1..63 bytes, 253 bytes at most (RFC 1035 2.3.4), and not an IPv4 address in
 * any spelling. Names are normalised once, before any comparison.
 */
#ifndef LIB_HOST_H
#define LIB_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/attr.h"

#define HOST_MAX         253
#define HOST_PATTERN_MAX (HOST_MAX + 2) /* "*." in front */

/*
 * Normalise one host name: folds case, takes one final dot away.
 * Returns 0, or -EINVAL for what is not a host name (percent signs, spaces,
 * empty labels, non-ASCII, too long, numeric last label).
 */
int host_normalise(const char *text, char ret_host[HOST_MAX + 1]) MUST_CHECK;

/*
 * Normalise an allowlist pattern: a host name, or "*." and a host name of two
 * labels or more. "*.example" matches every name below example, not itself.
 * Returns 0 or -EINVAL.
 */
int host_pattern_normalise(const char *text,
			   char ret_pattern[HOST_PATTERN_MAX + 1]) MUST_CHECK;

/* Does the normalised pattern match the normalised host? */
bool host_pattern_matches(const char *pattern, const char *host);

#endif
