/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/host_check.h"

#include <string.h>

#include "lib/str.h"

int host_check_pattern(const char *text, char ret_pattern[HOST_PATTERN_MAX + 1])
{
	return host_pattern_normalise(text, ret_pattern);
}

bool host_check_is_wide(const char *pattern)
{
	(void)pattern;
	return false;
}

bool host_check_show(const char *pattern, char dst[HOST_CHECK_TEXT_MAX])
{
	(void)pattern;
	dst[0] = '\0';
	return false;
}

json_t *host_check_warnings(const char *pattern, bool ja)
{
	(void)pattern;
	(void)ja;
	return json_array();
}

void host_check_domain(const char *host, char dst[HOST_MAX + 1])
{
	(void)str_copy(dst, HOST_MAX + 1, host);
}
