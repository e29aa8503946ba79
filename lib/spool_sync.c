/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/spool_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define KEEP_S (24 * 60 * 60)

/*
 * The library's threads live for a second without work: each sync would make one anew,
 * perhaps in the moment at which this process forks.
 */
static void keep_thread(void)
{
	static bool kept;
	const struct aioinit init = { .aio_threads = 1, .aio_idle_time = KEEP_S };

	if (!kept)
		aio_init(&init);
	kept = true;
}

static int push_now(int fd)
{
	int r = fdatasync(fd) == -1 ? -errno : 0;

	(void)close(fd);
	return r;
}

int spool_sync_begin(struct spool_sync *s, int fd)
{
	if (s->on) {
		(void)close(fd);
		return -EBUSY;
	}
	keep_thread();
	s->job = (struct aiocb){
		.aio_fildes = fd,
		.aio_sigevent = { .sigev_notify = SIGEV_NONE },
	};
	if (aio_fsync(O_DSYNC, &s->job) == -1)
		return push_now(fd);
	s->on = true;
	return 0;
}

int spool_sync_look(struct spool_sync *s)
{
	int r;

	if (!s->on)
		return 0;
	r = -aio_error(&s->job);
	if (r == -EINPROGRESS)
		return r;
	(void)aio_return(&s->job);
	(void)close(s->job.aio_fildes);
	s->on = false;
	return r;
}

void spool_sync_wait(struct spool_sync *s)
{
	const struct aiocb *list[] = { &s->job };

	while (spool_sync_look(s) == -EINPROGRESS)
		(void)aio_suspend(list, 1, NULL);
}
