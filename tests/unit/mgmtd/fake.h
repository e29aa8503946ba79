/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake - gated, proxyd or recordd as mgmtd sees it: accepts, refuses or is silent */
#ifndef TESTS_UNIT_MGMTD_FAKE_H
#define TESTS_UNIT_MGMTD_FAKE_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/proto.h"
#include "lib/record.h"

#define FAKE_RECORDS_MAX 16

enum fake_mode {
	FAKE_ACCEPTS = 0,
	FAKE_REFUSES,
	FAKE_HANGS, /* takes the connection, never answers */
	FAKE_DIES, /* takes the revision and ends before it answers */
	FAKE_CONFIRM_LOST, /* takes a confirmation, never answers that */
};
#define FAKE_TEXT_MAX 4096

enum fake_damage { /* of its list of connections */
		   FAKE_WHOLE = 0,
		   FAKE_STANDS_STILL, /* always the first page */
		   FAKE_COUNTS_TOO_MANY,
		   FAKE_OPEN_TEXT, /* a text without an end */
		   FAKE_EMPTY_MORE, /* no row, but more behind it */
};

/* Shared with the process; mode may be changed at any time. */
struct fake_shared {
	volatile int mode;
	volatile uint64_t revision; /* in force */
	volatile uint32_t loads; /* that it took */
	volatile uint32_t asked; /* to load, taken or not */
	volatile uint64_t before; /* what it goes back to */
	volatile uint64_t trial; /* on trial, 0: nothing is */
	volatile uint32_t confirm_s; /* of the last load */
	volatile uint32_t confirms, rollbacks; /* that it took */
	struct proto_lockdown lockdown; /* the last one */
	volatile uint32_t lockdowns;
	char lockdown_text[128]; /* what it adds to its answer */
	char status_text[128];
	volatile int status_pause_ms; /* before it says how it is */
	volatile uint32_t containing, contained; /* of its status */
	volatile uint64_t answers;
	char proof[FAKE_TEXT_MAX * 2]; /* what it answers to PROTO_PROVE */
	char explained[FAKE_TEXT_MAX]; /* and to PROTO_EXPLAIN */
	char probed[FAKE_TEXT_MAX]; /* and to PROTO_PROBE */
	unsigned probes; /* times it was asked that */
	struct proto_explain explain; /* the last one */
	struct proto_decide question; /* the last one */
	struct proto_decide_reply decision; /* what it answers */
	struct record record[FAKE_RECORDS_MAX]; /* what queries find, oldest first */
	volatile uint32_t record_count;
	struct proto_query_end query_end; /* how answers to them end, more or not */
	volatile uint32_t slow_kinds; /* a query for these alone is given up */
	volatile int tunnels_damage; /* enum fake_damage */
	volatile uint64_t cut; /* the connection that was to end */
	char cut_by[64];
	struct proto_sign_out signed_out; /* the last one */
	volatile uint32_t sign_outs; /* that it took */
};

struct fake {
	pid_t pid;
	struct fake_shared *shared;
};

/* Serve path until fake_stop(). */
void fake_start(struct fake *f, const char *path);

/* kill -9, and the socket's file goes. What it shared stays readable until the end. */
void fake_stop(struct fake *f, const char *path);

#endif
