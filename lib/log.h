/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log - lines to stderr, for journald (level 1)
 *
 * Only program code logs; libraries and parsers return. Each line carries the
 * journal's priority prefix and the area, and control characters are replaced.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include "lib/attr.h"

void log_err(const char *area, const char *fmt, ...) PRINTF_FMT(2, 3);
void log_warn(const char *area, const char *fmt, ...) PRINTF_FMT(2, 3);
void log_info(const char *area, const char *fmt, ...) PRINTF_FMT(2, 3);

#endif
