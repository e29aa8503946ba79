/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hours - the hours of a week as people type them (pure) */
#ifndef MGMT_CLI_HOURS_H
#define MGMT_CLI_HOURS_H

#include <jansson.h>

#define HOURS_TEXT_MAX 96

/*
 * "mon-fri 08:30-17:15" or "mon,wed 09:00-12:00" as {days, from, to}. NULL when it is
 * none, or memory is short. The server checks the times.
 */
json_t *hours_parse(const char *text);

/* The other way round, cut to fit. */
void hours_print(const json_t *span, char dst[HOURS_TEXT_MAX]);

#endif
