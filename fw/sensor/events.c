/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/sensor/watch.h"
#include "fw/sensor/memory.h"
#include "fw/sensor/ours.h"
#include "fw/sensor/report.h"
#include "lib/log.h"
#include "lib/paths.h"
#include "lib/str.h"

#define AREA     "sensord"
#define USEC_SEC 1000000

struct events {
	struct watch *watch;
	struct report *report;
	struct journal *journal;
	struct permitted permitted;
	struct wires wires;
	char memory[PATH_TEXT_MAX];
	uint64_t ticks;
	bool save_failed; /* said so already */
};

/* The site's clock is the process's: TZ is set with the revision. */
static unsigned hour_of_week(int64_t time_us)
{
	time_t t = (time_t)(time_us / USEC_SEC);
	struct tm tm = { 0 };

	if (localtime_r(&t, &tm) == NULL)
		return 0;
	return (unsigned)tm.tm_wday * 24 + (unsigned)tm.tm_hour;
}

static struct watch_time time_of(struct mono now, int64_t time_us)
{
	return (struct watch_time){ .now = now,
				    .time_us = time_us,
				    .hour = hour_of_week(time_us) };
}

static const char *zone_of(const struct events *ev, const char *interface)
{
	for (size_t i = 0; i < ev->wires.count; i++) {
		if (strcmp(ev->wires.item[i].interface, interface) == 0)
			return ev->wires.item[i].zone;
	}
	return "";
}

static void on_event(const struct proto_event *event, void *user)
{
	struct events *ev = user;

	(void)journal_event(ev->journal, zone_of(ev, event->interface), event);
	report_add(ev->report, event);
}

/* For report.h. */
static bool next_open(uint64_t *cursor, void *ret_message, void *user)
{
	struct events *ev = user;
	size_t at = (size_t)*cursor;
	const struct proto_event *event = alarms_next(watch_alarms(ev->watch), &at);

	*cursor = at;
	if (event != NULL)
		memcpy(ret_message, event, sizeof(*event));
	return event != NULL;
}

static void refresh_ours(struct events *ev)
{
	struct ours ours;

	if (ours_read(&ours) == 0)
		watch_set_ours(ev->watch, &ours);
}

static int open_parts(struct events *ev, sd_event *loop, const char *mgmtd)
{
	struct watch_time t = time_of(mono_now(), wall_us());
	int r = report_new(loop, mgmtd, PROTO_EVENT, sizeof(struct proto_event),
			   next_open, ev, &ev->report);

	if (r == 0)
		r = watch_new(&ev->wires, on_event, ev, t, &ev->watch);
	if (r < 0)
		return r;
	r = memory_load(ev->memory, ev->watch, &ev->wires, t);
	if (r < 0 && r != -ENOENT)
		log_warn(AREA, "what was learned cannot be read (%s); learning anew",
			 strerror(-r));
	refresh_ours(ev);
	return 0;
}

int events_new(sd_event *loop, const char *mgmtd, const char *memory,
	       const struct wires *wires, struct journal *journal,
	       struct events **ret_events)
{
	struct events *ev = calloc(1, sizeof(*ev));
	int r;

	if (ev == NULL)
		return -ENOMEM;
	ev->wires = *wires;
	ev->journal = journal;
	r = str_copy(ev->memory, sizeof(ev->memory), memory);
	if (r == 0)
		r = open_parts(ev, loop, mgmtd);
	if (r < 0) {
		watch_free(ev->watch);
		report_free(ev->report);
		free(ev);
		return r;
	}
	*ret_events = ev;
	return 0;
}

static void save(struct events *ev)
{
	int r = memory_save(ev->memory, ev->watch, wall_us());

	if (r < 0 && !ev->save_failed)
		log_warn(AREA, "what was learned cannot be kept: %s", strerror(-r));
	ev->save_failed = r < 0;
}

void events_free(struct events *ev)
{
	if (ev == NULL)
		return;
	save(ev);
	permitted_free(&ev->permitted);
	watch_free(ev->watch);
	report_free(ev->report);
	free(ev);
}

int events_set_revision(struct events *ev, const struct revision *rev)
{
	int r = permitted_load(&ev->permitted, rev);

	watch_set_rules(ev->watch, rev != NULL ? &rev->policy->sensor : NULL);
	if (rev != NULL && setenv("TZ", rev->policy->timezone, 1) == 0)
		tzset();
	watch_recheck(ev->watch, &ev->permitted, time_of(mono_now(), wall_us()));
	return r;
}

bool events_is_permitted(const struct events *ev, size_t wire, struct mac mac,
			 int64_t time_us)
{
	return permitted_at(&ev->permitted, mac, ev->wires.item[wire].interface,
			    time_us / USEC_SEC);
}

bool events_is_admitted(const struct events *ev, size_t wire, struct mac mac,
			int64_t time_us)
{
	return permitted_holds(&ev->permitted, mac, ev->wires.item[wire].interface,
			       time_us / USEC_SEC);
}

bool events_is_elsewhere(const struct events *ev, size_t wire, const struct sight *s)
{
	return watch_is_elsewhere(ev->watch, wire, s);
}

void events_see(struct events *ev, size_t wire, const struct sight *s,
		const struct device_news *news, bool permitted, struct mono now,
		int64_t time_us)
{
	struct watch_frame f = {
		.port = wire,
		.sight = s,
		.news = news,
		.permitted = permitted,
		.home = permitted ? NULL
				  : permitted_home(&ev->permitted, s->mac,
						   time_us / USEC_SEC),
		.time = time_of(now, time_us),
	};

	watch_see(ev->watch, &f);
}

void events_tick(struct events *ev)
{
	ev->ticks++;
	if (ev->ticks % EVENTS_OURS_S == 0)
		refresh_ours(ev);
	watch_tick(ev->watch, time_of(mono_now(), wall_us()));
	if (ev->ticks % EVENTS_SAVE_S == 0)
		save(ev);
	report_tick(ev->report);
}

uint64_t events_suppressed(const struct events *ev)
{
	return alarms_suppressed(watch_alarms(ev->watch));
}
