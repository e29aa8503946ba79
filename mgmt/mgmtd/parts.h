/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts - the other daemons, as mgmtd knows and asks them
 *
 * Calls block, each with a deadline. What a daemon said last is kept, so that
 * showing the status costs nothing.
 */
#ifndef MGMT_MGMTD_PARTS_H
#define MGMT_MGMTD_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/mono.h"
#include "lib/paths.h"
#include "lib/proto.h"

enum part {
	PART_GATED,
	PART_PROXYD,
	PART_SENSORD,
	PART_RECORDD,
	PART_SWITCHD, /* only where switches or access points ask */
	PART_COUNT,
};

struct part_state {
	bool there; /* it answered last time */
	bool late; /* its last answer did not come in time; status is the one before */
	struct proto_status status; /* when there */
	struct mono ask_next; /* one that hung is asked less often */
	uint64_t refused; /* the revision that it would not load again, 0: none */
	struct mono refused_next; /* when it is asked to all the same */
};

struct parts {
	char path[PART_COUNT][PATH_TEXT_MAX];
	struct part_state state[PART_COUNT];
	unsigned load_ms; /* deadline for loading a revision */
};

/* Paths below root. Returns 0 or -ENAMETOOLONG. */
int parts_init(struct parts *p, const char *root) MUST_CHECK;
const char *part_name(enum part part);

/* Ask one for its status now. Returns 0, or a negative errno: it is away, and state says so. */
int parts_ask(struct parts *p, enum part part);

/* The same with as much time as for loading a revision: one at work is not away. */
int parts_await(struct parts *p, enum part part) MUST_CHECK;

/* Ask all those whose time has come. */
void parts_poll(struct parts *p);

/*
 * Have it load a revision, for good or (confirm_s) on trial. Returns 0 (ret_result is
 * its answer, which may be a refusal) or a negative errno: it is away or does not
 * answer.
 */
int parts_load(struct parts *p, enum part part, uint64_t number, uint32_t confirm_s,
	       struct proto_result *ret_result) MUST_CHECK;

/* PROTO_CONFIRM or PROTO_ROLLBACK of what is on trial. As parts_load(). */
int parts_trial(struct parts *p, enum part part, enum proto_type type, uint64_t number,
		struct proto_result *ret_result) MUST_CHECK;

/* Lock down, or end that. As parts_load(). */
int parts_lockdown(struct parts *p, enum part part, const struct proto_lockdown *m,
		   struct proto_result *ret_result) MUST_CHECK;

/*
 * Where gated or proxyd is there but runs another revision than current, send it
 * current. After a refusal it is sent again in half a minute, or when the daemon was away.
 */
void parts_resend(struct parts *p, uint64_t current);

/* What gated answers in text, the caller's to free. -EHOSTDOWN or -EBADMSG. */
int parts_show_nft(struct parts *p, char **ret_text) MUST_CHECK;
int parts_prove(struct parts *p, char **ret_text) MUST_CHECK;
/* Have it send packets of its own: it is back in a second at most. */
int parts_probe(struct parts *p, char **ret_text) MUST_CHECK;
int parts_explain(struct parts *p, const struct proto_explain *question,
		  char **ret_text) MUST_CHECK;

/*
 * Have recordd answer a query: fn for every row, and in *ret_end whether there are more
 * and whether some are not stored yet. -EHOSTDOWN, -EBADMSG, what recordd said, or what
 * fn returned below 0.
 */
int parts_query(struct parts *p, const struct proto_query *query,
		int (*fn)(const struct proto_row *row, void *user), void *user,
		struct proto_query_end *ret_end) MUST_CHECK;

int parts_verify(struct parts *p, struct proto_verify *ret) MUST_CHECK;

/* --- parts_proxy.c --- */

/* Ask proxyd what it would decide. -EHOSTDOWN, -EBADMSG, or the code it answered. */
int parts_decide(struct parts *p, const struct proto_decide *question,
		 struct proto_decide_reply *ret) MUST_CHECK;

/* A page of what is open in proxyd, behind conn after. -EHOSTDOWN or -EBADMSG. */
int parts_tunnels(struct parts *p, uint64_t after,
		  struct proto_tunnels_reply *ret) MUST_CHECK;

/* Have proxyd end one. -ENOENT: it is not open (any more); -EHOSTDOWN, -EBADMSG. */
int parts_cut(struct parts *p, uint64_t conn, const char *who) MUST_CHECK;
/* Have proxyd forget that login ("": anybody) is signed in. Returns 0 or a negative errno. */
int parts_sign_out(struct parts *p, const char *login) MUST_CHECK;

#endif
