/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/mem.h"
#include "proxy/control.h"
#include "proxy/engine.h"
#include "proxy/handover.h"
#include "proxy/inforce.h"
#include "proxy/load.h"
#include "proxy/scrape.h"
#include "proxy/takeover.h"

#define AREA "proxyd"

#define SAVE_EVERY_US (30 * 1000000ull)

struct service {
	struct svc *svc;
	struct spool *spool;
	struct engine *engine;
	struct inforce inforce;
	struct control *control;
	int metrics; /* listening socket */
	struct scrape *scrape;
	char tunnels[PATH_TEXT_MAX]; /* what is left of them for the next proxyd */
	sd_event_source *tick; /* what has to be done now and then */
};

/* The revision in force decides how many workers there are; without one, the machine. */
static int start_engine(struct service *s, struct snapshot *snap)
{
	const struct policy_proxy *p = snap != NULL ? &snap->rev->policy->proxy : NULL;

	return engine_new(s->spool, p != NULL && p->present ? p->workers : 0, &s->engine);
}

static int open_spool(struct service *s)
{
	char spool[PATH_TEXT_MAX];
	int r = svc_path(s->svc, PATH_SPOOL "/" AREA, spool);

	if (r < 0)
		return r;
	r = spool_open(spool, &s->spool);
	if (r < 0)
		log_err(AREA, "cannot open the spool %s: %s", spool, strerror(-r));
	return r;
}

static void on_scrape(void *user, struct proxy_metrics *m)
{
	const struct service *s = user;

	engine_measure(s->engine, m);
	m->start_s = (uint64_t)(s->svc->started_us / 1000000);
	m->revision = inforce_number(&s->inforce);
	if (s->inforce.snap != NULL)
		m->entries = allow_image_entries(s->inforce.snap->image);
}

static int open_metrics(struct service *s)
{
	int r = svc_listen_stream(s->svc, PATH_SOCK_METRICS, &s->metrics);

	if (r < 0)
		return r;
	return scrape_new(s->svc->event, s->metrics, on_scrape, s, &s->scrape);
}

static int on_tick(sd_event_source *source, uint64_t now_us, void *user)
{
	struct service *s = user;

	engine_save(s->engine);
	(void)sd_event_source_set_time(source, now_us + SAVE_EVERY_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* The day's sums, from before and from now on. */
static int remember(struct service *s)
{
	char path[PATH_TEXT_MAX];
	int r = svc_path(s->svc, PATH_SPOOL "/" AREA "/uploads", path);

	if (r < 0)
		return r;
	engine_remember(s->engine, path);
	return sd_event_add_time_relative(s->svc->event, &s->tick, CLOCK_MONOTONIC,
					  SAVE_EVERY_US, 0, on_tick, s);
}

static int hire_clerk(struct service *s)
{
	char mgmtd[PATH_TEXT_MAX];
	int r = svc_path(s->svc, PATH_SOCK_MGMTD, mgmtd);

	return r < 0 ? r : engine_hire_clerk(s->engine, mgmtd);
}

static bool keeps_tunnels(const struct service *s)
{
	const struct policy_proxy *p = inforce_proxy(&s->inforce);

	return p != NULL && p->restart == POLICY_RESTART_KEEP;
}

static int take_over(struct service *s)
{
	int r = svc_path(s->svc, PATH_SPOOL "/" AREA "/tunnels", s->tunnels);

	if (r < 0)
		return r;
	(void)takeover_run(s->engine, s->tunnels, keeps_tunnels(s));
	return 0;
}

static int start(struct service *s)
{
	char text[PROTO_TEXT_MAX] = "";
	struct snapshot *snap = NULL;
	int loaded, r = svc_path(s->svc, PATH_REVISIONS, s->inforce.folder);

	if (r >= 0)
		r = open_spool(s);
	if (r < 0)
		return r;
	loaded = load_snapshot(s->inforce.folder, 0, NULL, &snap, text);
	r = start_engine(s, snap);
	if (r >= 0)
		r = hire_clerk(s);
	if (r >= 0)
		r = remember(s);
	if (r < 0) {
		snapshot_unref(snap);
		return r;
	}
	declog_service(&s->engine->sink, 0, 0, "started");
	s->inforce.event = s->svc->event;
	s->inforce.engine = s->engine;
	port_init(&s->inforce.port, s->engine);
	r = inforce_start(&s->inforce, snap, loaded, text);
	if (r >= 0)
		r = take_over(s);
	if (r >= 0)
		r = control_new(s->svc, &s->inforce, &s->control);
	if (r >= 0)
		r = open_metrics(s);
	return r < 0 ? r : 0;
}

int service_new(struct svc *svc, struct service **ret_service)
{
	struct service *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return -ENOMEM;
	*s = (struct service){
		.svc = svc,
		.inforce = { .port = PORT_NONE },
		.metrics = -1,
	};
	r = start(s);
	if (r < 0) {
		log_err(AREA, "cannot start: %s", strerror(-r));
		service_free(s);
		return r;
	}
	*ret_service = s;
	return 0;
}

void service_leave(struct service *s)
{
	size_t left;

	engine_ignore(s->engine);
	if (!keeps_tunnels(s))
		return;
	left = handover_leave(s->engine, s->tunnels);
	if (left != 0)
		log_info(AREA, "%zu open tunnels left for the next proxyd", left);
}

void service_free(struct service *s)
{
	if (s == NULL)
		return;
	(void)sd_event_source_disable_unref(s->tick);
	scrape_free(s->scrape);
	control_free(s->control);
	engine_free(s->engine);
	inforce_end(&s->inforce);
	spool_close(s->spool);
	close_p(&s->metrics);
	free(s);
}
