/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/duration.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"

static uint64_t unit_of(char c)
{
	switch (c) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

int duration_parse(const char *text, uint64_t *ret_seconds)
{
	size_t len = strlen(text);
	uint64_t unit, number = 0;
	char digits[16];
	int r;

	if (len < 2 || len > sizeof(digits))
		return -EINVAL;
	unit = unit_of(text[len - 1]);
	if (unit == 0)
		return -EINVAL;
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	r = str_to_uint(digits, 1, DURATION_MAX_S / unit, &number);
	if (r < 0)
		return r;
	*ret_seconds = number * unit;
	return 0;
}
