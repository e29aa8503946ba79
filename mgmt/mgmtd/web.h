/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * web - the files of the user interface, read into memory once
 *
 * Only files directly in the folder, of types that a browser is to load; names
 * are compared as they are, so no path leads elsewhere.
 */
#ifndef MGMT_MGMTD_WEB_H
#define MGMT_MGMTD_WEB_H

#include <stddef.h>

#include "lib/attr.h"

#define WEB_FILES_MAX 32
#define WEB_NAME_MAX  64
#define WEB_FILE_MAX  (4u << 20)

struct web_file {
	char name[WEB_NAME_MAX];
	const char *type; /* static */
	char *data; /* owned */
	size_t len;
};

struct web {
	struct web_file file[WEB_FILES_MAX];
	size_t count;
};

/* Returns 0 or a negative errno (-E2BIG: too many files); nothing is kept then. */
int web_load(const char *dir, struct web *ret_web) MUST_CHECK;
void web_free(struct web *w);

/* "/" is index.html. NULL: there is none. */
const struct web_file *web_find(const struct web *w, const char *path);

#endif
