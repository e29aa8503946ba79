/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/mem.h"
#include "lib/str.h"
#include "proxy/listener.h"
#include "proxy/worker.h"

#define AREA            "proxyd"
#define ACTIVATED       "proxy" /* name of a handed-in listening socket */
#define HOUSEKEEPING_US 10000000u

struct service {
	struct svc *svc;
	char revisions[PATH_TEXT_MAX];
	struct declog log;
	struct worker *worker;
	struct listener *listener; /* NULL: the policy has no proxy, or no policy */
	int activated;
	int control; /* listening socket */
	struct ipc_server *ipc;
	sd_event_source *housekeeping;
};

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

/* The listener for this policy: the one there is, a new one, or none. */
static int next_listener(struct service *s, const struct policy_proxy *p,
			 struct listener **ret_listener)
{
	*ret_listener = NULL;
	if (!p->present)
		return 0;
	if (s->listener != NULL && listener_port(s->listener) == p->port) {
		*ret_listener = s->listener;
		return 0;
	}
	return listener_new(s->svc->event, s->worker, p->port, &s->activated,
			    ret_listener);
}

static int load_snapshot(struct service *s, uint64_t number, struct snapshot **ret_snap,
			 char text[PROTO_TEXT_MAX])
{
	struct diags diags = { 0 };
	struct allow_image *image = NULL;
	struct revision *rev = NULL;
	int r = revision_load(s->revisions, number, &rev, &diags);

	if (r == 0 && (r = revision_open_image(s->revisions, rev, &image, &diags)) < 0)
		revision_free(rev);
	if (r < 0) {
		(void)diag_print(&diags, "revision", text, PROTO_TEXT_MAX);
		if (text[0] == '\0')
			(void)snprintf(text, PROTO_TEXT_MAX, "%s\n", strerror(-r));
		return r;
	}
	r = snapshot_new(rev, image, ret_snap);
	if (r < 0) {
		allow_image_free(image);
		revision_free(rev);
		return refuse(text, r, "not enough memory for the revision");
	}
	return 0;
}

/* Returns how many connections were cut, or a negative errno and a text. */
static int put_in_force(struct service *s, struct snapshot *snap,
			char text[PROTO_TEXT_MAX])
{
	const struct policy_proxy *p = &snap->rev->policy->proxy;
	struct listener *next;
	int r = next_listener(s, p, &next);

	if (r < 0)
		return refuse(text, r, "cannot listen on port %u: %s", (unsigned)p->port,
			      strerror(-r));
	r = worker_use(s->worker, snap);
	if (r < 0) {
		if (next != s->listener)
			listener_free(next);
		return refuse(text, r, "cannot use the policy's resolvers: %s",
			      strerror(-r));
	}
	if (next != s->listener)
		listener_free(s->listener);
	s->listener = next;
	return r;
}

/* Load and put in force, or keep everything as it is. Returns as put_in_force(). */
static int load(struct service *s, uint64_t number, char text[PROTO_TEXT_MAX])
{
	struct snapshot *snap;
	char line[96];
	int r = load_snapshot(s, number, &snap, text);

	if (r < 0)
		return r;
	number = snap->rev->number;
	r = put_in_force(s, snap, text);
	if (r < 0) {
		snapshot_unref(snap);
		return r;
	}
	(void)snprintf(line, sizeof(line),
		       "revision %" PRIu64 " in force, %d connections cut", number, r);
	declog_service(&s->log, number, (uint32_t)r, line);
	log_info(AREA, "%s", line);
	return r;
}

static int on_load(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct service *s = user;
	const struct proto_load *m = payload;
	struct proto_result reply = { 0 };
	int r;

	(void)len;
	r = load(s, m->number, reply.text);
	if (r < 0) {
		reply.code = r;
		log_err(AREA, "revision %" PRIu64 " refused: %s", m->number, reply.text);
	} else {
		reply.cut = (uint32_t)r;
	}
	return ipc_reply(peer, PROTO_RESULT, &reply, sizeof(reply));
}

static const char *what_is_wrong(const struct service *s)
{
	if (s->worker->snap == NULL)
		return "no revision is loaded: every request is refused";
	if (spool_state(s->log.spool) < 0)
		return "records cannot be written: every request is refused";
	if (!s->worker->own_known)
		return "the gateway's own addresses are not known: every request is "
		       "refused";
	return "";
}

static int on_status(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct service *s = user;
	struct proto_status st = svc_status(s->svc);
	const char *wrong = what_is_wrong(s);

	(void)payload;
	(void)len;
	st.revision = s->worker->snap != NULL ? s->worker->snap->rev->number : 0;
	st.ok = wrong[0] == '\0' ? 1 : 0;
	st.connections = (uint32_t)s->worker->live_count;
	st.records = s->log.records;
	st.lost = s->log.lost;
	(void)str_copy(st.text, sizeof(st.text), wrong);
	return ipc_reply(peer, PROTO_STATUS_REPLY, &st, sizeof(st));
}

static const struct ipc_permit permits[] = {
	{ PROTO_LOAD_REVISION, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_load), on_load },
	{ PROTO_STATUS, IPC_MGMTD | IPC_ROOT, 0, on_status },
};

static int on_housekeeping(sd_event_source *source, uint64_t usec, void *user)
{
	struct service *s = user;

	(void)usec;
	worker_refresh_own(s->worker);
	worker_flush_overloads(s->worker);
	(void)sd_event_source_set_time_relative(source, HOUSEKEEPING_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Without a revision a handed-in socket is served all the same: with refusals. */
static int start_serving(struct service *s)
{
	char text[PROTO_TEXT_MAX] = "";
	int r = load(s, 0, text);

	if (r >= 0)
		return 0;
	log_warn(AREA,
		 "no revision to start with (%s): refusing everything until one comes",
		 text[0] != '\0' ? text : strerror(-r));
	if (s->activated < 0)
		return 0;
	return listener_new(s->svc->event, s->worker, 0, &s->activated, &s->listener);
}

static int open_spool(struct service *s)
{
	char spool[PATH_TEXT_MAX];
	int r = svc_path(s->svc, PATH_SPOOL "/" AREA, spool);

	if (r < 0)
		return r;
	r = spool_open(spool, &s->log.spool);
	if (r < 0)
		log_err(AREA, "cannot open the spool %s: %s", spool, strerror(-r));
	return r;
}

static int open_control(struct service *s)
{
	int r = svc_listen(s->svc, PATH_SOCK_PROXYD, &s->control);

	if (r < 0)
		return r;
	return ipc_server_new(s->svc->event, s->control, &s->svc->roles, permits,
			      ARRAY_LEN(permits), s, &s->ipc);
}

static int start(struct service *s)
{
	int r = svc_path(s->svc, PATH_REVISIONS, s->revisions);

	if (r >= 0)
		r = open_spool(s);
	if (r >= 0)
		r = worker_new(s->svc->event, &s->log, &s->worker);
	if (r < 0)
		return r;
	declog_service(&s->log, 0, 0, "started");
	s->activated = svc_activated(ACTIVATED);
	r = start_serving(s);
	if (r >= 0)
		r = open_control(s);
	if (r >= 0)
		r = sd_event_add_time_relative(s->svc->event, &s->housekeeping,
					       CLOCK_MONOTONIC, HOUSEKEEPING_US, 0,
					       on_housekeeping, s);
	return r < 0 ? r : 0;
}

int service_new(struct svc *svc, struct service **ret_service)
{
	struct service *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return -ENOMEM;
	*s = (struct service){ .svc = svc, .activated = -1, .control = -1 };
	r = start(s);
	if (r < 0) {
		log_err(AREA, "cannot start: %s", strerror(-r));
		service_free(s);
		return r;
	}
	*ret_service = s;
	return 0;
}

void service_free(struct service *s)
{
	if (s == NULL)
		return;
	(void)sd_event_source_disable_unref(s->housekeeping);
	ipc_server_free(s->ipc);
	listener_free(s->listener);
	worker_free(s->worker);
	spool_close(s->log.spool);
	close_p(&s->control);
	close_p(&s->activated);
	free(s);
}
