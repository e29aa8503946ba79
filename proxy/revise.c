/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/revise.h"

#include "lib/allow/schedule.h"
#include "proxy/conn.h"
#include "proxy/judge.h"
#include "proxy/limit.h"
#include "proxy/transparent.h"

#define JAPAN_S (9 * 3600)
/* The wall clock may be set: what depends on it is looked at this often at least. */
#define CLOCK_LOOK_MS 1000

static int64_t now_s(const struct worker *w)
{
	return loop_wall_us(w->loop) / 1000000;
}

static void arm_expiry(struct worker *w, int64_t in_s)
{
	int64_t ms = in_s * 1000 - loop_wall_us(w->loop) / 1000 % 1000;

	if (ms > CLOCK_LOOK_MS)
		ms = CLOCK_LOOK_MS;
	/* without memory for the timer: it is looked at in every round */
	w->expiry_owed = loop_timer_set(w->loop, &w->expiry, ms > 0 ? ms : 1) < 0;
}

void revise_note_until(struct worker *w, int64_t until)
{
	int64_t next = until != 0 && until < w->change_s ? until : w->change_s;

	if (next != INT64_MAX && w->expiry.slot == 0)
		arm_expiry(w, next - now_s(w));
}

/* Ask the same question again for everything open; end what gets another answer. */
static size_t judge_all(struct worker *w)
{
	int64_t now = now_s(w);
	struct conn *next;
	size_t cut = 0;

	/* nobody knows which decision a kept connection would get now: the next one decides */
	upstream_drop_kept(w->upstreams);
	for (struct conn *c = w->live; c != NULL; c = next) {
		next = c->next;
		cut += judge_again(c, now) ? 1 : 0;
	}
	return cut;
}

size_t revise_sign_out(struct worker *w, const char *login)
{
	struct conn *next;
	size_t cut = 0;

	for (struct conn *c = w->live; c != NULL; c = next) {
		next = c->next;
		cut += judge_sign_out(c, login) ? 1 : 0;
	}
	return cut;
}

/* The first second (UTC) at which something that is open now has to be asked again. */
static int64_t next_end(const struct worker *w)
{
	int64_t next = w->change_s;

	for (const struct conn *c = w->live; c != NULL; c = c->next) {
		if (c->until != 0 && c->until < next)
			next = c->until;
	}
	return next;
}

static void note_change(struct worker *w)
{
	int64_t in_s = decide_next_change(w->snap, now_s(w));

	w->change_s = in_s != INT64_MAX ? now_s(w) + in_s : INT64_MAX;
}

static void on_expiry(void *user)
{
	struct worker *w = user;
	int64_t now = now_s(w);

	/* a clock that was set back undoes beginnings, and when the next change is */
	if (next_end(w) <= now || now < w->looked_s) {
		(void)judge_all(w);
		note_change(w);
	}
	w->looked_s = now;
	if (w->live != NULL)
		revise_note_until(w, next_end(w));
}

/* Zones that the allowlist's schedules do not know either count as Japan's. */
static void use_limits(struct worker *w)
{
	const struct policy *p = w->snap != NULL ? w->snap->rev->policy : NULL;

	/* before anything is ended by the new ones, which settles its account */
	if (w->limits.device_day_upload == 0) {
		for (struct conn *c = w->live; c != NULL; c = c->next)
			limit_begin_day(c);
	}
	w->limits =
		p != NULL && p->proxy.present ? p->proxy.limits : policy_limits_default;
	if (p == NULL || allow_schedule_zone(p->timezone, &w->day_offset_s) < 0)
		w->day_offset_s = JAPAN_S;
	w->transparent = transparent_is_used(w->snap);
}

static size_t revise_limits(struct worker *w)
{
	struct conn *next;
	size_t cut = 0;

	for (struct conn *c = w->live; c != NULL; c = next) {
		next = c->next;
		cut += limit_revise(c) ? 1 : 0;
	}
	return cut;
}

void revise_init(struct worker *w)
{
	w->change_s = INT64_MAX;
	w->expiry = (struct loop_timer){ .fn = on_expiry, .user = w };
	use_limits(w);
}

int revise_prepare(struct worker *w, const struct snapshot *snap)
{
	const struct policy_proxy *p = &snap->rev->policy->proxy;

	return p->present ? resolver_use(w->resolver, p->resolver, p->resolver_count) : 0;
}

size_t revise_use(struct worker *w, struct snapshot *snap)
{
	struct snapshot *old = w->snap;
	size_t cut;

	w->snap = snapshot_ref(snap);
	worker_refresh_own(w);
	note_change(w);
	use_limits(w);
	cut = judge_all(w);
	cut += revise_limits(w);
	if (w->live != NULL)
		revise_note_until(w, next_end(w));
	snapshot_unref(old);
	return cut;
}
