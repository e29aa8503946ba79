/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/inforce.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "proxy/load.h"

#define AREA "proxyd"

#define TRIAL_MIN_S    10
#define TRIAL_MAX_S    86400
#define TRIAL_AGAIN_US 1000000u

static int refuse(char text[PROTO_TEXT_MAX], int error, const char *fmt, ...)
	PRINTF_FMT(3, 4);

static int refuse(char text[PROTO_TEXT_MAX], int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, PROTO_TEXT_MAX, fmt, ap);
	va_end(ap);
	return error;
}

static int serve_port(struct inforce *f, const struct policy_proxy *p,
		      char text[PROTO_TEXT_MAX])
{
	int r = port_serve(&f->port, p);

	return r < 0 ? refuse(text, r, "cannot listen on port %u: %s", (unsigned)p->port,
			      strerror(-r))
		     : 0;
}

/*
 * Everything that can fail comes before anything is judged by snap, but for the first
 * one: who waits in the queue of a handed-in socket is not to be refused for want of
 * a policy.
 */
static int put_in_force(struct inforce *f, struct snapshot *snap,
			char text[PROTO_TEXT_MAX])
{
	bool first = f->snap == NULL;
	bool same = !first && snap->rev->policy == f->snap->rev->policy;
	size_t cut = 0;
	/* what only has other permits needs no other resolvers, and no other port */
	int r = same ? 0 : engine_prepare(f->engine, snap);

	atomic_store(&snap->locked, f->locked);
	if (r < 0)
		return refuse(text, r, "cannot use the policy's resolvers: %s",
			      strerror(-r));
	if (first)
		cut = engine_use(f->engine, snap);
	r = same ? 0 : serve_port(f, &snap->rev->policy->proxy, text);
	if (r < 0) {
		if (first)
			(void)engine_use(f->engine, NULL);
		engine_unprepare(f->engine);
		return r;
	}
	if (!first)
		cut = engine_use(f->engine, snap);
	snapshot_unref(f->snap);
	f->snap = snap;
	return (int)cut;
}

/* Put in force (snap is taken over), or keep everything. */
static int use(struct inforce *f, struct snapshot *snap, char text[PROTO_TEXT_MAX])
{
	uint64_t number = snap->rev->number;
	char line[96];
	int r = put_in_force(f, snap, text);

	if (r < 0) {
		snapshot_unref(snap);
		return r;
	}
	(void)snprintf(line, sizeof(line),
		       "revision %" PRIu64 " in force, %d connections cut", number, r);
	declog_service(&f->engine->sink, number, (uint32_t)r, line);
	log_info(AREA, "%s", line);
	return r;
}

int inforce_start(struct inforce *f, struct snapshot *snap, int r,
		  char text[PROTO_TEXT_MAX])
{
	if (snap != NULL)
		r = use(f, snap, text);
	if (r >= 0)
		return 0;
	log_warn(AREA,
		 "no revision to start with (%s): refusing everything until one comes",
		 text[0] != '\0' ? text : strerror(-r));
	return port_serve_activated(&f->port);
}

void inforce_confirm(struct inforce *f)
{
	f->trial = sd_event_source_disable_unref(f->trial);
	snapshot_unref(f->before);
	f->before = NULL;
}

int inforce_go_back(struct inforce *f, char text[PROTO_TEXT_MAX])
{
	struct snapshot *before = f->before;
	int r;

	if (before != NULL) {
		r = use(f, snapshot_ref(before), text);
	} else {
		r = (int)engine_use(f->engine, NULL);
		snapshot_unref(f->snap);
		f->snap = NULL;
		declog_service(&f->engine->sink, 0, (uint32_t)r,
			       "no revision is in force again");
	}
	if (r >= 0)
		inforce_confirm(f);
	return r;
}

static int on_time_over(sd_event_source *source, uint64_t usec, void *user)
{
	struct inforce *f = user;
	char text[PROTO_TEXT_MAX] = "";

	(void)usec;
	log_warn(AREA, "a revision was not confirmed: the one before comes back");
	if (inforce_go_back(f, text) >= 0)
		return 0;
	log_err(AREA, "cannot go back from a trial: %s", text);
	(void)sd_event_source_set_time_relative(source, TRIAL_AGAIN_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Before anything changes. *ret_timer is not running yet. */
static int new_timer(struct inforce *f, uint32_t confirm_s, sd_event_source **ret_timer,
		     char text[PROTO_TEXT_MAX])
{
	int r;

	*ret_timer = NULL;
	if (confirm_s == 0)
		return 0;
	if (confirm_s < TRIAL_MIN_S || confirm_s > TRIAL_MAX_S)
		return refuse(text, -EINVAL, "a trial takes 10 to 86400 seconds");
	if (f->locked)
		return refuse(text, -EBUSY,
			      "nothing can be tried while everything is locked");
	r = sd_event_add_time_relative(f->event, ret_timer, CLOCK_MONOTONIC,
				       (uint64_t)confirm_s * 1000000, 1, on_time_over, f);
	return r < 0 ? refuse(text, r, "%s", strerror(-r)) : 0;
}

int inforce_load(struct inforce *f, uint64_t number, uint32_t confirm_s,
		 char text[PROTO_TEXT_MAX])
{
	sd_event_source *timer;
	struct snapshot *snap, *before;
	int r = new_timer(f, confirm_s, &timer, text);

	if (r < 0)
		return r;
	r = load_snapshot(f->folder, number, f->snap, &snap, text);
	/* what comes back is what was there before the first trial */
	before = snapshot_ref(f->trial != NULL ? f->before : f->snap);
	if (r == 0)
		r = use(f, snap, text);
	if (r < 0) {
		(void)sd_event_source_disable_unref(timer);
		snapshot_unref(before);
		return r;
	}
	inforce_confirm(f);
	f->trial = timer;
	if (timer != NULL)
		f->before = before;
	else
		snapshot_unref(before);
	return r;
}

bool inforce_is_on_trial(const struct inforce *f, uint64_t number)
{
	return f->trial != NULL && f->snap != NULL && f->snap->rev->number == number;
}

int inforce_lock(struct inforce *f, bool on, char text[PROTO_TEXT_MAX])
{
	int r = 0;

	f->locked = on;
	if (f->snap != NULL) {
		atomic_store(&f->snap->locked, on);
		r = (int)engine_use(f->engine, f->snap);
	}
	if (on && f->trial != NULL) /* as in gated */
		r += inforce_go_back(f, text);
	return r;
}

uint64_t inforce_number(const struct inforce *f)
{
	return f->snap != NULL ? f->snap->rev->number : 0;
}

const struct policy_proxy *inforce_proxy(const struct inforce *f)
{
	const struct policy_proxy *p =
		f->snap != NULL ? &f->snap->rev->policy->proxy : NULL;

	return p != NULL && p->present ? p : NULL;
}

void inforce_end(struct inforce *f)
{
	inforce_confirm(f);
	snapshot_unref(f->snap);
	f->snap = NULL;
	port_close(&f->port);
}
