/* SPDX-License-Identifier: GPL-3.0-or-later */
/* charset - files of spreadsheets: Shift_JIS as Windows has it, and UTF-8 (pure) */
#ifndef MGMT_MGMTD_CHARSET_H
#define MGMT_MGMTD_CHARSET_H

#include <stddef.h>

#include "lib/attr.h"

/* *ret_text is the caller's, terminated. -EILSEQ: it is no such text; -ENOMEM. */
int charset_from_sjis(const char *bytes, size_t len, char **ret_text,
		      size_t *ret_len) MUST_CHECK;

/* What it has no sign for becomes the geta mark. text is valid UTF-8, else -EILSEQ. */
int charset_to_sjis(const char *text, size_t len, char **ret_bytes,
		    size_t *ret_len) MUST_CHECK;

#endif
