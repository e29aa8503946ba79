/* SPDX-License-Identifier: GPL-3.0-or-later */
/* duration - "30s", "10m", "8h", "90d" (pure) */
#ifndef MGMT_CLI_DURATION_H
#define MGMT_CLI_DURATION_H

#include <stdint.h>

#include "lib/attr.h"

#define DURATION_MAX_S ((uint64_t)3660 * 86400) /* ten years and a little */

/* Seconds, at least one. Returns 0, -EINVAL (not a duration) or -ERANGE. */
int duration_parse(const char *text, uint64_t *ret_seconds) MUST_CHECK;

#endif
