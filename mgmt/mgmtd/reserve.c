/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/mem.h"
#include "lib/paths.h"

#define STEP (64 << 10) /* bytes */

/* Bytes that the disk has left for us, or -1. */
static int64_t room(const struct reserve *r)
{
	struct statvfs fs;

	return fstatvfs(r->fd, &fs) == -1 ? -1
					  : (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
}

static int64_t held(const struct reserve *r)
{
	struct stat st;

	return fstat(r->fd, &st) == -1 ? 0 : st.st_size;
}

int reserve_open(struct reserve *r, const char *root)
{
	CLEANUP(close_p) int fd = -1;
	char path[PATH_TEXT_MAX];
	struct statvfs fs;
	int64_t part;
	int e;

	*r = (struct reserve){ .fd = -1 };
	e = path_join(path, root, PATH_LEDGER "/reserve");
	if (e < 0)
		return e;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1 || fstatvfs(fd, &fs) == -1)
		return -errno;
	part = (int64_t)fs.f_blocks * (int64_t)fs.f_frsize / RESERVE_SHARE;
	r->size = part < RESERVE_MAX ? part / STEP * STEP : RESERVE_MAX;
	r->fd = steal_fd(&fd);
	reserve_tick(r);
	return 0;
}

void reserve_close(struct reserve *r)
{
	close_p(&r->fd);
	r->fd = -1;
}

void reserve_give(struct reserve *r)
{
	r->given++;
	if (r->fd != -1 && room(r) < 2 * r->size && ftruncate(r->fd, 0) == -1)
		log_err("mgmtd", "the reserve is not given up: %s", strerror(errno));
}

/* Step by step: what is there is taken, also when it is not all. */
static void fill(struct reserve *r)
{
	for (int64_t at = held(r); at < r->size; at += STEP) {
		if (fallocate(r->fd, 0, at, STEP) == -1)
			return;
	}
}

void reserve_take(struct reserve *r)
{
	r->given--;
	if (r->fd == -1 || r->given != 0)
		return;
	fill(r);
	if (held(r) < r->size)
		log_warn("mgmtd", "%lld of %lld bytes are kept back for withdrawals",
			 (long long)held(r), (long long)r->size);
}

void reserve_tick(struct reserve *r)
{
	if (r->fd != -1 && held(r) < r->size && room(r) >= 2 * (r->size - held(r)))
		fill(r);
}
