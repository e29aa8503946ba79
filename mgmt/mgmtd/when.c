/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/when.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LAST 253402300799LL /* 9999-12-31T23:59:59Z */

void when_format(int64_t s, char dst[WHEN_TEXT_MAX])
{
	time_t t = (time_t)(s < 0 ? 0 : s > LAST ? LAST : s);
	struct tm tm;

	(void)gmtime_r(&t, &tm);
	(void)strftime(dst, WHEN_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void when_format_us(int64_t us, char dst[WHEN_TEXT_MAX])
{
	char whole[WHEN_TEXT_MAX];

	when_format(us / 1000000, whole);
	(void)snprintf(dst, WHEN_TEXT_MAX, "%.19s.%06uZ", whole,
		       us < 0 ? 0 : (unsigned)(us % 1000000));
}

/* count digits at *p, which moves past them; -1 when they are not all digits. */
static int digits(const char **p, int count)
{
	int v = 0;

	for (int i = 0; i < count; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return -1;
		v = v * 10 + (**p - '0');
	}
	return v;
}

static bool take(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool day_is_real(int year, int month, int day)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return year >= 1970 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* "Z" or "+09:00" to the end of the text; seconds east of UTC. */
static int parse_offset(const char **p, int *ret_s)
{
	int sign, hours, minutes;

	if (take(p, 'Z') || take(p, 'z')) {
		*ret_s = 0;
		return 0;
	}
	sign = **p == '+' ? 1 : **p == '-' ? -1 : 0;
	if (sign == 0)
		return -EINVAL;
	(*p)++;
	hours = digits(p, 2);
	if (hours < 0 || hours > 23 || !take(p, ':'))
		return -EINVAL;
	minutes = digits(p, 2);
	if (minutes < 0 || minutes > 59)
		return -EINVAL;
	*ret_s = sign * (hours * 3600 + minutes * 60);
	return 0;
}

/* "hh:mm:ss", a fraction that is left out, and the offset. */
static int parse_time(const char *p, struct tm *tm, int *ret_offset_s)
{
	tm->tm_hour = digits(&p, 2);
	if (tm->tm_hour < 0 || tm->tm_hour > 23 || !take(&p, ':'))
		return -EINVAL;
	tm->tm_min = digits(&p, 2);
	if (tm->tm_min < 0 || tm->tm_min > 59 || !take(&p, ':'))
		return -EINVAL;
	tm->tm_sec = digits(&p, 2);
	if (tm->tm_sec < 0 || tm->tm_sec > 59)
		return -EINVAL;
	if (take(&p, '.')) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		p += strspn(p, "0123456789");
	}
	if (parse_offset(&p, ret_offset_s) < 0 || *p != '\0')
		return -EINVAL;
	return 0;
}

int when_parse(const char *text, bool day_end, int64_t *ret_s)
{
	const char *p = text;
	struct tm tm = { .tm_isdst = -1 };
	int year = digits(&p, 4), month, day, offset_s;
	int64_t s;

	if (year < 0 || !take(&p, '-'))
		return -EINVAL;
	month = digits(&p, 2);
	if (month < 0 || !take(&p, '-'))
		return -EINVAL;
	day = digits(&p, 2);
	if (day < 0 || !day_is_real(year, month, day))
		return -EINVAL;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day + (*p == '\0' && day_end ? 1 : 0);
	if (*p == '\0') {
		s = (int64_t)mktime(&tm);
	} else {
		if (!(take(&p, 'T') || take(&p, 't')) ||
		    parse_time(p, &tm, &offset_s) < 0)
			return -EINVAL;
		s = (int64_t)timegm(&tm) - offset_s;
	}
	if (s < 0 || s > LAST)
		return -EINVAL;
	*ret_s = s;
	return 0;
}

void when_use_zone(const char *name)
{
	(void)setenv("TZ", name, 1);
	tzset();
}
