/* SPDX-License-Identifier: GPL-3.0-or-later */
/* spool_sync - a file pushed to the disk beside whoever wrote it (part of spool) */
#ifndef LIB_SPOOL_SYNC_H
#define LIB_SPOOL_SYNC_H

#include <aio.h>
#include <stdbool.h>

#include "lib/attr.h"

/* A cleared one is idle. Not to be moved while it is on. */
struct spool_sync {
	struct aiocb job;
	bool on;
};

/*
 * Begin; fd is taken, and closed at the end. Where the system gives no thread it is done
 * before this returns. Returns 0, -EBUSY (still on) or the errno that it ended with.
 */
int spool_sync_begin(struct spool_sync *s, int fd) MUST_CHECK;

/* -EINPROGRESS; or how it ended, once: 0 or a negative errno. Idle: 0. */
int spool_sync_look(struct spool_sync *s);

/* Wait for its end, however long that takes. */
void spool_sync_wait(struct spool_sync *s);

#endif
