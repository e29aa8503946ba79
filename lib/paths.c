/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/paths.h"

#include <errno.h>
#include <stdio.h>

int path_join(char dst[PATH_TEXT_MAX], const char *root, const char *rel)
{
	int n = snprintf(dst, PATH_TEXT_MAX, "%s%s", root, rel);

	return n >= 0 && n < PATH_TEXT_MAX ? 0 : -ENAMETOOLONG;
}
