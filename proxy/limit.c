/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/limit.h"

#include <string.h>

#include "lib/str.h"
#include "proxy/engine.h"
#include "proxy/reply.h"

#define TUNNEL "tunnel-upload"
#define DAY    "device-day-upload"
#define AGE    "total-hours"

#define DAY_S 86400

static int64_t today(const struct worker *w)
{
	return (loop_wall_us(w->loop) / 1000000 + w->day_offset_s) / DAY_S;
}

static void facts_of(const struct conn *c, struct declog_facts *f)
{
	if (c->ticket != NULL)
		declog_facts_of(c->ticket, f);
	else
		*f = c->rq->facts;
}

static void note(const struct conn *c, const char *which)
{
	uint64_t *reached = c->w->metrics.limits;

	if (strcmp(which, TUNNEL) == 0)
		reached[METRICS_LIMIT_TUNNEL_UPLOAD]++;
	else if (strcmp(which, DAY) == 0)
		reached[METRICS_LIMIT_DEVICE_DAY_UPLOAD]++;
	else
		reached[METRICS_LIMIT_TOTAL_TIME]++;
}

static void alarm_people(struct conn *c, struct declog_facts *f, const char *which,
			 uint64_t bytes)
{
	note(c, which);
	(void)str_copy(f->detail, sizeof(f->detail), which);
	declog_alarm(&c->w->log, f, bytes, loop_wall_us(c->w->loop));
}

/* One that was heard nothing of yet can be told; the others are cut. */
static void cut(struct conn *c, const char *which)
{
	bool page = c->state == CONN_EXCHANGE && c->down.bytes == 0;

	note(c, which);
	conn_record_close_as(c, REASON_LIMIT, which);
	if (page)
		reply_page(c, REASON_LIMIT, 403);
	else
		conn_end(c, REASON_LIMIT);
}

/* What was sent since the last time goes on the device's account. Returns the day's sum. */
static uint64_t count(struct conn *c, const struct daily_who *who)
{
	uint64_t more = c->up.bytes - c->counted;

	c->counted = c->up.bytes;
	return daily_add(c->w->engine->daily, who, today(c->w), more);
}

static uint64_t step_to(uint64_t left)
{
	left /= 8;
	return left < LIMIT_STEP_MIN   ? LIMIT_STEP_MIN
	       : left > LIMIT_STEP_MAX ? LIMIT_STEP_MAX
				       : left;
}

/* Returns true when it was ended, else ret_step: how far to the next look. */
static bool look_at_day(struct conn *c, bool may_cut, uint64_t *ret_step)
{
	const struct policy_limits *l = &c->w->limits;
	struct daily *daily = c->w->engine->daily;
	struct declog_facts f;
	struct daily_who who;
	uint64_t sum;

	facts_of(c, &f);
	who = (struct daily_who){ f.device, c->src };
	sum = count(c, &who);
	if (sum <= l->device_day_upload) {
		*ret_step = step_to(l->device_day_upload - sum);
		return false;
	}
	*ret_step = LIMIT_STEP_MAX;
	if (l->upload_action == POLICY_UPLOAD_ALARM) {
		if (daily_first_alarm(daily, &who, today(c->w)))
			alarm_people(c, &f, DAY, sum);
		return false;
	}
	if (may_cut)
		cut(c, DAY);
	return may_cut;
}

static bool look_at_tunnel(struct conn *c, uint64_t *ret_step)
{
	const struct policy_limits *l = &c->w->limits;
	uint64_t sum = c->sent + c->up.bytes;
	struct declog_facts f;

	*ret_step = UINT64_MAX;
	if (sum <= l->tunnel_upload) {
		*ret_step = l->tunnel_upload - sum + 1;
		return false;
	}
	if (l->upload_action == POLICY_UPLOAD_CUT) {
		cut(c, TUNNEL);
		return true;
	}
	if (!c->alarmed) {
		facts_of(c, &f);
		alarm_people(c, &f, TUNNEL, sum);
	}
	c->alarmed = true;
	return false;
}

bool limit_look(struct conn *c)
{
	const struct policy_limits *l = &c->w->limits;
	uint64_t tunnel = UINT64_MAX, day = UINT64_MAX, step;

	if (c->ticket == NULL)
		return false;
	if (l->tunnel_upload != 0 && look_at_tunnel(c, &tunnel))
		return true;
	if (l->device_day_upload != 0 && look_at_day(c, true, &day))
		return true;
	step = tunnel < day ? tunnel : day;
	c->up_look = step < UINT64_MAX - c->up.bytes ? c->up.bytes + step : UINT64_MAX;
	return false;
}

bool limit_refuses(struct conn *c)
{
	const struct policy_limits *l = &c->w->limits;
	struct declog_facts *f = &c->rq->facts;
	struct daily_who who = { f->device, c->src };

	if (l->device_day_upload == 0 || l->upload_action != POLICY_UPLOAD_CUT ||
	    daily_add(c->w->engine->daily, &who, today(c->w), 0) <= l->device_day_upload)
		return false;
	note(c, DAY);
	(void)str_copy(f->detail, sizeof(f->detail), DAY);
	reply_refuse(c, REASON_LIMIT, 403);
	return true;
}

void limit_begin(struct conn *c)
{
	c->counted = 0;
	c->up_look = 0;
}

void limit_begin_day(struct conn *c)
{
	c->counted = c->up.bytes;
}

void limit_settle(struct conn *c)
{
	uint64_t step;

	if (c->w->limits.device_day_upload != 0)
		(void)look_at_day(c, false, &step);
	c->sent += c->up.bytes;
}

static int64_t idle_ms(const struct conn *c)
{
	return (int64_t)c->w->limits.idle_seconds * 1000;
}

/* Until it is too old. */
static int64_t age_left_ms(const struct conn *c)
{
	int64_t max = (int64_t)c->w->limits.total_hours * 3600000;

	return max == 0 ? INT64_MAX : max - (loop_now_ms(c->w->loop) - c->born_ms);
}

bool limit_is_old(const struct conn *c)
{
	return age_left_ms(c) <= 0;
}

enum reason limit_time(const struct conn *c, int64_t *ret_ms)
{
	int64_t age = age_left_ms(c);
	int64_t idle = idle_ms(c) - (loop_now_ms(c->w->loop) - c->active_ms);

	if (age <= 0)
		return REASON_LIMIT;
	if (idle <= 0)
		return REASON_IDLE;
	*ret_ms = age < idle ? age : idle;
	return REASON_NONE;
}

int64_t limit_wait_ms(const struct conn *c)
{
	int64_t age = age_left_ms(c), idle = idle_ms(c);

	return age > idle ? idle : age > 0 ? age : 1;
}

void limit_end_old(struct conn *c)
{
	note(c, AGE);
	conn_record_close_as(c, REASON_LIMIT, AGE);
	conn_end(c, REASON_LIMIT);
}

bool limit_revise(struct conn *c)
{
	int64_t ms = 1; /* over: the timer says so */

	c->up_look = 0;
	if (c->state != CONN_RELAY && c->state != CONN_EXCHANGE)
		return false;
	if (limit_look(c))
		return true;
	(void)limit_time(c, &ms);
	conn_set_timer(c, ms);
	return c->state == CONN_DEAD;
}
