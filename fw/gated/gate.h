/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate - the compile role's state, and the parts that work on it */
#ifndef FW_GATED_GATE_H
#define FW_GATED_GATE_H

#include "fw/compile/ruleset.h"
#include "fw/gated/denies.h"
#include "fw/gated/flowtable.h"
#include "fw/gated/journal.h"
#include "fw/gated/who.h"
#include "lib/revision.h"
#include "lib/svc.h"

struct gate_loaded { /* a revision and what was made of it */
	struct revision *rev;
	struct ruleset *rules;
	struct who *who;
};

struct gate_stream { /* one NFLOG group */
	uint32_t next_seq;
	bool begun;
	const char *name; /* for gap records */
};

struct gate {
	struct svc *svc;
	struct journal journal;
	int channel;
	struct gate_loaded now; /* in force; rev NULL: none */
	struct gate_loaded before; /* the one before */
	struct flowtable *flows;
	struct denies *denies;
	struct gate_stream deny_stream, open_stream;
	uint64_t next_conn;
	int refusal; /* of the last try at the current revision: logged once */
	int64_t clock_us; /* wall clock minus monotonic, when the timeouts were set */
	int64_t due_again; /* not before: a load for flows that open or close has failed */
	int64_t expired_to; /* permits that ended up to this second are dealt with */
};

/* The compile role's whole life. Returns the exit status. */
int gate_main(struct svc *svc);

/* --- load.c --- */

/*
 * Load revision number (0: current), compile it, put it into force. On failure
 * nothing has changed. ret_result is always filled.
 */
void load_revision(struct gate *g, uint64_t number, struct proto_result *ret_result);

/* End connections of permits whose time is over now. */
void load_expire(struct gate *g, int64_t now);

/* Compile what is in force again when flows open or close now. */
void load_due(struct gate *g, int64_t now);
void load_free(struct gate_loaded *l);

/* --- listener.c --- */

/* Read what waits on each socket; nothing blocks. */
void listener_opens(struct gate *g, int fd);
void listener_denies(struct gate *g, int fd);
void listener_ends(struct gate *g, int fd);

/* Write the sums of refused packets: every second. */
void listener_flush(struct gate *g);

#endif
