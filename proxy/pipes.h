/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pipes - a worker's pipes for splice(2), lent to whoever moves bulk
 *
 * A pipe costs two descriptors and up to PIPES_SIZE of kernel memory: it is lent
 * while bytes flow fast, and taken back when they stop.
 */
#ifndef PROXY_PIPES_H
#define PROXY_PIPES_H

#include <stddef.h>

#include "lib/attr.h"

#define PIPES_SIZE     (256 * 1024)
#define PIPES_MAX      256 /* lent and kept: what the kernel lets one user have at that size */
#define PIPES_KEPT_MAX 32 /* empty ones kept for the next */

struct pipes_pipe {
	struct pipes_pipe *next;
	int read, write;
	size_t len; /* bytes inside */
};

/* A cleared one has none yet. */
struct pipes {
	struct pipes_pipe *kept;
	size_t kept_count;
	size_t count;
};

/* Lend one, empty; NULL when there is none to be had: copying does too. */
struct pipes_pipe *pipes_take(struct pipes *p);

/* Take it back. One that still holds bytes is closed. NULL is fine. */
void pipes_give(struct pipes *p, struct pipes_pipe *pipe);

void pipes_clear(struct pipes *p);

#endif
