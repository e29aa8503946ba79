/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/hold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/apply/bridge_ports.h"
#include "fw/apply/conntrack.h"
#include "fw/apply/guard.h"
#include "fw/apply/sysctl.h"
#include "fw/apply/txn.h"
#include "lib/log.h"

#define AREA          "gated-apply"
#define CLOCK_STEP_US 300000 /* permits' ends have moved by more than they may be late */
#define CHANGE_TRIES  5
#define TICK_US       1000000u
#define TICK_SLACK_US 50000u

static int64_t clock_now(void)
{
	return wall_us() - mono_now().us;
}

/* After the first commit: the rules are there, so packets may be forwarded. */
static void start_forwarding(struct hold *h)
{
	const char *failed;

	if (h->forwarding)
		return;
	failed = sysctl_prepare();
	if (failed != NULL)
		log_warn(AREA, "cannot set %s", failed);
	failed = sysctl_forward();
	if (failed != NULL)
		log_err(AREA, "cannot set %s: nothing will be forwarded", failed);
	h->forwarding = failed == NULL;
}

/* The rules are in force without it; ports may join their bridge later. */
static void set_ports(struct hold *h, const struct ruleset *before)
{
	char name[FW_IFNAME_MAX] = "";
	int r = bridge_ports_set(h->now, before, name);
	const char *failed = h->now->port_count != 0 ? sysctl_bridge() : NULL;

	h->ports_due = r < 0;
	if (failed != NULL)
		log_warn(AREA, "cannot set %s", failed);
	if (r < 0 && !h->ports_told)
		log_warn(AREA, "cannot set up '%s' as a bridge or port: %s", name,
			 strerror(-r));
	h->ports_told = r < 0;
}

/* Locked ports have entries for their permits besides the sets. */
static bool has_locks(const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->port_count; i++) {
		if (rs->port[i].locked != 0)
			return true;
	}
	return false;
}

static uint32_t recording_left(const struct hold *h)
{
	int64_t left = mono_diff_ms(h->recording, mono_now());

	return left > 0 ? (uint32_t)left : 0;
}

/* Put in again what belongs there. */
static int undo(struct hold *h, bool main, bool guard)
{
	static const struct ruleset nothing;
	int r = guard_put(&h->nfnl, guard);

	/* before the first load of this process nobody knows what was there; it comes soon */
	if (r == 0 && main)
		r = h->now == NULL
			    ? txn_close(&h->nfnl)
			    : txn_rebuild(&h->nfnl,
					  h->now->rule_count != 0 ? h->now : &nothing,
					  wall_us() / 1000, recording_left(h));
	if (main && h->now != NULL) {
		h->isolate.made = 0;
		isolate_set(&h->isolate, &h->nfnl, h->now);
	}
	if (r < 0)
		log_err(AREA, "cannot undo a change of the ruleset: %s", strerror(-r));
	return r;
}

static void on_change(const struct drift_change *change, void *user)
{
	struct hold *h = user;
	bool ours = change->main || change->guard;
	int r = 0;

	if (ours) {
		struct drift_change both = *change;

		both.main = both.main || h->owed.main;
		both.guard = both.guard || h->owed.guard;
		r = undo(h, both.main, both.guard);
		h->owes = r < 0;
		h->owed = r < 0 ? both : (struct drift_change){ 0 };
	}
	h->fn(change, r, h->user);
}

static void undo_owed(struct hold *h)
{
	struct drift_change owed = h->owed;

	if (!h->owes || undo(h, owed.main, owed.guard) < 0)
		return;
	h->owes = false;
	h->owed = (struct drift_change){ 0 };
	h->fn(&owed, 0, h->user);
}

/* Is the kernel's generation one that we know? */
static bool is_known(struct hold *h)
{
	uint32_t generation = h->drift.generation;

	if (txn_generation(&h->nfnl, &generation) < 0 ||
	    generation == h->drift.generation)
		return true;
	txn_await(&h->nfnl, h->drift.generation);
	drift_read(&h->drift, on_change, h); /* told between the last look and this one */
	return (int32_t)(generation - h->drift.generation) <= 0;
}

/* Look for changes by others, and undo them. */
static void look(struct hold *h)
{
	struct drift_change unseen = { .main = true, .guard = true, .unseen = true };
	uint32_t generation = 0;

	undo_owed(h);
	drift_read(&h->drift, on_change, h);
	if (!h->drift.lost && is_known(h))
		return;
	h->drift.lost = false;
	h->drift.next = (struct drift_change){ 0 };
	if (txn_generation(&h->nfnl, &generation) == 0)
		drift_know(&h->drift, generation);
	on_change(&unseen, h);
}

static int on_drift(sd_event_source *source, int fd, uint32_t events, void *user)
{
	(void)source;
	(void)fd;
	(void)events;
	look(user);
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *user)
{
	struct hold *h = user;

	(void)usec;
	look(user);
	if (h->ports_due)
		set_ports(h, NULL);
	if (h->now != NULL) /* interfaces come and go */
		isolate_set(&h->isolate, &h->nfnl, h->now);
	(void)sd_event_source_set_time_relative(source, TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int hold_open(struct hold *h, sd_event *event, hold_fn *fn, void *user)
{
	uint32_t generation = 0;
	int r;

	h->drift.fd = -1;
	h->fn = fn;
	h->user = user;
	if ((r = nfnl_open(&h->nfnl)) < 0 ||
	    (r = drift_open(&h->drift, mnl_socket_get_portid(h->nfnl.socket))) < 0 ||
	    (r = guard_put(&h->nfnl, false)) < 0 || (r = txn_close(&h->nfnl)) < 0 ||
	    (r = txn_generation(&h->nfnl, &generation)) < 0)
		return r;
	drift_know(&h->drift, generation);
	(void)sysctl_prepare(); /* again with the first commit, which says what failed */
	r = sd_event_add_io(event, &h->change, h->drift.fd, EPOLLIN, on_drift, h);
	if (r < 0)
		return r;
	return sd_event_add_time_relative(event, &h->tick, CLOCK_MONOTONIC, TICK_US,
					  TICK_SLACK_US, on_tick, h);
}

void hold_close(struct hold *h)
{
	(void)sd_event_source_disable_unref(h->change);
	(void)sd_event_source_disable_unref(h->tick);
	if (h->nfnl.socket != NULL)
		drift_close(&h->drift);
	nfnl_close(&h->nfnl);
	ruleset_free(h->now);
	*h = (struct hold){ .drift = { .fd = -1 } };
}

/* The structs have no padding (fw/compile/ruleset.c). */
static bool is_same(const struct ruleset *a, const struct ruleset *b)
{
	return a->chain_count == b->chain_count && a->rule_count == b->rule_count &&
	       a->permit_count == b->permit_count && a->port_count == b->port_count &&
	       memcmp(a->chain, b->chain, a->chain_count * sizeof(*a->chain)) == 0 &&
	       memcmp(a->rule, b->rule, a->rule_count * sizeof(*a->rule)) == 0 &&
	       memcmp(a->permit, b->permit, a->permit_count * sizeof(*a->permit)) == 0 &&
	       (a->port_count == 0 ||
		memcmp(a->port, b->port, a->port_count * sizeof(*a->port)) == 0) &&
	       a->quarantine_count == b->quarantine_count &&
	       (a->quarantine_count == 0 ||
		memcmp(a->quarantine, b->quarantine,
		       a->quarantine_count * sizeof(*a->quarantine)) == 0);
}

static bool clock_moved(const struct hold *h)
{
	int64_t moved = clock_now() - h->clock_us;

	return moved >= CLOCK_STEP_US || moved <= -CLOCK_STEP_US;
}

/* The kernel holds rs, with timeouts that count from this clock. */
static bool is_held(const struct hold *h, const struct ruleset *rs)
{
	return h->now != NULL && h->now->rule_count != 0 && is_same(h->now, rs) &&
	       !clock_moved(h) && !h->owes;
}

/*
 * Our own messages would only cost time: a large ruleset is a hundred thousand of them.
 * When it took more than one generation, somebody else has changed something meanwhile.
 */
static int commit_quietly(struct hold *h, const struct ruleset *rs,
			  struct txn_marks *ret_gone, uint32_t *ret_rule)
{
	uint32_t before = h->drift.generation, made = 0;
	int r;

	drift_pause(&h->drift, true);
	r = txn_commit(&h->nfnl, rs, wall_us() / 1000, ret_gone, &made, ret_rule);
	drift_pause(&h->drift, false);
	if (r < 0)
		return r;
	h->drift.lost = h->drift.lost || made != before + 1;
	drift_know(&h->drift, made);
	return 0;
}

/* Permits that go on, but without one of their cards. */
static int cut_lost(struct hold *h, const struct ruleset *before, uint32_t *cut)
{
	struct txn_marks lost = { 0 };
	uint32_t more = 0;
	int r = change_lost_marks(before->permit, before->permit_count, h->now->permit,
				  h->now->permit_count, &lost.mark, &lost.count);

	if (r == 0 && lost.count != 0)
		r = conntrack_cut_marks(&h->nfnl, &lost, &more);
	free(lost.mark);
	*cut += more;
	return r;
}

int hold_commit(struct hold *h, struct ruleset *rs, struct ruleset **ret_before,
		uint32_t *ret_cut, uint32_t *ret_rule)
{
	struct txn_marks gone = { 0 };
	uint32_t cut = 0;
	int r = 0;

	look(h);
	if (!is_held(h, rs)) {
		r = commit_quietly(h, rs, &gone, ret_rule);
		if (r < 0)
			return r;
		h->clock_us = clock_now();
	}
	*ret_before = h->now;
	h->now = rs;
	isolate_set(&h->isolate, &h->nfnl, rs);
	set_ports(h, *ret_before);
	start_forwarding(h);
	r = conntrack_cut_marks(&h->nfnl, &gone, &cut);
	free(gone.mark);
	if (r == 0 && *ret_before != NULL)
		r = cut_lost(h, *ret_before, &cut);
	if (r < 0) /* the live set has cut them already: only the count is missing */
		log_warn(AREA, "cannot remove withdrawn connections: %s", strerror(-r));
	*ret_cut = cut;
	look(h); /* nobody listened meanwhile */
	return 0;
}

static void take_over(struct hold *h, struct ruleset *made, uint64_t revision)
{
	free(h->now->permit);
	free(h->now->quarantine);
	h->now->permit = made->permit;
	h->now->permit_count = made->permit_count;
	h->now->quarantine = made->quarantine;
	h->now->quarantine_count = made->quarantine_count;
	h->now->revision = revision;
}

/*
 * From the generation that we know, which nobody has to be asked for: the kernel says
 * when it is another.
 */
static int put_change(struct hold *h, const struct change *c)
{
	int r = -ERESTART;

	drift_read(&h->drift, on_change, h);
	for (int i = 0; i < CHANGE_TRIES && r == -ERESTART; i++) {
		uint32_t generation;

		if (i != 0 || h->drift.lost)
			look(h);
		generation = h->drift.generation;
		r = txn_change(&h->nfnl, c, h->now->port_count != 0, wall_us() / 1000,
			       &generation);
		if (r == 0)
			drift_know(&h->drift, generation);
	}
	return r;
}

int hold_change(struct hold *h, const struct change *c, struct txn_marks *ret_lost)
{
	struct txn_marks lost = { 0 };
	struct ruleset made = { 0 };
	int r;

	if (h->now == NULL || clock_moved(h))
		return -ESTALE;
	r = change_apply(h->now, c, &made);
	if (r == 0)
		r = change_lost_marks(c->gone, c->gone_count, c->come, c->come_count,
				      &lost.mark, &lost.count);
	if (r == 0)
		r = put_change(h, c);
	if (r < 0) {
		free(made.permit);
		free(made.quarantine);
		free(lost.mark);
		return r == -ENOENT || r == -EEXIST ? -ESTALE : r;
	}
	take_over(h, &made, c->revision);
	isolate_set(&h->isolate, &h->nfnl, h->now);
	if (has_locks(h->now))
		set_ports(h, NULL);
	*ret_lost = lost;
	return 0;
}

int hold_recording(struct hold *h, uint32_t timeout_ms)
{
	int r = txn_recording(&h->nfnl, timeout_ms);

	h->recording = mono_after_ms(mono_now(), timeout_ms);
	if (r != -ENOENT || h->now == NULL)
		return r;
	look(h); /* somebody has deleted the table */
	return txn_recording(&h->nfnl, timeout_ms);
}
