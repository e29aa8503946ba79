/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/service.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/str.h"
#include "proxy/answers.h"
#include "proxy/engine.h"
#include "proxy/handover.h"
#include "proxy/keepfd.h"
#include "proxy/listener.h"
#include "proxy/scrape.h"
#include "proxy/takeover.h"
#include "proxy/tunnels.h"

#define AREA      "proxyd"
#define ACTIVATED "proxy" /* name of a handed-in listening socket */

#define SAVE_EVERY_US  (30 * 1000000ull)
#define TRIAL_MIN_S    10
#define TRIAL_MAX_S    86400
#define TRIAL_AGAIN_US 1000000u

struct service {
	struct svc *svc;
	char revisions[PATH_TEXT_MAX];
	struct spool *spool;
	struct engine *engine;
	struct snapshot *snap; /* a reference; NULL: no policy */
	struct snapshot *before; /* a reference; what comes back after a trial */
	sd_event_source *trial; /* owned; NULL: nothing is on trial */
	bool locked;
	int listener; /* -1: the policy has no proxy, or no policy */
	uint16_t port;
	int activated; /* handed in and not in use; -1: none */
	int control; /* listening socket */
	struct ipc_server *ipc;
	int metrics; /* listening socket */
	char tunnels[PATH_TEXT_MAX]; /* what is left of them for the next proxyd */
	sd_event_source *tick; /* what has to be done now and then */
	struct scrape *scrape;
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

/* A handed-in socket is used when it has that port (0: any). */
static bool take_activated(struct service *s, uint16_t port, int *ret_fd)
{
	uint16_t has;

	if (s->activated < 0 || listener_port_of(s->activated, &has) < 0 ||
	    (port != 0 && has != port) || fcntl(s->activated, F_SETFL, O_NONBLOCK) == -1)
		return false;
	*ret_fd = steal_fd(&s->activated);
	return true;
}

/* The listening socket for this policy: the one there is, a new one, or none (-1). */
static int next_listener(struct service *s, const struct policy_proxy *p, int *ret_fd)
{
	*ret_fd = -1;
	if (!p->present)
		return 0;
	if (s->listener != -1 && s->port == p->port) {
		*ret_fd = s->listener;
		return 0;
	}
	return take_activated(s, p->port, ret_fd) ? 0 : listener_open(p->port, ret_fd);
}

/* Accept from fd and from no other. */
static int change_listener(struct service *s, int fd, uint16_t port)
{
	int r;

	if (fd == s->listener)
		return 0;
	engine_ignore(s->engine);
	r = fd != -1 ? engine_listen(s->engine, fd) : 0;
	if (r < 0) {
		if (s->listener != -1 && engine_listen(s->engine, s->listener) < 0)
			log_err(AREA, "the port before cannot be served any more");
		return r;
	}
	close_p(&s->listener);
	s->listener = fd;
	s->port = port;
	/* what was handed in for another port is in nobody's use, and would not be served */
	close_p(&s->activated);
	if (fd != -1)
		keepfd_store(ACTIVATED, fd);
	else
		keepfd_forget(ACTIVATED);
	return 0;
}

static int refuse_revision(const struct diags *diags, int error,
			   char text[PROTO_TEXT_MAX])
{
	(void)diag_print(diags, "revision", text, PROTO_TEXT_MAX);
	if (text[0] == '\0')
		(void)snprintf(text, PROTO_TEXT_MAX, "%s\n", strerror(-error));
	return error;
}

static int load_snapshot(struct service *s, uint64_t number, struct snapshot **ret_snap,
			 char text[PROTO_TEXT_MAX])
{
	struct diags diags = { 0 };
	struct revision *rev = NULL;
	struct allow_image *image = NULL;
	int r = revision_load_on(s->revisions, number,
				 s->snap != NULL ? s->snap->rev : NULL, &rev, &diags);

	if (r < 0)
		return refuse_revision(&diags, r, text);
	if (s->snap != NULL && rev->policy == s->snap->rev->policy) {
		r = snapshot_new_small(rev, s->snap, ret_snap);
		if (r < 0) {
			revision_free(rev);
			return refuse(text, r, "not enough memory for the revision");
		}
		return 0;
	}
	r = revision_open_image(s->revisions, rev, &image, &diags);
	if (r < 0) {
		revision_free(rev);
		return refuse_revision(&diags, r, text);
	}
	r = snapshot_new(rev, image, ret_snap);
	if (r < 0) {
		allow_image_free(image);
		revision_free(rev);
		return refuse(text, r, "not enough memory for the revision");
	}
	return 0;
}

/* Serve the port of this policy. */
static int listen_for(struct service *s, const struct policy_proxy *p,
		      char text[PROTO_TEXT_MAX])
{
	int fd = -1, r = next_listener(s, p, &fd);

	if (r == 0)
		r = change_listener(s, fd, p->port);
	if (r == 0)
		return 0;
	if (fd != s->listener)
		close_p(&fd);
	return refuse(text, r, "cannot listen on port %u: %s", (unsigned)p->port,
		      strerror(-r));
}

/*
 * Everything that can fail comes before anything is judged by snap, but for the first
 * one: who waits in the queue of a handed-in socket is not to be refused for want of
 * a policy. Returns how many connections were cut, or a negative errno and a text.
 */
static int put_in_force(struct service *s, struct snapshot *snap,
			char text[PROTO_TEXT_MAX])
{
	bool first = s->snap == NULL;
	bool same = !first && snap->rev->policy == s->snap->rev->policy;
	size_t cut = 0;
	/* what only has other permits needs no other resolvers, and no other port */
	int r = same ? 0 : engine_prepare(s->engine, snap);

	atomic_store(&snap->locked, s->locked);
	if (r < 0)
		return refuse(text, r, "cannot use the policy's resolvers: %s",
			      strerror(-r));
	if (first)
		cut = engine_use(s->engine, snap);
	r = same ? 0 : listen_for(s, &snap->rev->policy->proxy, text);
	if (r < 0) {
		if (first)
			(void)engine_use(s->engine, NULL);
		engine_unprepare(s->engine);
		return r;
	}
	if (!first)
		cut = engine_use(s->engine, snap);
	snapshot_unref(s->snap);
	s->snap = snap;
	return (int)cut;
}

/* Put in force (snap is taken over), or keep everything. Returns as put_in_force(). */
static int use(struct service *s, struct snapshot *snap, char text[PROTO_TEXT_MAX])
{
	uint64_t number = snap->rev->number;
	char line[96];
	int r = put_in_force(s, snap, text);

	if (r < 0) {
		snapshot_unref(snap);
		return r;
	}
	(void)snprintf(line, sizeof(line),
		       "revision %" PRIu64 " in force, %d connections cut", number, r);
	declog_service(&s->engine->sink, number, (uint32_t)r, line);
	log_info(AREA, "%s", line);
	return r;
}

/* What was on trial stays. */
static void end_trial(struct service *s)
{
	s->trial = sd_event_source_disable_unref(s->trial);
	snapshot_unref(s->before);
	s->before = NULL;
}

/* Back to what was before the trial. Returns as put_in_force(). */
static int go_back(struct service *s, char text[PROTO_TEXT_MAX])
{
	struct snapshot *before = s->before;
	int r;

	if (before != NULL) {
		r = use(s, snapshot_ref(before), text);
	} else {
		r = (int)engine_use(s->engine, NULL);
		snapshot_unref(s->snap);
		s->snap = NULL;
		declog_service(&s->engine->sink, 0, (uint32_t)r,
			       "no revision is in force again");
	}
	if (r >= 0)
		end_trial(s);
	return r;
}

static int on_time_over(sd_event_source *source, uint64_t usec, void *user)
{
	struct service *s = user;
	char text[PROTO_TEXT_MAX] = "";

	(void)usec;
	log_warn(AREA, "a revision was not confirmed: the one before comes back");
	if (go_back(s, text) >= 0)
		return 0;
	log_err(AREA, "cannot go back from a trial: %s", text);
	(void)sd_event_source_set_time_relative(source, TRIAL_AGAIN_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Before anything changes. *ret_timer is not running yet. */
static int new_timer(struct service *s, uint32_t confirm_s, sd_event_source **ret_timer,
		     char text[PROTO_TEXT_MAX])
{
	int r;

	*ret_timer = NULL;
	if (confirm_s == 0)
		return 0;
	if (confirm_s < TRIAL_MIN_S || confirm_s > TRIAL_MAX_S)
		return refuse(text, -EINVAL, "a trial takes 10 to 86400 seconds");
	if (s->locked)
		return refuse(text, -EBUSY,
			      "nothing can be tried while everything is locked");
	r = sd_event_add_time_relative(s->svc->event, ret_timer, CLOCK_MONOTONIC,
				       (uint64_t)confirm_s * 1000000, 1, on_time_over, s);
	return r < 0 ? refuse(text, r, "%s", strerror(-r)) : 0;
}

/* confirm_s: 0, or on trial for that long. Returns as put_in_force(). */
static int load(struct service *s, uint64_t number, uint32_t confirm_s,
		char text[PROTO_TEXT_MAX])
{
	sd_event_source *timer;
	struct snapshot *snap, *before;
	int r = new_timer(s, confirm_s, &timer, text);

	if (r < 0)
		return r;
	r = load_snapshot(s, number, &snap, text);
	/* what comes back is what was there before the first trial */
	before = snapshot_ref(s->trial != NULL ? s->before : s->snap);
	if (r == 0)
		r = use(s, snap, text);
	if (r < 0) {
		(void)sd_event_source_disable_unref(timer);
		snapshot_unref(before);
		return r;
	}
	end_trial(s);
	s->trial = timer;
	if (timer != NULL)
		s->before = before;
	else
		snapshot_unref(before);
	return r;
}

static int answer(struct ipc_peer *peer, struct proto_result *reply, int r)
{
	if (r < 0)
		reply->code = r;
	else
		reply->cut = (uint32_t)r;
	return ipc_reply(peer, PROTO_RESULT, reply, sizeof(*reply));
}

static int on_load(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct service *s = user;
	const struct proto_load *m = payload;
	struct proto_result reply = { 0 };
	int r;

	(void)len;
	r = load(s, m->number, m->confirm_s, reply.text);
	if (r < 0)
		log_err(AREA, "revision %" PRIu64 " refused: %s", m->number, reply.text);
	return answer(peer, &reply, r);
}

static bool is_on_trial(const struct service *s, const struct proto_trial *m,
			struct proto_result *reply)
{
	if (s->trial != NULL && s->snap != NULL && s->snap->rev->number == m->number)
		return true;
	(void)refuse(reply->text, -ESTALE, "this revision is not on trial (any more)");
	return false;
}

static int on_confirm(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct service *s = user;
	struct proto_result reply = { 0 };
	bool on = is_on_trial(s, payload, &reply);

	(void)len;
	if (on)
		end_trial(s);
	return answer(peer, &reply, on ? 0 : -ESTALE);
}

static int on_rollback(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct service *s = user;
	struct proto_result reply = { 0 };
	bool on = is_on_trial(s, payload, &reply);

	(void)len;
	return answer(peer, &reply, on ? go_back(s, reply.text) : -ESTALE);
}

/* The kernel keeps closed what this process, started again, would not know of. */
static int on_lockdown(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct service *s = user;
	const struct proto_lockdown *m = payload;
	struct proto_result reply = { 0 };
	char line[480];
	int r = 0;

	(void)len;
	if (m->on > 1 || !proto_str_ok(m->who, sizeof(m->who)) ||
	    !proto_str_ok(m->reason, sizeof(m->reason)) ||
	    !str_is_printable_utf8(m->who) || !str_is_printable_utf8(m->reason))
		return -EBADMSG;
	s->locked = m->on != 0;
	if (s->snap != NULL) {
		atomic_store(&s->snap->locked, s->locked);
		r = (int)engine_use(s->engine, s->snap);
	}
	if (s->locked && s->trial != NULL) /* a lockdown ends it, as in gated */
		r += go_back(s, reply.text);
	(void)snprintf(line, sizeof(line), "lockdown %s by %s: %s, %d connections cut",
		       s->locked ? "on" : "off", m->who, m->reason, r);
	declog_service(&s->engine->sink, s->snap != NULL ? s->snap->rev->number : 0,
		       (uint32_t)r, line);
	log_warn(AREA, "%s", line);
	return answer(peer, &reply, r);
}

static const char *what_is_wrong(const struct service *s, bool records)
{
	if (s->snap == NULL)
		return "no revision is loaded: every request is refused";
	if (s->locked)
		return "locked: every request is refused";
	if (!records)
		return "records cannot be written: every request is refused";
	if (!engine_own_known(s->engine))
		return "the gateway's own addresses are not known: every request is "
		       "refused";
	return "";
}

static int on_status(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct service *s = user;
	struct declog_sink *sink = &s->engine->sink;
	struct proto_status st = svc_status(s->svc);
	const char *wrong;
	bool records;

	(void)payload;
	(void)len;
	(void)pthread_mutex_lock(&sink->lock);
	records = spool_state(sink->spool) == 0;
	st.records = sink->records;
	st.lost = sink->lost;
	(void)pthread_mutex_unlock(&sink->lock);
	wrong = what_is_wrong(s, records);
	st.revision = s->snap != NULL ? s->snap->rev->number : 0;
	st.ok = wrong[0] == '\0' ? 1 : 0;
	st.connections = (uint32_t)sources_total(s->engine->sources);
	(void)str_copy(st.text, sizeof(st.text), wrong);
	return ipc_reply(peer, PROTO_STATUS_REPLY, &st, sizeof(st));
}

static int on_decide(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct service *s = user;
	struct proto_decide_reply reply;
	int r = answers_decide(s->snap, payload, wall_us() / 1000000, &reply);

	(void)len;
	return r < 0 ? r : ipc_reply(peer, PROTO_DECIDE_REPLY, &reply, sizeof(reply));
}

static int on_tunnels(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct service *s = user;
	const struct proto_tunnels *m = payload;
	struct proto_tunnels_reply reply;

	(void)len;
	tunnels_list(s->engine, m->after, &reply);
	return ipc_reply(peer, PROTO_TUNNELS_REPLY, &reply, sizeof(reply));
}

static int on_cut(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct service *s = user;
	const struct proto_cut *m = payload;
	struct proto_result reply = { 0 };

	(void)len;
	if (!proto_str_ok(m->who, sizeof(m->who)) || !str_is_printable_utf8(m->who))
		return -EBADMSG;
	reply.code = tunnels_cut(s->engine, m->conn, m->who);
	reply.cut = reply.code == 0 ? 1 : 0;
	if (reply.code < 0)
		(void)refuse(reply.text, reply.code, "no such connection is open");
	return ipc_reply(peer, PROTO_RESULT, &reply, sizeof(reply));
}

static int on_sign_out(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct service *s = user;
	const struct proto_sign_out *m = payload;
	struct proto_result reply = { 0 };

	(void)len;
	if (!proto_str_ok(m->login, sizeof(m->login)))
		return -EBADMSG;
	reply.cut = (uint32_t)engine_sign_out(s->engine, m->login);
	return ipc_reply(peer, PROTO_RESULT, &reply, sizeof(reply));
}

static const struct ipc_permit permits[] = {
	{ PROTO_TUNNELS, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_tunnels), on_tunnels },
	{ PROTO_CUT, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_cut), on_cut },
	{ PROTO_LOAD_REVISION, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_load), on_load },
	{ PROTO_CONFIRM, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_trial), on_confirm },
	{ PROTO_ROLLBACK, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_trial), on_rollback },
	{ PROTO_LOCKDOWN, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_lockdown),
	  on_lockdown },
	{ PROTO_STATUS, IPC_MGMTD | IPC_ROOT, 0, on_status },
	{ PROTO_DECIDE, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_decide), on_decide },
	{ PROTO_SIGN_OUT, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_sign_out),
	  on_sign_out },
};

/* The revision in force decides how many workers there are; without one, the machine. */
static int start_engine(struct service *s, struct snapshot *snap)
{
	const struct policy_proxy *p = snap != NULL ? &snap->rev->policy->proxy : NULL;

	return engine_new(s->spool, p != NULL && p->present ? p->workers : 0, &s->engine);
}

/*
 * With snap, or without (r and text say why). Then a handed-in socket is served all
 * the same: with refusals.
 */
static int start_serving(struct service *s, struct snapshot *snap, int r,
			 char text[PROTO_TEXT_MAX])
{
	uint16_t port;
	int fd;

	if (snap != NULL)
		r = use(s, snap, text);
	if (r >= 0)
		return 0;
	log_warn(AREA,
		 "no revision to start with (%s): refusing everything until one comes",
		 text[0] != '\0' ? text : strerror(-r));
	if (!take_activated(s, 0, &fd))
		return 0;
	r = listener_port_of(fd, &port);
	return r < 0 ? r : change_listener(s, fd, port);
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

static int open_control(struct service *s)
{
	int r = svc_listen(s->svc, PATH_SOCK_PROXYD, &s->control);

	if (r < 0)
		return r;
	return ipc_server_new(s->svc->event, s->control, &s->svc->roles, permits,
			      ARRAY_LEN(permits), s, &s->ipc);
}

static void on_scrape(void *user, struct proxy_metrics *m)
{
	const struct service *s = user;

	engine_measure(s->engine, m);
	m->start_s = (uint64_t)(s->svc->started_us / 1000000);
	if (s->snap == NULL)
		return;
	m->revision = s->snap->rev->number;
	m->entries = allow_image_entries(s->snap->image);
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
	const struct policy_proxy *p =
		s->snap != NULL ? &s->snap->rev->policy->proxy : NULL;

	return p != NULL && p->present && p->restart == POLICY_RESTART_KEEP;
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
	int loaded, r = svc_path(s->svc, PATH_REVISIONS, s->revisions);

	if (r >= 0)
		r = open_spool(s);
	if (r < 0)
		return r;
	loaded = load_snapshot(s, 0, &snap, text);
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
	s->activated = svc_activated(ACTIVATED);
	r = start_serving(s, snap, loaded, text);
	if (r >= 0)
		r = take_over(s);
	if (r >= 0)
		r = open_control(s);
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
		.listener = -1,
		.activated = -1,
		.control = -1,
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
	end_trial(s);
	scrape_free(s->scrape);
	ipc_server_free(s->ipc);
	engine_free(s->engine);
	snapshot_unref(s->snap);
	spool_close(s->spool);
	close_p(&s->listener);
	close_p(&s->control);
	close_p(&s->metrics);
	close_p(&s->activated);
	free(s);
}
