/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dayfile - the day's sums outlive a restart: daily.h in a file */
#ifndef PROXY_DAYFILE_H
#define PROXY_DAYFILE_H

#include "lib/attr.h"
#include "proxy/daily.h"

/* Returns 0, -ENOENT (there is none), -EBADMSG (damaged) or another negative errno. */
int dayfile_read(const char *path, struct daily *d) MUST_CHECK;

/* Written as a whole when something has changed. Returns 0 or a negative errno. */
int dayfile_write(const char *path, struct daily *d) MUST_CHECK;

#endif
