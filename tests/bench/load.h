/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * load - what the load generator's two halves share
 *
 * load.c: options, the clock, the loop, the result. load_slot.c: one client.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/bench/wire.h"

#define LOAD_STREAMS_MAX 8
#define LOAD_NAMES_MAX   64
#define LOAD_HEAD_MAX    4096
#define LOAD_REQUEST_MAX 768
#define LOAD_OPENING_MAX 64 /* tunnels that stay, being opened at once */

enum load_kind {
	LOAD_TUNNEL, /* connect, CONNECT, hello, reply, close */
	LOAD_DENY, /* connect, CONNECT of a name not allowed, the answer, close */
	LOAD_HTTP, /* kept connection, GET after GET */
	LOAD_ECHO, /* tunnel that stays; a message and its echo now and then */
	LOAD_BULK, /* tunnel that streams; thrown away by the kernel */
	LOAD_VERIFY, /* the same, compared byte by byte */
	LOAD_KINDS,
};

enum load_error {
	LOAD_REFUSED,
	LOAD_RESET,
	LOAD_EOF,
	LOAD_STATUS,
	LOAD_CONTENT,
	LOAD_TIMEOUT,
	LOAD_ERRORS,
};

enum load_state {
	LOAD_FREE,
	LOAD_WAIT, /* until due */
	LOAD_CONNECTING,
	LOAD_HEAD, /* of the proxy's or the origin's answer */
	LOAD_REPLY, /* to the hello */
	LOAD_BODY,
	LOAD_PARKED, /* an echo tunnel between messages */
	LOAD_ANSWER, /* to a message */
	LOAD_STREAMING,
};

/* Latencies: 64 steps to every power of two nanoseconds. */
#define LOAD_HIST_STEPS 64
struct load_hist {
	uint64_t count;
	int64_t max;
	uint32_t bin[64 * LOAD_HIST_STEPS];
};

struct load_slot;

struct load_stream {
	enum load_kind kind;
	size_t slot_count;
	double rate; /* a second, Poisson; 0: closed loop */
	int64_t every; /* ns between operations of one slot; 0: at once */
	bool stay; /* a connection asks for one name only */
	struct load_slot *slot;
	size_t *free; /* open loop */
	size_t free_count;
	int64_t next; /* open loop: scheduled start of the next one */
	size_t opened, opening, unopened; /* echo */
	uint64_t done, bytes, reconnects, through;
	uint64_t error[LOAD_ERRORS];
	struct load_hist total, to_head;
};

struct load_slot {
	struct load_stream *stream;
	int fd;
	enum load_state state;
	uint8_t name;
	bool close, ended; /* after this answer; nothing more comes */
	bool opened; /* has had a whole answer on this connection */
	int64_t t0, due, began; /* scheduled start; end of WAIT; for the timeout */
	size_t got, want; /* of body, reply or stream; SIZE_MAX: until it ends */
	char *head; /* LOAD_HEAD_MAX, while one is not whole */
	size_t head_len;
};

struct load {
	int epoll_fd;
	bool direct;
	struct sockaddr_in target; /* proxy, or origin */
	uint32_t source; /* host order; 0: let the kernel choose */
	uint32_t source_count, source_next;
	size_t name_count, name_next;
	char *name[LOAD_NAMES_MAX];
	struct {
		char connect[LOAD_REQUEST_MAX], get[LOAD_REQUEST_MAX];
		size_t connect_len, get_len;
		uint8_t hello[3][WIRE_HELLO_MAX]; /* once, echo, stream */
		size_t hello_len;
	} made[LOAD_NAMES_MAX];
	char denied[LOAD_REQUEST_MAX];
	size_t denied_len;
	uint8_t echo[WIRE_ECHO_LEN];
	uint8_t *stream_bytes; /* for LOAD_VERIFY */
	int64_t from, to; /* the window that is measured */
	size_t waiting; /* slots in WAIT */
	bool stop;
};

extern struct load load;

/* load_slot.c */
void slot_start(struct load_slot *s, int64_t t0);
void slot_event(struct load_slot *s, uint32_t events);
void slot_fail(struct load_slot *s, enum load_error error);
/* Send a message in a parked echo tunnel. */
void slot_message(struct load_slot *s, int64_t t0);

/* load.c: the operation that began at s->t0 is over, the slot is free to go on. */
void load_done(struct load_slot *s, bool ok);
void load_record(struct load_hist *h, int64_t ns);
/* Does an operation that was to start at t0 and ended now count? */
bool load_counts(const struct load_stream *st, int64_t t0, int64_t now);

#endif
