/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tunnel - moving bytes from one socket to another, with back-pressure
 *
 * A direction reads only when everything it read before was taken by the other
 * side, so at most TUNNEL_CHUNK bytes (and a rewritten head) wait in memory. An
 * idle direction holds no buffer.
 */
#ifndef PROXY_TUNNEL_H
#define PROXY_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/attr.h"

#define TUNNEL_CHUNK (64 * 1024)

struct tunnel_out {
	const char *p; /* valid until the next call of the filter */
	size_t len;
	bool end; /* nothing more follows */
};

/*
 * Called with what was read (len 0: the source closed); says what goes on.
 * Returns 0 or a negative errno, which ends the relay.
 */
typedef int tunnel_filter(void *user, const char *in, size_t len,
			  struct tunnel_out *ret_out);

struct tunnel_dir {
	char *rest; /* owned: what the sink did not take yet, NULL: nothing */
	size_t rest_off;
	size_t rest_len;
	tunnel_filter *filter; /* NULL: everything passes */
	void *user;
	bool ended; /* nothing more is read */
	bool keep_open; /* the sink is not told of the end */
	bool done; /* ended, and the sink has everything */
	uint64_t bytes; /* that passed */
};

/* Queue bytes in front of everything that is read. Returns 0 or -ENOMEM. */
int tunnel_queue(struct tunnel_dir *d, const char *data, size_t len) MUST_CHECK;

/*
 * Move what can be moved now. scratch has TUNNEL_CHUNK bytes.
 * Returns how many bytes were read or written, -EPIPE (the sink takes no more),
 * -ENOMEM, or what reading or the filter gave.
 */
ssize_t tunnel_pump(struct tunnel_dir *d, int from, int to, char *scratch) MUST_CHECK;

/* Write what is queued. Returns as tunnel_pump(). */
ssize_t tunnel_flush(struct tunnel_dir *d, int to) MUST_CHECK;

void tunnel_clear(struct tunnel_dir *d);

static inline bool tunnel_wants_write(const struct tunnel_dir *d)
{
	return d->rest_len != 0;
}

static inline bool tunnel_wants_read(const struct tunnel_dir *d)
{
	return !d->ended && d->rest_len == 0;
}

#endif
