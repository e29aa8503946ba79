/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/answers.h"

#include <errno.h>
#include <string.h>

#include "lib/host.h"
#include "lib/str.h"
#include "proxy/decide.h"
#include "proxy/local.h"
#include "proxy/localpage.h"

static bool texts_ok(const struct proto_decide *m)
{
	return proto_str_ok(m->zone, sizeof(m->zone)) &&
	       proto_str_ok(m->user, sizeof(m->user)) &&
	       proto_str_ok(m->method, sizeof(m->method)) &&
	       proto_str_ok(m->host, sizeof(m->host)) &&
	       proto_str_ok(m->path, sizeof(m->path));
}

static int refuse(struct proto_decide_reply *reply, int error, const char *why)
{
	reply->code = error;
	(void)str_copy(reply->text, sizeof(reply->text), why);
	return error;
}

/* The host in its one normal form. */
static int read_host(const char *text, char host[HOST_MAX + 1], bool *ret_literal)
{
	struct addr a;

	*ret_literal = addr_parse(text, &a) == 0;
	if (!*ret_literal)
		return host_normalise(text, host);
	addr_format(a, host);
	return 0;
}

static const struct policy_zone *find_zone(const struct snapshot *snap, const char *name)
{
	const struct policy *p = snap->rev->policy;

	for (size_t i = 0; i < p->zone_count; i++) {
		if (strcmp(p->zone[i].name, name) == 0)
			return &p->zone[i];
	}
	return NULL;
}

/* Whom the question is about. */
static int read_client(const struct snapshot *snap, const struct proto_decide *m,
		       struct decide_question *q, struct proto_decide_reply *reply)
{
	q->mark = m->mark;
	if (m->addr_family != 0) {
		q->src.family = m->addr_family;
		memcpy(q->src.bytes, m->addr, m->addr_family == 4 ? 4 : 16);
		q->src = addr_unmap(q->src);
		return 0;
	}
	if (snap == NULL)
		return 0;
	q->as_zone = find_zone(snap, m->zone);
	return q->as_zone != NULL ? 0 : refuse(reply, -ENOENT, "no such zone");
}

static int read_question(const struct proto_decide *m, char host[HOST_MAX + 1],
			 struct decide_question *q, struct proto_decide_reply *reply)
{
	if (read_host(m->host, host, &q->literal) < 0)
		return refuse(reply, -EINVAL, "not a host name or address");
	if (m->port == 0)
		return refuse(reply, -EINVAL, "not a port");
	q->host = host;
	q->port = m->port;
	q->user = m->user;
	if (m->scheme == PROTO_SCHEME_HTTPS) {
		q->scheme = DECIDE_CONNECT;
		return 0;
	}
	if (m->path[0] != '/' || m->method[0] == '\0')
		return refuse(reply, -EINVAL, "no path or no method");
	q->scheme = DECIDE_HTTP;
	q->path = m->path;
	q->method = m->method;
	return 0;
}

static void note(struct proto_decide_reply *reply, const struct decide_question *q,
		 const struct decide_answer *a)
{
	reply->allowed = a->allowed ? 1 : 0;
	reply->reason = (uint16_t)a->reason;
	reply->would = (uint16_t)a->hidden;
	reply->revision = a->revision;
	(void)str_copy(reply->rule, sizeof(reply->rule), a->rule);
	(void)str_copy(reply->list, sizeof(reply->list), a->list);
	(void)str_copy(reply->zone, sizeof(reply->zone), a->zone);
	if (a->expired)
		(void)str_copy(reply->text, sizeof(reply->text),
			       "the permit's time is over");
	else if (q->scheme == DECIDE_HTTP && q->port == LOCAL_PORT &&
		 strcmp(q->host, LOCALPAGE_HOST) == 0)
		(void)str_copy(
			reply->text, sizeof(reply->text),
			"the proxy answers this itself, to clients that may use it");
}

int answers_decide(const struct snapshot *snap, const struct proto_decide *m,
		   int64_t now_s, struct proto_decide_reply *ret_reply)
{
	struct decide_question q = { .now_s = m->time_s != 0 ? m->time_s : now_s };
	struct proto_decide_reply reply;
	struct decide_answer a;
	char host[HOST_MAX + 1];

	if (!texts_ok(m) ||
	    (m->addr_family != 0 && m->addr_family != 4 && m->addr_family != 6) ||
	    (m->scheme != PROTO_SCHEME_HTTP && m->scheme != PROTO_SCHEME_HTTPS))
		return -EBADMSG;
	memset(&reply, 0, sizeof(reply));
	if (read_question(m, host, &q, &reply) == 0 &&
	    read_client(snap, m, &q, &reply) == 0) {
		a = decide(snap, &q);
		note(&reply, &q, &a);
	}
	*ret_reply = reply;
	return 0;
}
