/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/control.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/str.h"
#include "proxy/answers.h"
#include "proxy/tunnels.h"

#define AREA "proxyd"

struct control {
	struct svc *svc;
	struct inforce *inforce;
	int listener;
	struct ipc_server *ipc;
};

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
	const struct control *c = user;
	const struct proto_load *m = payload;
	struct proto_result reply = { 0 };
	int r;

	(void)len;
	r = inforce_load(c->inforce, m->number, m->confirm_s, reply.text);
	if (r < 0)
		log_err(AREA, "revision %" PRIu64 " refused: %s", m->number, reply.text);
	return answer(peer, &reply, r);
}

static bool is_on_trial(const struct control *c, const struct proto_trial *m,
			struct proto_result *reply)
{
	if (inforce_is_on_trial(c->inforce, m->number))
		return true;
	(void)str_copy(reply->text, sizeof(reply->text),
		       "this revision is not on trial (any more)");
	return false;
}

static int on_confirm(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct control *c = user;
	struct proto_result reply = { 0 };
	bool on = is_on_trial(c, payload, &reply);

	(void)len;
	if (on)
		inforce_confirm(c->inforce);
	return answer(peer, &reply, on ? 0 : -ESTALE);
}

static int on_rollback(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct control *c = user;
	struct proto_result reply = { 0 };
	bool on = is_on_trial(c, payload, &reply);

	(void)len;
	return answer(peer, &reply,
		      on ? inforce_go_back(c->inforce, reply.text) : -ESTALE);
}

/* Started again, this process knows of none until mgmtd says so; the kernel keeps closed. */
static int on_lockdown(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct control *c = user;
	const struct proto_lockdown *m = payload;
	struct proto_result reply = { 0 };
	char line[480];
	int r;

	(void)len;
	if (m->on > 1 || !proto_str_ok(m->who, sizeof(m->who)) ||
	    !proto_str_ok(m->reason, sizeof(m->reason)) ||
	    !str_is_printable_utf8(m->who) || !str_is_printable_utf8(m->reason))
		return -EBADMSG;
	r = inforce_lock(c->inforce, m->on != 0, reply.text);
	(void)snprintf(line, sizeof(line), "lockdown %s by %s: %s, %d connections cut",
		       m->on != 0 ? "on" : "off", m->who, m->reason, r);
	declog_service(&c->inforce->engine->sink, inforce_number(c->inforce), (uint32_t)r,
		       line);
	log_warn(AREA, "%s", line);
	return answer(peer, &reply, r);
}

static const char *what_is_wrong(const struct inforce *f, bool records)
{
	if (f->locked)
		return "locked: every request is refused"; /* mgmtd goes by the first word */
	if (f->snap == NULL)
		return "no revision is loaded: every request is refused";
	if (!records)
		return "records cannot be written: every request is refused";
	if (!engine_own_known(f->engine))
		return "the gateway's own addresses are not known: every request is "
		       "refused";
	return "";
}

static int on_status(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct control *c = user;
	struct engine *engine = c->inforce->engine;
	struct declog_sink *sink = &engine->sink;
	struct proto_status st = svc_status(c->svc);
	const char *wrong;
	bool records;

	(void)payload;
	(void)len;
	(void)pthread_mutex_lock(&sink->lock);
	records = spool_state(sink->spool) == 0;
	st.records = sink->records;
	st.lost = sink->lost;
	(void)pthread_mutex_unlock(&sink->lock);
	wrong = what_is_wrong(c->inforce, records);
	st.revision = inforce_number(c->inforce);
	st.ok = wrong[0] == '\0' ? 1 : 0;
	st.connections = (uint32_t)sources_total(engine->sources);
	(void)str_copy(st.text, sizeof(st.text), wrong);
	return ipc_reply(peer, PROTO_STATUS_REPLY, &st, sizeof(st));
}

static int on_decide(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct control *c = user;
	struct proto_decide_reply reply;
	int r = answers_decide(c->inforce->snap, payload, wall_us() / 1000000, &reply);

	(void)len;
	return r < 0 ? r : ipc_reply(peer, PROTO_DECIDE_REPLY, &reply, sizeof(reply));
}

static int on_tunnels(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct control *c = user;
	const struct proto_tunnels *m = payload;
	struct proto_tunnels_reply reply;

	(void)len;
	tunnels_list(c->inforce->engine, m->after, &reply);
	return ipc_reply(peer, PROTO_TUNNELS_REPLY, &reply, sizeof(reply));
}

static int on_cut(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct control *c = user;
	const struct proto_cut *m = payload;
	struct proto_result reply = { 0 };

	(void)len;
	if (!proto_str_ok(m->who, sizeof(m->who)) || !str_is_printable_utf8(m->who))
		return -EBADMSG;
	reply.code = tunnels_cut(c->inforce->engine, m->conn, m->who);
	reply.cut = reply.code == 0 ? 1 : 0;
	if (reply.code < 0)
		(void)str_copy(reply.text, sizeof(reply.text),
			       "no such connection is open");
	return ipc_reply(peer, PROTO_RESULT, &reply, sizeof(reply));
}

static int on_sign_out(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct control *c = user;
	const struct proto_sign_out *m = payload;
	struct proto_result reply = { 0 };

	(void)len;
	if (!proto_str_ok(m->login, sizeof(m->login)))
		return -EBADMSG;
	reply.cut = (uint32_t)engine_sign_out(c->inforce->engine, m->login);
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

int control_new(struct svc *svc, struct inforce *f, struct control **ret_control)
{
	struct control *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return -ENOMEM;
	*c = (struct control){ .svc = svc, .inforce = f, .listener = -1 };
	r = svc_listen(svc, PATH_SOCK_PROXYD, &c->listener);
	if (r >= 0)
		r = ipc_server_new(svc->event, c->listener, &svc->roles, permits,
				   ARRAY_LEN(permits), c, &c->ipc);
	if (r < 0) {
		control_free(c);
		return r;
	}
	*ret_control = c;
	return 0;
}

void control_free(struct control *c)
{
	if (c == NULL)
		return;
	ipc_server_free(c->ipc);
	close_p(&c->listener);
	free(c);
}
