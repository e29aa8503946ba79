/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diff - two texts line by line, as "diff -u" shows it (pure) */
#ifndef MGMT_MGMTD_DIFF_H
#define MGMT_MGMTD_DIFF_H

#include "lib/attr.h"

#define DIFF_LINES_MAX 200000 /* of one text */
#define DIFF_EDITS_MAX \
	1500 /* with more, all between the first and the last is replaced */

/*
 * Hunks with three lines around each change, without file names; "" when both are the
 * same. The caller frees it. Returns 0, -EFBIG or -ENOMEM.
 */
int diff_unified(const char *from, const char *to, char **ret_text) MUST_CHECK;

#endif
