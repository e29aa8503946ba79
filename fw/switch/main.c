/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sekisho-switchd - keeps what FreeRADIUS and hostapd read in step with the permits */
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#include "fw/switch/table.h"
#include "lib/log.h"
#include "lib/svc.h"

#define AREA    "switchd"
#define TICK_US 1000000

static int on_change(sd_event_source *source, const struct inotify_event *event,
		     void *user)
{
	(void)source;
	(void)event;
	table_follow(user, (int64_t)time(NULL));
	return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *user)
{
	(void)usec;
	table_follow(user, (int64_t)time(NULL));
	(void)sd_event_source_set_time_relative(source, TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int start(struct svc *svc, struct table *t)
{
	int r;

	if ((r = svc_path(svc, PATH_REVISIONS, t->revisions)) < 0 ||
	    (r = svc_path(svc, PATH_SWITCH, t->dir)) < 0)
		return r;
	/* the link is put in place by a rename; the tick finds what this misses */
	if ((r = sd_event_add_inotify(svc->event, NULL, t->revisions, IN_MOVED_TO,
				      on_change, t)) < 0 ||
	    (r = sd_event_add_time_relative(svc->event, NULL, CLOCK_MONOTONIC, 0, 0,
					    on_tick, t)) < 0) {
		log_err(AREA, "cannot follow %s: %s", t->revisions, strerror(-r));
		return r;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct table table = { 0 };
	struct svc svc;
	int r = svc_start(&svc, "switchd", argc, argv);

	if (r != 0)
		return r;
	if (start(&svc, &table) < 0)
		return EXIT_FAILURE;
	svc_seal(&svc, 0);
	r = svc_run(&svc);
	table_clear(&table);
	return r;
}
