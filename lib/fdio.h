/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fdio - whole files with a ceiling, and atomic replacement (level 1)
 */
#ifndef LIB_FDIO_H
#define LIB_FDIO_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/attr.h"

/*
 * Read a regular file whole. *ret_data gets a malloc()ed block with a NUL after
 * the last byte; the caller frees it.
 * Returns 0, -EFBIG (more than max bytes), -EINVAL (not a regular file) or
 * another negative errno.
 */
int fdio_read_file(const char *path, size_t max, char **ret_data,
		   size_t *ret_len) MUST_CHECK;

/* Write all of it, over short writes and EINTR. Returns 0 or a negative errno. */
int fdio_write_all(int fd, const void *data, size_t len) MUST_CHECK;

/*
 * Replace path as a whole: temporary file beside it, fsync, rename, fsync of the
 * directory. On failure the old file stays and no temporary file is left.
 */
int fdio_replace_file(const char *path, mode_t mode, const void *data,
		      size_t len) MUST_CHECK;

/*
 * The same, but without waiting for the disk: that needs fdio_sync_file() and then
 * fdio_sync_folder_of().
 */
int fdio_put_file(const char *path, mode_t mode, const void *data, size_t len) MUST_CHECK;
int fdio_sync_file(const char *path) MUST_CHECK;

/* Put on disk what happened to the names in the folder that path lies in. */
int fdio_sync_folder_of(const char *path) MUST_CHECK;

#endif
