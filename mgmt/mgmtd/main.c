/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sekisho-mgmtd: options, sockets, loss of privilege, wiring; nothing else */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/mono.h"
#include "lib/str.h"
#include "lib/svc.h"
#include "mgmt/mgmtd/app.h"
#include "mgmt/mgmtd/doors.h"
#include "mgmt/mgmtd/proxy_sign_in.h"
#include "mgmt/mgmtd/site_request.h"

#define WEB_DIR  "/usr/share/sekisho/web"
#define TICK_US  2000000
#define SIGHT_US 500000

struct daemon {
	struct svc svc;
	struct app app;
	struct web web;
	struct doors doors;
	int listen_fd;
	struct ipc_server *server;
	sd_event_source *tick, *sight;
};

static int on_sighting(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct daemon *d = user;
	struct proto_sighting m;

	(void)peer;
	memcpy(&m, payload, len);
	return sight_take(&d->app.sight, &m);
}

static int on_event(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct daemon *d = user;
	struct proto_event m;

	(void)peer;
	memcpy(&m, payload, len);
	return alarm_take(&d->app.alarms, &m);
}

static int on_site_request(struct ipc_peer *peer, const void *payload, size_t len,
			   void *user)
{
	struct daemon *d = user;
	struct proto_result reply = { 0 };
	int r = site_request_take(&d->app, payload, wall_us() / 1000000, &reply.code);

	(void)len;
	if (r < 0)
		return r;
	/* anybody on the network can bring about the other refusals */
	if (reply.code < 0 && reply.code != -EEXIST && reply.code != -EDQUOT &&
	    reply.code != -EINVAL)
		log_warn("mgmtd", "a device's request for a site was not filed: %s",
			 strerror(-reply.code));
	return ipc_reply(peer, PROTO_RESULT, &reply, sizeof(reply));
}

static int on_sign_in(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct daemon *d = user;
	struct proto_sign_in_reply reply;
	int r = proxy_sign_in(&d->app, payload, wall_us() / 1000000, &reply);

	(void)len;
	return r < 0 ? r : ipc_reply(peer, PROTO_SIGN_IN_REPLY, &reply, sizeof(reply));
}

static int on_status(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct daemon *d = user;
	struct proto_status st = svc_status(&d->svc);

	(void)payload;
	(void)len;
	st.ok = journal_state(&d->app.journal) == 0;
	st.revision = d->app.publisher.current;
	st.records = d->app.journal.written;
	st.lost = d->app.sight.lost + d->app.sight.refused + d->app.alarms.lost;
	if (st.ok == 0)
		(void)str_copy(st.text, sizeof(st.text), "records cannot be written");
	return ipc_reply(peer, PROTO_STATUS_REPLY, &st, sizeof(st));
}

static const struct ipc_permit permits[] = {
	{ PROTO_SIGHTING, IPC_SENSORD, sizeof(struct proto_sighting), on_sighting },
	{ PROTO_EVENT, IPC_SENSORD, sizeof(struct proto_event), on_event },
	{ PROTO_STATUS, IPC_MGMTD | IPC_ROOT, 0, on_status },
	{ PROTO_SITE_REQUEST, IPC_PROXYD, sizeof(struct proto_site_request),
	  on_site_request },
	{ PROTO_SIGN_IN, IPC_PROXYD, sizeof(struct proto_sign_in), on_sign_in },
};

/* A timer is one-shot in sd-event: set it again, counted from now. */
static int again(sd_event_source *source, uint64_t us)
{
	int r = sd_event_source_set_time_relative(source, us);

	return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_tick(sd_event_source *source, uint64_t us, void *user)
{
	struct daemon *d = user;

	(void)us;
	app_tick(&d->app, wall_us() / 1000000);
	doors_update(&d->doors);
	return again(source, TICK_US);
}

static int on_sight(sd_event_source *source, uint64_t us, void *user)
{
	struct daemon *d = user;

	(void)us;
	app_take_sightings(&d->app);
	app_take_alarms(&d->app, wall_us() / 1000000);
	return again(source, SIGHT_US);
}

static int start(struct daemon *d)
{
	int r = svc_listen(&d->svc, PATH_SOCK_MGMTD, &d->listen_fd);

	if (r == 0)
		r = ipc_server_new(d->svc.event, d->listen_fd, &d->svc.roles, permits,
				   ARRAY_LEN(permits), d, &d->server);
	if (r >= 0)
		r = sd_event_add_time_relative(d->svc.event, &d->tick, CLOCK_MONOTONIC,
					       TICK_US / 4, 0, on_tick, d);
	if (r >= 0)
		r = sd_event_add_time_relative(d->svc.event, &d->sight, CLOCK_MONOTONIC,
					       SIGHT_US, 0, on_sight, d);
	return r < 0 ? r : doors_open(&d->doors, &d->svc, &d->app, &d->web);
}

static int run(struct daemon *d, const char *web_dir)
{
	int status = EXIT_FAILURE;

	svc_seal(&d->svc, 0);
	if (app_open(&d->app, d->svc.root) < 0)
		return EXIT_FAILURE;
	if (web_load(web_dir, &d->web) < 0)
		log_warn("mgmtd", "no user interface in %s", web_dir);
	if (start(d) >= 0)
		status = svc_run(&d->svc);
	doors_close(&d->doors);
	ipc_server_free(d->server);
	(void)sd_event_source_disable_unref(d->tick);
	(void)sd_event_source_disable_unref(d->sight);
	app_close(&d->app);
	web_free(&d->web);
	return status;
}

/* Take --web DIR out of the arguments; the rest is every daemon's. */
static const char *take_web(int *argc, char **argv)
{
	const char *dir = WEB_DIR;
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--web") == 0 && i + 1 < *argc)
			dir = argv[++i];
		else
			argv[kept++] = argv[i];
	}
	argv[kept] = NULL;
	*argc = kept;
	return dir;
}

int main(int argc, char **argv)
{
	static struct daemon d; /* the ring of sightings is no thing for a stack */
	const char *web_dir = take_web(&argc, argv);
	int r = svc_start(&d.svc, "mgmtd", argc, argv);

	return r != 0 ? r : run(&d, web_dir);
}
