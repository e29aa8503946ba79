/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * aside - a long answer, worked out in a process of its own while the loop goes on
 *
 * The process is a fork of this one: it has what was in memory, but no descriptor of
 * ours. This program has no threads. It ends with us, and when it takes too much.
 */
#ifndef FW_GATED_ASIDE_H
#define FW_GATED_ASIDE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "lib/attr.h"

#define ASIDE_MEMORY_MAX (1ull << 30) /* bytes beyond what we have ourselves */
#define ASIDE_ANSWER_MAX (24u << 20)

/* In the other process: write the answer. A negative return is a failure. */
typedef int aside_work_fn(void *arg, FILE *out);

/*
 * Here: text is the answer with a '\0' behind it, the callee's to free. Else text is NULL
 * and error -ETIMEDOUT, -E2BIG, -ENOMEM or -EPIPE (it failed or died).
 */
typedef void aside_done_fn(int error, char *text, size_t len, void *user);

struct aside { /* zero: nothing is being worked out */
	pid_t pid;
	int fd;
	sd_event_source *io, *timer; /* owned */
	char *data; /* owned */
	size_t len, room;
	aside_done_fn *done;
	void *user;
};

/* Begin; done is called once, from the loop. Returns 0, -EBUSY or another errno. */
int aside_start(struct aside *a, sd_event *event, unsigned limit_ms, aside_work_fn *work,
		void *arg, aside_done_fn *done, void *user) MUST_CHECK;

static inline bool aside_is_on(const struct aside *a)
{
	return a->pid != 0;
}

/* It ends now; done is not called. */
void aside_stop(struct aside *a);

#endif
