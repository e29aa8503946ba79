/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * drift - changes of the kernel's ruleset that are not ours
 *
 * The kernel tells every change: first the objects, then a message with the new
 * generation and who it was. Ours are known by the port of our own socket, which
 * nobody else can have. What was not told (a full buffer, or while we did not
 * listen) is noticed by the generation.
 */
#ifndef FW_APPLY_DRIFT_H
#define FW_APPLY_DRIFT_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"

#define DRIFT_TEXT_MAX    320
#define DRIFT_PIECE_MAX   96
#define DRIFT_PROCESS_MAX 32

struct drift_change {
	bool main; /* our table */
	bool guard; /* the guard's; neither: only tables of others */
	bool unseen; /* nobody told us what it was */
	uint32_t pid; /* 0: unknown */
	uint32_t objects;
	char process[DRIFT_PROCESS_MAX];
	uint32_t repeated; /* of last, not in text yet */
	char last[DRIFT_PIECE_MAX];
	char text
		[DRIFT_TEXT_MAX]; /* "-table x; +rule in sekisho forward (2)", cut to fit */
};

struct drift {
	int fd; /* -1: not open */
	uint32_t own; /* port of our socket */
	uint32_t generation; /* last known */
	bool lost; /* somebody's change was not told: too much at once, or nobody listened */
	struct drift_change next; /* objects whose generation has not come yet */
};

/* own: port id of the socket that we change things with. Returns 0 or -errno. */
int drift_open(struct drift *d, uint32_t own) MUST_CHECK;
void drift_close(struct drift *d);

/* Do not listen while we change much ourselves; *d knows no generation of that time. */
void drift_pause(struct drift *d, bool pause);

/* We have made this generation, or seen it. */
void drift_know(struct drift *d, uint32_t generation);

/*
 * One message. Returns true when it ends a change by somebody else: then *ret_change
 * is filled. Pure.
 */
bool drift_take(struct drift *d, const struct nlmsghdr *nlh,
		struct drift_change *ret_change);

/* Read what waits; nothing blocks. fn for each change by somebody else. */
typedef void drift_fn(const struct drift_change *change, void *user);
void drift_read(struct drift *d, drift_fn *fn, void *user);

#endif
