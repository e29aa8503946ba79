/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/web.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fdio.h"
#include "lib/paths.h"
#include "lib/str.h"

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".woff2", "font/woff2" },
};

static const char *type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || dot == name)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (strcmp(types[i].suffix, dot) == 0)
			return types[i].type;
	}
	return NULL;
}

static int add_file(struct web *w, const char *dir, const char *name)
{
	struct web_file f = { .type = type_of(name) };
	char path[PATH_TEXT_MAX];
	int n, r;

	if (f.type == NULL || str_copy(f.name, sizeof(f.name), name) < 0)
		return 0;
	if (w->count == WEB_FILES_MAX)
		return -E2BIG;
	n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;
	r = fdio_read_file(path, WEB_FILE_MAX, &f.data, &f.len);
	if (r < 0)
		return r;
	w->file[w->count++] = f;
	return 0;
}

int web_load(const char *dir, struct web *ret_web)
{
	struct web w = { 0 };
	const struct dirent *entry;
	DIR *d = opendir(dir);
	int r = 0;

	if (d == NULL)
		return -errno;
	while (r == 0 && (entry = readdir(d)) != NULL)
		r = add_file(&w, dir, entry->d_name);
	(void)closedir(d);
	if (r < 0)
		web_free(&w);
	else
		*ret_web = w;
	return r;
}

void web_free(struct web *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->file[i].data);
	w->count = 0;
}

const struct web_file *web_find(const struct web *w, const char *path)
{
	const char *name = strcmp(path, "/") == 0 ? "index.html" : path + 1;

	if (path[0] != '/')
		return NULL;
	for (size_t i = 0; i < w->count; i++) {
		if (strcmp(w->file[i].name, name) == 0)
			return &w->file[i];
	}
	return NULL;
}
