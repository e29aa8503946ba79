/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/month.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/str.h"

#define SECOND_US   ((int64_t)1000000)
#define JAPAN_US    (9 * 3600 * SECOND_US)
#define DAY_US      (86400 * SECOND_US)
#define EARLIEST_US (1577836800 * SECOND_US) /* 2020-01-01, before the first gateway */

int64_t month_filing_time(int64_t time_us, int64_t now_us)
{
	return time_us < EARLIEST_US || time_us - DAY_US > now_us ? now_us : time_us;
}

unsigned month_of(int64_t time_us)
{
	time_t s = (time_t)((time_us + JAPAN_US) / SECOND_US);
	struct tm tm = { 0 };

	(void)gmtime_r(&s, &tm);
	return (unsigned)(tm.tm_year + 1900) * 100 + (unsigned)tm.tm_mon + 1;
}

void month_file(unsigned month, char dst[MONTH_FILE_MAX])
{
	(void)snprintf(dst, MONTH_FILE_MAX, "%04u-%02u.db", month / 100 % 10000,
		       month % 100);
}

int month_of_file(const char *name, unsigned *ret_month)
{
	char year[5], month[3], again[MONTH_FILE_MAX];
	uint64_t y = 0, m = 0;

	if (strlen(name) != strlen("2026-11.db"))
		return -EINVAL;
	(void)str_copy(year, sizeof(year), name);
	(void)str_copy(month, sizeof(month), name[5] == '0' ? name + 6 : name + 5);
	if (name[5] == '0')
		month[1] = '\0';
	if (str_to_uint(year, 1970, 9999, &y) < 0 || str_to_uint(month, 1, 12, &m) < 0)
		return -EINVAL;
	month_file((unsigned)(y * 100 + m), again);
	if (strcmp(again, name) != 0)
		return -EINVAL;
	*ret_month = (unsigned)(y * 100 + m);
	return 0;
}
