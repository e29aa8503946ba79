/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sekisho-recordd - from the producers' spools into the months' databases */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/svc.h"
#include "mgmt/recordd/ingest.h"
#include "mgmt/recordd/serve.h"

#define GATHER_US 100000 /* after a spool grew: records come in groups, syncs are dear */
#define NET_US    2000000 /* without any sign, and after a failure */
#define WATCHED   (IN_MODIFY | IN_CREATE | IN_MOVED_TO)

struct daemon {
	struct svc svc;
	struct ingest ingest;
	struct serve serve;
	sd_event_source *timer;
	uint64_t due; /* of the timer, CLOCK_MONOTONIC */
	sd_event_source *watch[PRODUCER_COUNT]; /* NULL: no folder yet */
};

static void wake_in(struct daemon *d, uint64_t us)
{
	uint64_t now = 0;

	if (sd_event_now(d->svc.event, CLOCK_MONOTONIC, &now) < 0)
		return;
	d->due = now + us;
	(void)sd_event_source_set_time(d->timer, d->due);
}

static int on_spool(sd_event_source *source, const struct inotify_event *event,
		    void *user)
{
	struct daemon *d = user;
	uint64_t now = 0;

	if ((event->mask & IN_IGNORED) !=
	    0) { /* the folder is gone; watch the next one */
		for (size_t i = 0; i < PRODUCER_COUNT; i++) {
			if (d->watch[i] == source)
				d->watch[i] = sd_event_source_disable_unref(source);
		}
		return 0;
	}
	if (sd_event_now(d->svc.event, CLOCK_MONOTONIC, &now) == 0 &&
	    d->due > now + GATHER_US)
		wake_in(d, GATHER_US);
	return 0;
}

static void watch_spools(struct daemon *d)
{
	for (size_t i = 0; i < PRODUCER_COUNT; i++) {
		if (d->watch[i] != NULL || d->ingest.source[i].dir[0] == '\0')
			continue;
		/* a folder that is not there yet is tried again by the next round */
		(void)sd_event_add_inotify(d->svc.event, &d->watch[i],
					   d->ingest.source[i].dir, WATCHED, on_spool, d);
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *user)
{
	struct daemon *d = user;
	int r;

	(void)source;
	(void)usec;
	watch_spools(d);
	r = ingest_step(&d->ingest);
	wake_in(d, r == 1 ? 0 : NET_US);
	return 0;
}

static int start_timer(struct daemon *d)
{
	int r = sd_event_add_time(d->svc.event, &d->timer, CLOCK_MONOTONIC, 0, 1000,
				  on_timer, d);

	/* questions go before batches: whoever asks waits for one batch at most */
	if (r >= 0)
		r = sd_event_source_set_priority(d->timer, SD_EVENT_PRIORITY_IDLE);
	return r < 0 ? r : sd_event_source_set_enabled(d->timer, SD_EVENT_ON);
}

int main(int argc, char **argv)
{
	static struct daemon d;
	char spool[PATH_TEXT_MAX], records[PATH_TEXT_MAX];
	struct ipc_server *server = NULL;
	int fd = -1, status;

	status = svc_start(&d.svc, "recordd", argc, argv);
	if (status != 0)
		return status;
	if (svc_path(&d.svc, PATH_SPOOL, spool) < 0 ||
	    svc_path(&d.svc, PATH_RECORDS, records) < 0 ||
	    ingest_init(&d.ingest, spool, records) < 0 ||
	    svc_listen(&d.svc, PATH_SOCK_RECORDD, &fd) < 0)
		return EXIT_FAILURE;
	svc_seal(&d.svc, 0);
	d.serve = (struct serve){ .svc = &d.svc, .ingest = &d.ingest };
	if (start_timer(&d) < 0 ||
	    ipc_server_new(d.svc.event, fd, &d.svc.roles, serve_permits,
			   serve_permit_count, &d.serve, &server) < 0) {
		log_err("recordd", "cannot start its loop");
		return EXIT_FAILURE;
	}
	status = svc_run(&d.svc);
	ipc_server_free(server);
	ingest_close(&d.ingest);
	(void)close(fd);
	return status;
}
