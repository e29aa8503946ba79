/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sekisho-switchd - keeps what FreeRADIUS and hostapd read in step with the permits */
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#include "fw/switch/table.h"
#include "lib/log.h"
#include "lib/mem.h"
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

struct world {
	struct svc svc;
	struct table table;
	struct ipc_server *server;
	int listen_fd;
};

static int on_status(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct world *w = user;
	struct proto_status st = svc_status(&w->svc);

	(void)payload;
	(void)len;
	st.revision = w->table.revision != NULL ? w->table.revision->number : 0;
	st.connections = (uint32_t)w->table.cards;
	table_describe(&w->table, st.text, sizeof(st.text));
	st.ok = st.text[0] == '\0';
	return ipc_reply(peer, PROTO_STATUS_REPLY, &st, sizeof(st));
}

static const struct ipc_permit permits[] = {
	{ PROTO_STATUS, IPC_MGMTD | IPC_ROOT, 0, on_status },
};

/* Nobody is let in or kept out by it: the table is kept without it, too. */
static void serve(struct world *w)
{
	int r = svc_listen(&w->svc, PATH_SOCK_SWITCHD, &w->listen_fd);

	if (r == 0)
		r = ipc_server_new(w->svc.event, w->listen_fd, &w->svc.roles, permits,
				   ARRAY_LEN(permits), w, &w->server);
	if (r < 0)
		log_warn(AREA, "nobody can ask for the status: %s", strerror(-r));
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
	struct world w = { .listen_fd = -1 };
	int r = svc_start(&w.svc, "switchd", argc, argv);

	if (r != 0)
		return r;
	if (start(&w.svc, &w.table) < 0)
		return EXIT_FAILURE;
	serve(&w);
	svc_seal(&w.svc, 0);
	r = svc_run(&w.svc);
	ipc_server_free(w.server);
	close_p(&w.listen_fd);
	table_clear(&w.table);
	return r;
}
