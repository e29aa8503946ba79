/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/dayfile.h"

#include <stddef.h>

#include "lib/fdio.h"
#include "lib/mem.h"

int dayfile_read(const char *path, struct daily *d)
{
	CLEANUP(free_p) char *data = NULL;
	size_t len;
	int r = fdio_read_file(path, DAILY_SAVED_MAX, &data, &len);

	return r < 0 ? r : daily_load(d, data, len);
}

int dayfile_write(const char *path, struct daily *d)
{
	CLEANUP(free_p) void *data = NULL;
	size_t len;
	int r = daily_save(d, &data, &len);

	return r <= 0 ? r : fdio_replace_file(path, 0640, data, len);
}
