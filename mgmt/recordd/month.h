/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * month - which database a record belongs to, and the numbers people see (pure)
 *
 * Months are those of the wall clock in Japan, which has been UTC+9 without a
 * summer time since 1951; reports are monthly and for there. A month is written
 * as YYYYMM, for example 202611.
 */
#ifndef MGMT_RECORDD_MONTH_H
#define MGMT_RECORDD_MONTH_H

#include <stdint.h>

#include "lib/attr.h"

#define MONTH_FILE_MAX 16 /* "2026-11.db" and its terminator */

/* Rows have one numbering over all months; a month's part of an id is for people. */
#define MONTH_ID_FACTOR 1000000000000ull

/*
 * The time that a record is filed under: its own, or now_us when its own cannot be
 * (before 2020, or more than a day ahead of now).
 */
int64_t month_filing_time(int64_t time_us, int64_t now_us);

/* YYYYMM of a time between the years 1970 and 9999. */
unsigned month_of(int64_t time_us);

static inline uint64_t month_id(unsigned month, uint64_t n)
{
	return month * MONTH_ID_FACTOR + n;
}

void month_file(unsigned month, char dst[MONTH_FILE_MAX]);

/* The month of such a file name. Returns 0 or -EINVAL. */
int month_of_file(const char *name, unsigned *ret_month) MUST_CHECK;

#endif
