/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flow - bytes on their way from one socket to another, with back-pressure
 *
 * A direction reads only when everything it read before was taken by the other
 * side, so that at most FLOW_CHUNK bytes (and a rewritten head) wait in memory.
 * Small exchanges are copied; once whole chunks come one after the other, they are
 * spliced through a lent pipe and never seen. An idle direction holds nothing.
 */
#ifndef PROXY_FLOW_H
#define PROXY_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/attr.h"
#include "proxy/loop.h"
#include "proxy/pipes.h"

#define FLOW_CHUNK (64 * 1024)

struct flow {
	char *rest; /* owned: what the sink did not take yet; NULL: nothing */
	uint32_t rest_at;
	uint32_t rest_len;
	struct pipes_pipe *pipe; /* lent, NULL: copying */
	uint64_t bytes; /* taken from the source, and passed on or about to be */
	uint8_t full; /* chunks in a row that came whole */
	bool ended; /* nothing more is read */
	bool done; /* ended, and the sink has everything */
	bool last; /* the other direction is done: the sink need not be told */
};

/* What a worker lends to its flows. */
struct flow_tools {
	struct pipes pipes;
	char chunk[FLOW_CHUNK];
};

/* Send, or keep what the sink does not take. Returns 0, -ENOMEM or -EPIPE. */
int flow_send(struct flow *f, struct loop_io *to, const char *data,
	      size_t len) MUST_CHECK;

/* Keep bytes without trying to send them. Returns 0 or -ENOMEM. */
int flow_queue(struct flow *f, const char *data, size_t len) MUST_CHECK;

/* Send what is kept. Returns 0 or -EPIPE. */
int flow_flush(struct flow *f, struct loop_io *to) MUST_CHECK;

/*
 * Read once into chunk. Returns bytes, 0 (the source closed), -EAGAIN (nothing
 * now) or another negative errno.
 */
ssize_t flow_read(struct loop_io *from, char *chunk, size_t size) MUST_CHECK;

/*
 * Move everything that can be moved now, but not more than others can wait for.
 * At the source's end the sink is shut down for writing, and done is set.
 * Returns 1 (there is more: call again in the next round), 0 (wait for an event),
 * or a negative errno.
 */
int flow_pump(struct flow *f, struct loop_io *from, struct loop_io *to,
	      struct flow_tools *tools) MUST_CHECK;

/* Drop what is kept, and give the pipe back. */
void flow_clear(struct flow *f, struct flow_tools *tools);

static inline bool flow_pending(const struct flow *f)
{
	return f->rest_len != 0 || (f->pipe != NULL && f->pipe->len != 0);
}

#endif
