/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/sensor.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fw/sensor/capture.h"
#include "fw/sensor/containwire.h"
#include "fw/sensor/current.h"
#include "fw/sensor/device.h"
#include "fw/sensor/events.h"
#include "fw/sensor/journal.h"
#include "fw/sensor/report.h"
#include "fw/sensor/sight.h"
#include "fw/sensor/wire.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/paths.h"
#include "lib/proto.h"
#include "lib/revision.h"
#include "lib/str.h"

#define AREA        "sensord"
#define MEMORY_FILE "memory" /* beside the spool, in the only folder that is ours */
#define TICK_US     1000000
#define RESTART_MS  5000 /* an interface that comes and goes restarts us no faster */
#define USEC_SEC    1000000

struct ear { /* a capture and what it stands for */
	struct sensor *sensor;
	size_t index; /* in wires, and the table's interface number */
	struct capture *capture; /* NULL: the interface is missing or down */
	struct containwire *contain; /* NULL: off */
};

struct sensor {
	struct svc *svc;
	struct revision *revision; /* NULL: none yet */
	struct current current;
	bool permits_known; /* else nobody is contained */
	struct wires wires;
	struct ear ear[WIRES_MAX];
	struct device_table *table;
	struct report *report;
	struct events *events;
	struct journal *journal;
	struct ipc_server *server;
	int listen_fd;
	sd_event_source *timer;
	struct mono started;
};

static struct proto_sighting sighting_of(const struct sensor *s, size_t wire,
					 struct mac mac, enum proto_source source,
					 int64_t time_us)
{
	struct proto_sighting p = { .time_us = time_us, .source = (uint8_t)source };

	(void)str_copy(p.interface, sizeof(p.interface), s->wires.item[wire].interface);
	memcpy(p.mac, mac.b, sizeof(p.mac));
	return p;
}

static void set_addr(struct proto_sighting *p, struct addr a)
{
	p->addr_family = a.family;
	memcpy(p->addr, a.bytes, sizeof(p->addr));
}

/* For report.h. */
static bool next_sighting(uint64_t *cursor, void *ret_message, void *user)
{
	const struct sensor *s = user;
	struct proto_sighting p;
	struct addr a;
	const struct device *d = device_next(s->table, cursor, &a);

	if (d == NULL)
		return false;
	p = sighting_of(s, d->interface, d->mac, d->source, d->time_us);
	set_addr(&p, a);
	(void)str_copy(p.name, sizeof(p.name), d->name);
	memcpy(ret_message, &p, sizeof(p));
	return true;
}

static void on_frame(struct capture *c, struct rd frame, void *user)
{
	struct ear *ear = user;
	struct sensor *s = ear->sensor;
	struct mono now = mono_now();
	int64_t time_us = wall_us();
	struct device_news news;
	struct proto_sighting p;
	struct sight sight;
	bool permitted;

	(void)c;
	if (sight_parse(frame, &sight) < 0 ||
	    events_is_elsewhere(s->events, ear->index, &sight))
		return;
	permitted = events_is_permitted(s->events, ear->index, sight.mac, time_us);
	news = device_see(s->table, ear->index, &sight, permitted, now, time_us);
	if (s->permits_known)
		containwire_see(ear->contain, &sight);
	events_see(s->events, ear->index, &sight, &news, permitted, now, time_us);
	if (!news.report)
		return;
	p = sighting_of(s, ear->index, sight.mac, sight.source, time_us);
	set_addr(&p, sight.addr);
	(void)str_copy(p.name, sizeof(p.name), sight.name);
	report_add(s->report, &p);
}

static void on_gone(struct capture *c, const char *why, void *user)
{
	struct ear *ear = user;

	log_warn(AREA, "%s: %s; waiting for it",
		 ear->sensor->wires.item[ear->index].interface, why);
	ear->capture = NULL;
	capture_close(c);
}

/* Before privileges are given up; only where the policy asks for it. */
static void open_containment(struct ear *ear, const struct wire *w)
{
	struct sensor *s = ear->sensor;
	int r = 0;

	if (w->containment)
		r = containwire_open(s->svc->event, w->interface, s->events, ear->index,
				     &ear->contain);
	if (r < 0)
		log_warn(AREA, "no containment on %s: %s", w->interface, strerror(-r));
}

static void open_ears(struct sensor *s)
{
	char error[CAPTURE_ERROR_MAX];

	for (size_t i = 0; i < s->wires.count; i++) {
		struct ear *ear = &s->ear[i];
		const char *name = s->wires.item[i].interface;

		*ear = (struct ear){ .sensor = s, .index = i };
		if (capture_open(s->svc->event, name, on_frame, on_gone, ear,
				 &ear->capture, error) < 0)
			log_warn(AREA, "cannot listen on %s: %s", name, error);
		else
			log_info(AREA, "listening on %s (zone %s)", name,
				 s->wires.item[i].zone);
		open_containment(ear, &s->wires.item[i]);
	}
	if (s->wires.refused != 0)
		log_warn(AREA, "%zu interfaces are not listened to: %d at most",
			 s->wires.refused, WIRES_MAX);
}

static size_t missing_ears(const struct sensor *s)
{
	size_t missing = 0;

	for (size_t i = 0; i < s->wires.count; i++)
		missing += s->ear[i].capture == NULL ||
			   !wire_is_up(s->wires.item[i].interface);
	return missing;
}

static void restart(struct sensor *s, const char *why)
{
	log_info(AREA, "ending, to be started afresh: %s", why);
	(void)sd_event_exit(s->svc->event, EXIT_SUCCESS);
}

/* next may replace the revision that the events refer to; that one is still there. */
static void set_revision(struct sensor *s, const struct revision *next)
{
	journal_set_revision(s->journal, next != NULL ? next->number : 0);
	s->permits_known = events_set_revision(s->events, next) == 0 && next != NULL;
	if (!s->permits_known && next != NULL)
		log_err(AREA, "out of memory: every device counts as one without permit");
}

static void follow_revision(struct sensor *s)
{
	struct revision *next = NULL;
	struct wires wires;

	if (current_load(&s->current, s->revision, &next) < 0)
		return;
	wires = wires_of(next);
	if (!wires_equal(&wires, &s->wires))
		restart(s, "the revision names other interfaces");
	set_revision(s, next);
	revision_free(s->revision);
	s->revision = next;
}

static void look_for_missing(struct sensor *s)
{
	if (mono_diff_ms(mono_now(), s->started) < RESTART_MS)
		return;
	for (size_t i = 0; i < s->wires.count; i++) {
		if (s->ear[i].capture == NULL && wire_is_up(s->wires.item[i].interface)) {
			restart(s, "a missing interface is there");
			return;
		}
	}
}

static void collect_losses(struct sensor *s)
{
	for (size_t i = 0; i < s->wires.count; i++) {
		uint64_t lost = device_lost(s->table, i);

		if (s->ear[i].capture != NULL)
			lost += capture_dropped(s->ear[i].capture);
		journal_lost(s->journal, i, &s->wires.item[i], lost);
	}
}

static int on_tick(sd_event_source *source, uint64_t usec, void *user)
{
	struct sensor *s = user;

	(void)usec;
	report_tick(s->report);
	events_tick(s->events);
	collect_losses(s);
	journal_sync(s->journal);
	follow_revision(s);
	look_for_missing(s);
	for (size_t i = 0; s->permits_known && i < s->wires.count; i++)
		containwire_tick(s->ear[i].contain);
	(void)sd_event_source_set_time_relative(source, TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* An interface that is to have containment and has not; NULL: none. */
static const char *not_contained(const struct sensor *s)
{
	for (size_t i = 0; i < s->wires.count; i++) {
		if (s->wires.item[i].containment && s->ear[i].contain == NULL)
			return s->wires.item[i].interface;
	}
	return NULL;
}

/* What is wrong, into dst; "" when nothing is. */
static void describe(const struct sensor *s, char *dst, size_t size)
{
	size_t missing = missing_ears(s);
	const char *error = journal_error(s->journal);

	dst[0] = '\0';
	if (s->current.refused[0] != '\0')
		(void)snprintf(dst, size, "revision %s cannot be loaded",
			       s->current.refused);
	else if (s->revision == NULL)
		(void)snprintf(dst, size, "no revision is loaded");
	else if (error != NULL)
		(void)snprintf(dst, size, "cannot record: %s", error);
	else if (missing != 0)
		(void)snprintf(dst, size, "%zu of %zu interfaces are missing or down",
			       missing, s->wires.count);
	else if (s->wires.refused != 0)
		(void)snprintf(dst, size, "%zu interfaces are not listened to",
			       s->wires.refused);
	else if (not_contained(s) != NULL)
		(void)snprintf(dst, size, "no containment on %s", not_contained(s));
	else if (!report_is_connected(s->report))
		(void)snprintf(dst, size, "no connection to mgmtd");
}

static int on_status(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct sensor *s = user;
	struct proto_status st = svc_status(s->svc);

	(void)payload;
	(void)len;
	st.revision = s->revision != NULL ? s->revision->number : 0;
	st.records = journal_count(s->journal);
	st.lost = journal_lost_total(s->journal) + events_suppressed(s->events);
	st.connections = (uint32_t)device_count(s->table);
	for (size_t i = 0; i < s->wires.count; i++)
		containwire_count(s->ear[i].contain, &st);
	describe(s, st.text, sizeof(st.text));
	st.ok = st.text[0] == '\0';
	return ipc_reply(peer, PROTO_STATUS_REPLY, &st, sizeof(st));
}

static const struct ipc_permit permits[] = {
	{ PROTO_STATUS, IPC_MGMTD | IPC_ROOT, 0, on_status },
};

static int open_world(struct sensor *s)
{
	char spool[PATH_TEXT_MAX], mgmtd[PATH_TEXT_MAX], memory[PATH_TEXT_MAX];
	int r;

	if ((r = svc_path(s->svc, PATH_REVISIONS, s->current.dir)) < 0 ||
	    (r = svc_path(s->svc, PATH_SPOOL "/sensord", spool)) < 0 ||
	    (r = svc_path(s->svc, PATH_SPOOL "/sensord/" MEMORY_FILE, memory)) < 0 ||
	    (r = svc_path(s->svc, PATH_SOCK_MGMTD, mgmtd)) < 0)
		return r;
	if (current_load(&s->current, NULL, &s->revision) < 0)
		log_warn(AREA, "no revision is loaded; waiting for one");
	s->wires = wires_of(s->revision);
	r = journal_new(spool, &s->journal);
	if (r < 0) {
		log_err(AREA, "cannot open the spool %s: %s", spool, strerror(-r));
		return r;
	}
	r = device_table_new(s->wires.count != 0 ? s->wires.count : 1, &s->table);
	if (r == 0)
		r = report_new(s->svc->event, mgmtd, PROTO_SIGHTING,
			       sizeof(struct proto_sighting), next_sighting, s,
			       &s->report);
	if (r == 0)
		r = events_new(s->svc->event, mgmtd, memory, &s->wires, s->journal,
			       &s->events);
	if (r < 0) {
		log_err(AREA, "cannot start: %s", strerror(-r));
		return r;
	}
	set_revision(s, s->revision);
	return 0;
}

static int serve(struct sensor *s)
{
	int r = svc_listen(s->svc, PATH_SOCK_SENSORD, &s->listen_fd);

	if (r < 0)
		return r; /* it said why */
	r = ipc_server_new(s->svc->event, s->listen_fd, &s->svc->roles, permits,
			   ARRAY_LEN(permits), s, &s->server);
	if (r == 0)
		r = sd_event_add_time_relative(s->svc->event, &s->timer, CLOCK_MONOTONIC,
					       0, 0, on_tick, s);
	if (r < 0)
		log_err(AREA, "cannot start: %s", strerror(-r));
	return r < 0 ? r : 0;
}

int sensor_new(struct svc *svc, struct sensor **ret_sensor)
{
	struct sensor *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return -ENOMEM;
	s->svc = svc;
	s->listen_fd = -1;
	s->started = mono_now();
	r = open_world(s);
	if (r == 0)
		r = serve(s);
	if (r < 0) {
		sensor_free(s);
		return r;
	}
	open_ears(s);
	journal_started(s->journal, &s->wires);
	*ret_sensor = s;
	return 0;
}

void sensor_free(struct sensor *s)
{
	if (s == NULL)
		return;
	if (s->table != NULL && s->journal != NULL)
		collect_losses(s);
	for (size_t i = 0; i < s->wires.count; i++) {
		capture_close(s->ear[i].capture);
		containwire_close(s->ear[i].contain);
	}
	(void)sd_event_source_disable_unref(s->timer);
	ipc_server_free(s->server);
	close_p(&s->listen_fd);
	events_free(
		s->events); /* before the journal and the revision that it refers to */
	report_free(s->report);
	device_table_free(s->table);
	journal_free(s->journal);
	revision_free(s->revision);
	free(s);
}
