/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/revision_files.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/mem.h"

int revision_file_path(char dst[PATH_TEXT_MAX], const char *dir, uint64_t number,
		       const char *suffix)
{
	int n = number != 0 ? snprintf(dst, PATH_TEXT_MAX, "%s/%010" PRIu64 "%s", dir,
				       number, suffix)
			    : snprintf(dst, PATH_TEXT_MAX, "%s/%s", dir, suffix);

	return n >= 0 && n < PATH_TEXT_MAX ? 0 : -ENAMETOOLONG;
}

int revision_current_number(const char *dir, uint64_t *ret_number)
{
	char path[PATH_TEXT_MAX], target[64], again[64];
	ssize_t n;
	int r = revision_file_path(path, dir, 0, REVISION_CURRENT_NAME);

	if (r < 0)
		return r;
	n = readlink(path, target, sizeof(target) - 1);
	if (n == -1)
		return -errno;
	target[n] = '\0';
	if (sscanf(target, "%" SCNu64, ret_number) != 1)
		return -EBADMSG;
	(void)snprintf(again, sizeof(again), "%010" PRIu64 ".json", *ret_number);
	return *ret_number != 0 && strcmp(again, target) == 0 ? 0 : -EBADMSG;
}

int revision_read_exactly(const char *path, void *dst, size_t len)
{
	CLEANUP(free_p) char *data = NULL;
	size_t got = 0;
	int r = fdio_read_file(path, len, &data, &got);

	if (r < 0)
		return r;
	if (got != len)
		return -EBADMSG;
	memcpy(dst, data, len);
	sodium_memzero(data, got);
	return 0;
}
