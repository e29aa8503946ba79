/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/policy/when.h"

#define DAY_S       86400
#define LOOK_AHEAD  (32 * DAY_S) /* how far a schedule's end is looked for */
#define ASK_AGAIN_S (31 * DAY_S) /* before that runs out */

static const struct allow_schedule *hours_of(const struct policy *p,
					     const struct policy_flow *f)
{
	return f->schedule == POLICY_NONE ? NULL : &p->schedule[f->schedule].hours;
}

bool when_is_timed(const struct policy_flow *f)
{
	return f->schedule != POLICY_NONE || f->valid_until != 0;
}

bool when_is_open(const struct policy *p, const struct policy_flow *f, int64_t now)
{
	return now >= f->valid_from && (f->valid_until == 0 || now < f->valid_until) &&
	       allow_schedule_is_open(hours_of(p, f), now);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t when_end(const struct policy *p, const struct policy_flow *f, int64_t now)
{
	const struct allow_schedule *hours = hours_of(p, f);
	int64_t end = f->valid_until != 0 ? f->valid_until : WHEN_NEVER;

	if (hours == NULL)
		return end;
	return earlier(end, now + allow_schedule_next_change(hours, now, LOOK_AHEAD));
}

static int64_t next_change(const struct policy *p, const struct policy_flow *f,
			   int64_t now)
{
	const struct allow_schedule *hours = hours_of(p, f);

	if (now < f->valid_from)
		return f->valid_from;
	if (f->valid_until != 0 && now >= f->valid_until)
		return WHEN_NEVER;
	if (hours == NULL)
		return f->valid_until != 0 ? f->valid_until : WHEN_NEVER;
	return earlier(f->valid_until != 0 ? f->valid_until : WHEN_NEVER,
		       now + allow_schedule_next_change(hours, now, ASK_AGAIN_S));
}

int64_t when_next_change(const struct policy *p, int64_t now)
{
	int64_t next = WHEN_NEVER;

	for (size_t i = 0; i < p->flow_count; i++)
		next = earlier(next, next_change(p, &p->flow[i], now));
	return next;
}

static void warn_review(const struct policy *p, const struct policy_flow *f, int64_t now,
			struct diags *warnings)
{
	int64_t today = (now + p->offset_s) / DAY_S;
	int32_t review;

	if (f->review[0] == '\0' || allow_schedule_date(f->review, &review) < 0 ||
	    review >= today)
		return;
	diag_add(warnings, f->at,
		 "warning: the review of flow '%s' was due on %s, %lld days ago", f->id,
		 f->review, (long long)(today - review));
}

void when_warn(const struct policy *p, int64_t now, struct diags *warnings)
{
	for (size_t i = 0; i < p->flow_count; i++) {
		const struct policy_flow *f = &p->flow[i];

		warn_review(p, f, now, warnings);
		if (f->valid_until != 0 && now >= f->valid_until)
			diag_add(warnings, f->at,
				 "warning: flow '%s' has ended; it lets nothing through",
				 f->id);
	}
}
