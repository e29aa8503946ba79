/* SPDX-License-Identifier: GPL-3.0-or-later */
/* revision_files - the names of a revision's files, for those who read and write them */
#ifndef LIB_REVISION_FILES_H
#define LIB_REVISION_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/paths.h"

#define REVISION_KEY_NAME     "revision.pub"
#define REVISION_CURRENT_NAME "current"
#define REVISION_IMAGE_SUFFIX ".allow"

/* dir/NNNNNNNNNN.suffix, or dir/suffix when number is 0. Returns 0 or -ENAMETOOLONG. */
int revision_file_path(char dst[PATH_TEXT_MAX], const char *dir, uint64_t number,
		       const char *suffix) MUST_CHECK;

/* The number that the symbolic link current points at. Returns 0, -EBADMSG or another errno. */
int revision_current_number(const char *dir, uint64_t *ret_number) MUST_CHECK;

/* A file of exactly len bytes. Returns 0, -EBADMSG or another negative errno. */
int revision_read_exactly(const char *path, void *dst, size_t len) MUST_CHECK;

#endif
