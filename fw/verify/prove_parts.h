/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prove_parts - prove's own parts */
#ifndef FW_VERIFY_PROVE_PARTS_H
#define FW_VERIFY_PROVE_PARTS_H

#include "fw/verify/prove.h"

struct bound { /* boxes, and which cube each is of */
	struct boxes boxes;
	struct box_index index;
	uint32_t *cube; /* or BOUND_LATER */
	size_t room;
};

#define BOUND_LATER UINT32_MAX /* no cube's: what follows a first packet */

#define HOOKS 5 /* NF_INET_PRE_ROUTING .. NF_INET_POST_ROUTING */

struct speaker { /* cards that may send something */
	struct span mac;
	const struct device *bound; /* a single one, with its address only; or NULL */
};

struct speakers {
	struct speaker *item;
	size_t count;
};

struct prover {
	struct proof *p;
	struct work *w;
	struct space s;
	struct program program;
	struct bound may[EXPECT_PUBLISH + 1],
		sure[EXPECT_PUBLISH + 1]; /* first packets, and untracked ones */
	struct outcomes fresh[HOOKS]; /* of first packets */
	bool *given; /* by atom of FIELD_MARK: what openings give their connections */
	struct speakers *speakers; /* by interface: who may speak there, in its zone */
	struct told *told; /* later_errors.c's */
	bool around; /* what is judged now is not on the packet's own hook */
	bool marks_elsewhere; /* connections are marked on other hooks too */
};

void prover_reason(struct prover *v, const char *fmt, ...) PRINTF_FMT(2, 3);

/* --- bounds.c: the policy's cubes as boxes --- */

void bounds_borders(struct prover *v);
void bounds_make(struct prover *v);
void bound_add(struct prover *v, struct bound *b, const struct box *box, uint32_t cube);

/*
 * What of b such a card may send; unbound: with any source, of its family. False:
 * nothing.
 */
bool bounds_speak(struct prover *v, const struct speaker *s, bool unbound, struct box *b);
struct box bounds_box(struct prover *v, const struct cube *c);
struct span bounds_atoms(struct prover *v, enum field f, uint64_t min, uint64_t max);

/* --- order.c --- */

/* Mark what a chain leads to. */
void order_follow(const struct model *m, size_t chain, bool *seen);
/* Give reasons against chains that are not what they look like where they stand. */
void order_check(struct prover *v);

/* --- later.c: what an opened connection needs, and what it must not get --- */

void later_make(struct prover *v);

struct opened { /* a first packet that passes, and has to */
	struct box box;
	uint32_t mark; /* atom that its connection gets */
	uint32_t hook;
};

/*
 * What has to come to this machine or through it: b, from addresses of its zone and from
 * devices that may speak. This machine's own packets need neither.
 */
void later_add_from_zone(struct prover *v, uint32_t hook, struct box b);

/* --- later_errors.c --- */

/* What either side of the connection has to hear of the way to the other one. */
void later_add_errors(struct prover *v, const struct opened *o);

/* --- judge.c --- */

/* Compare outcomes of a hook with its bounds. */
void judge(struct prover *v, uint32_t hook, const struct outcomes *o, struct bound *may,
	   struct bound *sure);
void judge_unknown(struct prover *v, const struct outcomes *o, bool rewrite_too);
void judge_redirects(struct prover *v, const struct outcomes *o);
void judge_rewrites(struct prover *v, uint32_t hook, const struct outcomes *o);
void judge_assertions(struct prover *v, const struct outcomes *o);

void judge_add(struct prover *v, const struct proof_difference *d);
/* A difference in the box b of outcome o. flow: of the policy, or "". */
void judge_differ(struct prover *v, uint32_t hook, const struct outcome *o,
		  const struct box *b, bool more, const char *flow);

/* --- judge_more.c: what is besides which packets pass --- */

/*
 * New connections of zones with ceilings pass only below them, and other packets without;
 * what is forwarded begins only while it can be recorded.
 */
void judge_manner(struct prover *v, uint32_t hook, const struct outcomes *o, bool fresh);
/* What follows a first packet leaves the connection's mark alone: all else rests on it. */
void judge_marks(struct prover *v, const struct outcomes *o);
/* What a flow lets out under this machine's address does leave under it. */
void judge_masquerade(struct prover *v);
/* What is led to a published server is led to that one. */
void judge_server(struct prover *v, const struct outcome *o);
/* Elements are there until their permits end. */
void judge_permits(struct prover *v);

/* --- pick.c --- */

/* A packet of the box, one that looks natural where there is a choice. */
struct packet pick_packet(struct prover *v, const struct box *b);

/* --- matrix.c --- */

void matrix_add(struct prover *v, uint32_t hook);
void matrix_service(struct prover *v, uint32_t from, uint32_t to, const char *text,
		    const char *flow);
void matrix_sort(struct proof *p);
/* "tcp/443" of a packet or cube. */
void matrix_text(const struct range *r, char *dst, size_t size);

#endif
