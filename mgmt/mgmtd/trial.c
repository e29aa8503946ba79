/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/trial.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/log.h"
#include "lib/str.h"
#include "mgmt/mgmtd/store_policy.h"

#define BOTH (1u << PART_GATED | 1u << PART_PROXYD)

/* Brackets are in no login. */

int trial_read(struct publisher *p)
{
	CLEANUP(store_policy_free) struct policy_version v = { 0 };
	int r = store_policy_trial(p->db, &v);

	p->trial = (struct trial){ 0 };
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	p->trial.number = v.revision;
	p->trial.until = v.until;
	(void)str_copy(p->trial.who, sizeof(p->trial.who), v.by);
	return 0;
}

unsigned trial_recall(struct publisher *p, uint64_t number, unsigned mask)
{
	static const enum part order[] = { PART_PROXYD, PART_GATED };
	struct proto_result result;
	unsigned left = 0;

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		if ((mask & 1u << order[i]) == 0)
			continue;
		if (parts_trial(p->parts, order[i], PROTO_ROLLBACK, number, &result) <
			    0 ||
		    (result.code < 0 && result.code != -ESTALE))
			left |= 1u << order[i];
		else
			(void)parts_ask(p->parts, order[i]);
	}
	return left;
}

static struct change ending(const struct publish_order *order, const char *what,
			    const char *reason)
{
	struct change c = order->change;

	c.what = what;
	c.object = "policy";
	c.about = NULL;
	c.reason = reason;
	return c;
}

int trial_give_way(struct publisher *p, const struct publish_order *order,
		   struct publish_result *ret)
{
	struct change c = ending(order, "policy-rollback", order->change.reason);
	int r = store_policy_end_trial(p->db, POLICY_ROLLED_BACK, c.who, order->now);

	if (r == 0)
		r = store_change_add(p->db, &c, order->now);
	if (r < 0)
		return r;
	/* who does not answer here is sent the new revision in any case */
	(void)trial_recall(p, p->trial.number, BOTH);
	ret->rolled_back = p->trial.number;
	return 0;
}

static void forget(struct publisher *p)
{
	publish_discard(p, p->trial.number);
	p->trial = (struct trial){ 0 };
}

void trial_gave_way(struct publisher *p, const struct publish_order *order)
{
	struct change c = ending(order, "policy-rollback", order->change.reason);

	journal_done(p->journal, &c, order->client, p->current);
	forget(p);
}

/* Those of a mask that do not run the current revision yet. */
static unsigned behind(const struct publisher *p, unsigned mask)
{
	for (int part = PART_GATED; part <= PART_PROXYD; part++) {
		if (p->parts->state[part].there &&
		    p->parts->state[part].status.revision == p->current)
			mask &= ~(1u << part);
	}
	return mask;
}

/* However it ended but confirmed: ledger, daemons, files. */
static int end(struct publisher *p, const char *state, const struct publish_order *order,
	       unsigned *ret_left)
{
	uint64_t number = p->trial.number;
	int r;

	*ret_left = trial_recall(p, number, BOTH);
	r = db_begin(p->db);
	if (r == 0)
		r = store_policy_end_trial(p->db, state, order->change.who, order->now);
	if (r == 0)
		r = store_change_add(p->db, &order->change, order->now);
	if (r == 0)
		r = db_commit(p->db);
	if (r < 0) {
		db_rollback(p->db); /* the next tick tries again */
		return r;
	}
	journal_done(p->journal, &order->change, order->client, p->current);
	forget(p);
	log_info("mgmtd", "revision %" PRIu64 " is not on trial any more: %s", number,
		 state);
	parts_resend(p->parts, p->current);
	*ret_left = behind(p, *ret_left);
	return 0;
}

int trial_rollback(struct publisher *p, const struct publish_order *order,
		   struct publish_result *ret)
{
	int r;

	*ret = (struct publish_result){ .revision = p->current, .culprit = PART_COUNT };
	if (p->trial.number == 0)
		return -ESRCH;
	if (journal_probe(p->journal) < 0)
		return -ENOBUFS;
	ret->rolled_back = p->trial.number;
	r = end(p, POLICY_ROLLED_BACK, order, &ret->pending);
	if (r < 0)
		ret->rolled_back = 0;
	return r;
}

static void end_by_itself(struct publisher *p, const char *state, const char *who,
			  const char *why, int64_t now)
{
	const struct publish_order order = {
		.change = { .who = who,
			    .what = strcmp(state, POLICY_UNCONFIRMED) == 0
					    ? "policy-unconfirmed"
					    : "policy-rollback",
			    .object = "policy",
			    .reason = why },
		.now = now,
	};
	unsigned left;
	int r = end(p, state, &order, &left);

	if (r < 0)
		log_err("mgmtd", "ledger: the end of a trial waits: %s", db_error(p->db));
}

static bool has_left(const struct publisher *p, enum part part)
{
	const struct part_state *state = &p->parts->state[part];

	return state->there && state->status.revision != p->trial.number;
}

void trial_tick(struct publisher *p, int64_t now)
{
	if (p->trial.number == 0)
		return;
	if (now >= p->trial.until)
		end_by_itself(p, POLICY_UNCONFIRMED, CHANGE_BY_TIMER,
			      "nobody confirmed it in time", now);
	else if (has_left(p, PART_GATED))
		end_by_itself(p, POLICY_ROLLED_BACK, "(gated)",
			      "gated does not run it any more", now);
	else if (has_left(p, PART_PROXYD))
		end_by_itself(p, POLICY_ROLLED_BACK, "(proxyd)",
			      "proxyd does not run it any more", now);
}

/*
 * gated's word. It may have confirmed before, with an answer that we did not get: then
 * it runs that revision and knows of no trial.
 */
static int ask_gated(struct publisher *p, const struct publish_order *order,
		     struct publish_result *ret)
{
	struct proto_result result;

	ret->culprit = PART_GATED;
	if (parts_trial(p->parts, PART_GATED, PROTO_CONFIRM, p->trial.number, &result) <
	    0)
		return -EHOSTDOWN;
	if (result.code == -ESTALE) {
		if (parts_ask(p->parts, PART_GATED) < 0)
			return -EHOSTDOWN;
		if (!has_left(p, PART_GATED))
			return 0;
		end_by_itself(p, POLICY_ROLLED_BACK, "(gated)", "confirmed too late",
			      order->now);
		return -ESTALE;
	}
	if (result.code < 0) {
		(void)str_copy(ret->text, sizeof(ret->text), result.text);
		return -EINVAL;
	}
	return 0;
}

static int keep(struct publisher *p, const struct publish_order *order)
{
	int r = db_begin(p->db);

	if (r == 0)
		r = store_policy_end_trial(p->db, POLICY_CONFIRMED, order->change.who,
					   order->now);
	if (r == 0)
		r = store_change_add(p->db, &order->change, order->now);
	if (r == 0)
		r = publish_settle(p, order, p->trial.number);
	if (r < 0)
		db_rollback(p->db);
	return r;
}

/* gated holds it for good, the ledger does not: back, and the tick ends the trial. */
static void take_back(struct publisher *p)
{
	struct proto_result result;

	for (int part = PART_GATED; part <= PART_PROXYD; part++) {
		if (parts_load(p->parts, (enum part)part, p->current, 0, &result) < 0 ||
		    result.code < 0)
			log_err("mgmtd", "%s did not go back to revision %" PRIu64,
				part_name((enum part)part), p->current);
	}
}

int trial_confirm(struct publisher *p, const struct publish_order *order,
		  struct publish_result *ret)
{
	struct proto_result result;
	uint64_t number = p->trial.number;
	int r;

	*ret = (struct publish_result){ .revision = p->current, .culprit = PART_COUNT };
	if (number == 0)
		return -ESRCH;
	if (journal_probe(p->journal) < 0)
		return -ENOBUFS;
	r = ask_gated(p, order, ret);
	if (r < 0)
		return r;
	/* proxyd is sent the revision again when it went back or is away */
	if (parts_trial(p->parts, PART_PROXYD, PROTO_CONFIRM, number, &result) < 0 ||
	    result.code < 0)
		ret->pending |= 1u << PART_PROXYD;
	r = keep(p, order);
	if (r < 0) {
		take_back(p);
		ret->pending = 0;
		return r;
	}
	p->trial = (struct trial){ 0 };
	publish_moved(p, number);
	ret->revision = number;
	if (ret->pending != 0) {
		(void)parts_ask(p->parts, PART_PROXYD);
		parts_resend(p->parts, number);
		ret->pending = behind(p, ret->pending);
	}
	return 0;
}
