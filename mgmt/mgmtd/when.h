/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * when - times as text: RFC 3339, and calendar days of the site's time zone
 *
 * Numbers are seconds since 1970 UTC. Years 1970 to 9999 only.
 */
#ifndef MGMT_MGMTD_WHEN_H
#define MGMT_MGMTD_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"

#define WHEN_TEXT_MAX 32 /* "2026-11-21T00:00:00.000000Z" and its terminator */

/* "2026-11-21T00:00:00Z" */
void when_format(int64_t s, char dst[WHEN_TEXT_MAX]);
/* "2026-11-21T00:00:00.000000Z", from microseconds */
void when_format_us(int64_t us, char dst[WHEN_TEXT_MAX]);

/*
 * RFC 3339, "Z" or an offset, any fraction (cut), or a day "YYYY-MM-DD" of the
 * process's time zone (TZ), which is its first second, or with day_end the first
 * second of the day after. Returns 0 or -EINVAL.
 */
int when_parse(const char *text, bool day_end, int64_t *ret_s) MUST_CHECK;

/* Make the name of an IANA zone the process's time zone. */
void when_use_zone(const char *name);

#endif
