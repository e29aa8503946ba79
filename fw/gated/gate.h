/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gate - the compile role's state, and the parts that work on it */
#ifndef FW_GATED_GATE_H
#define FW_GATED_GATE_H

#include "fw/compile/ruleset.h"
#include "fw/gated/denies.h"
#include "fw/gated/drops.h"
#include "fw/gated/flowtable.h"
#include "fw/gated/ifzone.h"
#include "fw/gated/journal.h"
#include "fw/gated/lockdown.h"
#include "fw/gated/probes.h"
#include "fw/gated/proof.h"
#include "fw/gated/who.h"
#include "lib/mono.h"
#include "lib/revision.h"
#include "lib/svc.h"

#define LOAD_DUE_AGAIN_S \
	10 /* after a load that failed; what ends has ended in the kernel */

struct gate_loaded { /* a revision and what was made of it */
	struct revision *rev;
	struct ruleset *rules;
};

struct gate_stream { /* one NFLOG group */
	uint32_t next_seq;
	bool begun;
	bool overrun; /* the kernel spoke of a loss that no number has shown yet */
	uint64_t lost; /* since the last gap record */
	const char *name; /* for gap records */
};

struct gate_drift { /* the last change of the ruleset by somebody else */
	struct mono at;
	bool seen;
	char text[256];
	struct mono foreign_at; /* of a table that is not ours */
};

struct gate {
	struct svc *svc;
	struct ipc_server *server;
	struct journal journal;
	int channel;
	struct gate_loaded now; /* in force; rev NULL: none */
	struct gate_loaded before; /* the one before */
	struct flowtable *flows;
	struct denies *denies;
	struct drops drops;
	struct gate_stream deny_stream, open_stream;
	uint64_t
		unjoined; /* flows whose end will not find its beginning; since the last gap record */
	struct ifzone zones;
	uint64_t next_conn;
	int refusal; /* of the last try at the current revision: logged once */
	int64_t clock_us; /* wall clock minus monotonic, when the timeouts were set */
	int64_t due_again; /* not before: a load for flows that open or close has failed */
	int64_t expired_to; /* permits that ended up to this second are dealt with */
	uint32_t commits; /* that the apply role has answered with 0 */
	bool trial; /* now is on trial, and before is what comes back */
	struct mono trial_end;
	struct lockdown lockdown;
	struct gate_drift drift;
	struct proof_state proof;
	struct probes_state probes;
};

/* The compile role's whole life. Returns the exit status. */
int gate_main(struct svc *svc);

/* The apply role may be gone: then this one ends too. */
void gate_check_peer(struct gate *g);

/* --- load.c --- */

/*
 * Load revision number (0: current), compile it, put it into force; confirm_s: 0, or
 * on trial for that long. On failure nothing has changed. ret_result is always filled.
 */
void load_revision(struct gate *g, uint64_t number, uint32_t confirm_s,
		   struct proto_result *ret_result);

/*
 * What is in force again, with other timeouts or as the lockdown has it now. A trial
 * goes on. Without a revision there is nothing to do.
 */
void load_again(struct gate *g, struct proto_result *ret_result);

/* A line about something that happened, as a record of kind "service". */
void load_record(struct gate *g, uint32_t cut, const char *fmt, ...) PRINTF_FMT(3, 4);

/* Compile what is in force again when flows open or close now. */
void load_due(struct gate *g, int64_t now);
void load_free(struct gate_loaded *l);

/* --- trials.c --- */

/* The revision on trial stays, or goes now. -ESTALE: that one is not on trial. */
void load_confirm(struct gate *g, uint64_t number, struct proto_result *ret_result);
void load_rollback(struct gate *g, uint64_t number, struct proto_result *ret_result);

/* The kernel has what was before again. Returns the connections cut, with those in cut. */
uint32_t load_went_back(struct gate *g, const char *why, uint32_t cut);

/* Everything but management ends, or comes back. who and reason are for the record. */
void load_lockdown(struct gate *g, const struct proto_lockdown *m,
		   struct proto_result *ret_result);

/* One that could not be put in force is tried again. */
void load_lockdown_tick(struct gate *g);

/* --- permits.c --- */

/* End connections of permits whose time is over now. */
void load_expire(struct gate *g, int64_t now);

/*
 * next differs from what is in force in permits and quarantine only: put these into
 * force one by one. Returns true when that is done: next is taken over, and *res
 * filled. Else nothing has changed, and a whole load is needed.
 */
bool permits_change(struct gate *g, struct revision *next, struct proto_result *res);

/* Permits of what is in force that begin now. */
void permits_due(struct gate *g, int64_t now);

/* --- cut.c --- */

/*
 * End the connections of flows that prev has and the revision in force has not, those
 * of permits that ended while nobody was here, and in a lockdown all but those of the
 * management. Returns how many.
 */
uint32_t cut_flows(struct gate *g, const struct gate_loaded *prev);

/* --- notes.c --- */

/* Take what the apply role said unasked; nothing blocks. -ECONNRESET: it is gone. */
int notes_take(struct gate *g, int fd);

/* What people have to know about changes by others; "" nothing. */
const char *notes_text(const struct gate *g);

/* --- listener.c --- */

/*
 * Read what waits on each socket; nothing blocks. Beginnings are read before ends, as
 * they happened. Refused packets have the last turn, however many there are.
 */
void listener_opens(struct gate *g, int fd);
void listener_denies(struct gate *g, int fd);
void listener_ends(struct gate *g, int fd);

/* Write the sums of refused packets, and the gaps: every second. */
void listener_flush(struct gate *g);

#endif
