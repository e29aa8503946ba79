/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/paths.h"

int fdio_read_file(const char *path, size_t max, char **ret_data, size_t *ret_len)
{
	/* O_NONBLOCK: opening a fifo must not hang; it has no effect on regular files */
	CLEANUP(close_p) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP(free_p) char *data = NULL;
	size_t size, len = 0;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > max)
		return -EFBIG;
	size = (size_t)st.st_size;
	data = malloc(size + 1);
	if (data == NULL)
		return -ENOMEM;
	while (len < size) {
		ssize_t n = read(fd, data + len, size - len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -errno;
		if (n == 0)
			break; /* it became shorter meanwhile */
		len += (size_t)n;
	}
	data[len] = '\0';
	*ret_data = STEAL(data);
	*ret_len = len;
	return 0;
}

int fdio_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_file(const char *path, mode_t mode, const void *data, size_t len,
		      bool sync)
{
	CLEANUP(close_p)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	int r;

	if (fd == -1)
		return -errno;
	if (fchmod(fd, mode) == -1) /* whatever the umask */
		return -errno;
	r = fdio_write_all(fd, data, len);
	if (r == 0 && sync && fsync(fd) == -1)
		r = -errno;
	return r;
}

int fdio_sync_file(const char *path)
{
	CLEANUP(close_p) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd == -1 || fsync(fd) == -1 ? -errno : 0;
}

int fdio_sync_folder_of(const char *path)
{
	char dir[PATH_TEXT_MAX];
	const char *slash = strrchr(path, '/');
	int len = slash != NULL ? (int)(slash - path) : 0;
	CLEANUP(close_p) int fd = -1;

	(void)snprintf(dir, sizeof(dir), "%.*s", len > 0 ? len : 1, len > 0 ? path : ".");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || fsync(fd) == -1)
		return -errno;
	return 0;
}

static int replace(const char *path, mode_t mode, const void *data, size_t len, bool sync)
{
	char temporary[PATH_TEXT_MAX];
	int n = snprintf(temporary, sizeof(temporary), "%s.new", path);
	int r;

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return -ENAMETOOLONG;
	r = write_file(temporary, mode, data, len, sync);
	if (r == 0 && rename(temporary, path) == -1)
		r = -errno;
	if (r < 0)
		(void)unlink(temporary);
	return r;
}

int fdio_replace_file(const char *path, mode_t mode, const void *data, size_t len)
{
	int r = replace(path, mode, data, len, true);

	return r < 0 ? r : fdio_sync_folder_of(path);
}

int fdio_put_file(const char *path, mode_t mode, const void *data, size_t len)
{
	return replace(path, mode, data, len, false);
}
