/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/policy/date.h"

#include <stddef.h>

static bool has_shape(const char *s)
{
	static const char shape[] = "dddd-dd-dd";

	for (size_t i = 0; i < sizeof(shape); i++) { /* with the terminator */
		bool digit = s[i] >= '0' && s[i] <= '9';

		if (shape[i] == 'd' ? !digit : s[i] != shape[i])
			return false;
	}
	return true;
}

static int number(const char *s, size_t digits)
{
	int v = 0;

	for (size_t i = 0; i < digits; i++)
		v = v * 10 + (s[i] - '0');
	return v;
}

static int days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (leap && month == 2 ? 1 : 0);
}

bool date_is_valid(const char *s)
{
	int year, month, day;

	if (!has_shape(s))
		return false;
	year = number(s, 4);
	month = number(s + 5, 2);
	day = number(s + 8, 2);
	return year >= 1970 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= days_of(year, month);
}
