/* SPDX-License-Identifier: GPL-3.0-or-later */
/* date - calendar dates as text (level 0) */
#ifndef LIB_POLICY_DATE_H
#define LIB_POLICY_DATE_H

#include <stdbool.h>

/* Is s "YYYY-MM-DD" and a day of the Gregorian calendar from 1970 on? */
bool date_is_valid(const char *s);

#endif
