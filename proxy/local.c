/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/local.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/allow/schedule.h"
#include "lib/mem.h"
#include "lib/str.h"
#include "proxy/clerk.h"
#include "proxy/conn.h"
#include "proxy/desk.h"
#include "proxy/engine.h"
#include "proxy/localform.h"
#include "proxy/localpage.h"
#include "proxy/pac.h"
#include "proxy/page.h"
#include "proxy/reply.h"

_Static_assert(DESK_TOKEN_SIZE - 1 <= LOCALPAGE_TOKEN_MAX, "a token fits the page");
_Static_assert(DESK_TOKEN_SIZE - 1 <= LOCALFORM_TOKEN_MAX, "a token fits the form");

/* Letter by letter: paths have case. */
static bool is(struct http1_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

enum local_kind local_of_path(struct http1_span target)
{
	return is(target, "/proxy.pac") || is(target, "/wpad.dat") ? LOCAL_PAC
								   : LOCAL_NONE;
}

enum local_kind local_of_target(const struct target *t)
{
	struct http1_span path = t->path;
	const char *query = path.len != 0 ? memchr(path.p, '?', path.len) : NULL;

	if (t->addr.family != 0 || t->port != LOCAL_PORT ||
	    strcmp(t->host, LOCALPAGE_HOST) != 0)
		return LOCAL_NONE;
	if (query != NULL)
		path.len = (size_t)(query - path.p);
	if (path.len == 0 || is(path, "/"))
		return LOCAL_PAGE;
	if (is(path, LOCALPAGE_ACTION))
		return LOCAL_FORM;
	return local_of_path(path) == LOCAL_PAC ? LOCAL_PAC : LOCAL_UNKNOWN;
}

unsigned local_check(enum local_kind kind, const struct http1_head *h)
{
	if (http1_method_is(h, "GET") || http1_method_is(h, "HEAD"))
		return 0;
	if (kind != LOCAL_FORM || !http1_method_is(h, "POST"))
		return 405;
	if (h->chunked)
		return 411;
	if (h->length > LOCALFORM_MAX)
		return 413;
	/* so short a body is not worth asking for (RFC 9110 10.1.1) */
	return http1_find(h, HTTP1_EXPECT) != NULL ? 417 : 0;
}

static int64_t now_s(const struct conn *c)
{
	return loop_wall_us(c->w->loop) / 1000000;
}

static struct denials_who who_of(const struct conn *c)
{
	struct denials_who who = { .addr = c->src };

	(void)str_copy(who.device, sizeof(who.device), c->rq->facts.device);
	return who;
}

/*
 * Who may not use the proxy at all is not served. A browser asks for its
 * configuration before it knows that there is a proxy to sign in at. Returns false
 * when it has answered.
 */
static bool may_ask(struct conn *c, enum local_kind kind)
{
	struct decide_question q = {
		.src = c->src,
		.mark = c->mark,
		.now_s = now_s(c),
		.user = c->signed_in ? c->rq->facts.user : NULL,
	};
	struct decide_answer a = decide(c->w->snap, &q);

	declog_note(&c->rq->facts, &a);
	if (a.reason == REASON_NOT_LISTED ||
	    (a.reason == REASON_SIGN_IN && kind == LOCAL_PAC))
		return true;
	reply_refuse(c, a.reason, page_status(a.reason));
	return false;
}

/* Takes text; error is what kept it from being written. */
static void say(struct conn *c, int error, char *text, size_t len)
{
	if (error < 0)
		reply_page(c, REASON_OVERLOAD, 503);
	else
		reply_say(c, text, len);
	free(text);
}

/* The address that the client has connected to. */
static struct addr local_address(const struct conn *c)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
	uint16_t port;

	if (getsockname(c->client->fd, (struct sockaddr *)&ss, &len) == -1)
		return (struct addr){ 0 };
	return addr_unmap(addr_from_sockaddr((const struct sockaddr *)&ss, &port));
}

static void say_pac(struct conn *c)
{
	const struct policy *policy = c->w->snap->rev->policy;
	struct pac p = {
		.policy = policy,
		.zone = snapshot_zone(c->w->snap, c->src),
		.local = local_address(c),
		.port = policy->proxy.port,
		.head_only = c->rq->head_only,
	};
	char *text = NULL;
	size_t len = 0;
	int r = pac_write(&p, &text, &len);

	say(c, r, text, len);
}

/* Times are those of the site's clock where that has one offset, else of UTC. */
static int offset_min(const struct snapshot *snap)
{
	int32_t offset_s = 0;

	if (snap != NULL &&
	    allow_schedule_zone(snap->rev->policy->timezone, &offset_s) < 0)
		return 0;
	return offset_s / 60;
}

static void say_page(struct conn *c, enum localpage_kind kind)
{
	struct denials_who who = who_of(c);
	struct denial list[DENIALS_A_DEVICE];
	char token[DESK_TOKEN_SIZE];
	struct localpage p = {
		.kind = kind,
		.denial = list,
		.token = token,
		.utc_offset_min = offset_min(c->w->snap),
		.japanese = c->rq->japanese,
		.head_only = c->rq->head_only,
	};
	char *text = NULL;
	size_t len = 0;
	int r;

	p.count = desk_list(c->w->engine->desk, &who, list);
	desk_token(c->w->engine->desk, &who, now_s(c), token);
	r = localpage_write(&p, &text, &len);
	say(c, r, text, len);
}

/* What mgmtd said, in the worker's thread. */
static void on_answered(void *user)
{
	struct clerk_order *o = user;
	struct conn *c = o->user;

	if (c != NULL) {
		c->rq->order = NULL;
		say_page(c, o->result == 0         ? LOCALPAGE_FILED
			    : o->result == -EEXIST ? LOCALPAGE_ALREADY
						   : LOCALPAGE_FAILED);
	}
	free(o);
}

static void fill(struct proto_site_request *m, const struct conn *c,
		 const struct localform *form, uint64_t reference)
{
	const struct declog_facts *f = &c->rq->facts;

	m->reference = reference;
	m->port = form->port;
	m->addr_family = c->src.family;
	memcpy(m->addr, c->src.bytes, sizeof(m->addr));
	(void)str_copy(m->device, sizeof(m->device), f->device);
	/* else it is whom the permit was given to, who need not be there */
	if (c->signed_in)
		(void)str_copy(m->user, sizeof(m->user), f->user);
	(void)str_copy(m->zone, sizeof(m->zone), f->zone);
	(void)str_copy(m->host, sizeof(m->host), form->host);
	(void)str_copy(m->purpose, sizeof(m->purpose), form->purpose);
}

/* Returns 0 or a negative errno: then nothing is under way. */
static int send_order(struct conn *c, const struct localform *form, uint64_t reference)
{
	struct clerk *clerk = c->w->engine->clerk;
	struct clerk_order *o;
	int r;

	if (clerk == NULL)
		return -ENOTCONN;
	o = calloc(1, sizeof(*o));
	if (o == NULL)
		return -ENOMEM;
	o->type = PROTO_SITE_REQUEST;
	o->src = c->src;
	fill(&o->ask, c, form, reference);
	o->loop = c->w->loop;
	o->post = (struct loop_post){ .fn = on_answered, .user = o };
	o->user = c;
	r = clerk_send(clerk, o);
	if (r < 0)
		free(o);
	else
		c->rq->order = o;
	return r;
}

/* Only what was refused to this very device can be asked for. */
static bool find_denial(const struct conn *c, const struct localform *form,
			uint64_t *ret_reference)
{
	struct denials_who who = who_of(c);
	struct denial list[DENIALS_A_DEVICE];
	size_t n = desk_list(c->w->engine->desk, &who, list);

	for (size_t i = 0; i < n; i++) {
		if (list[i].port != form->port || strcmp(list[i].host, form->host) != 0)
			continue;
		*ret_reference = list[i].reference;
		return localpage_can_ask(&list[i]);
	}
	return false;
}

/* The form is here as a whole. */
static void submit(struct conn *c)
{
	struct denials_who who = who_of(c);
	struct localform form;
	uint64_t reference;

	if (localform_parse(c->in != NULL ? c->in : "", c->in_len, &form) < 0 ||
	    !desk_token_ok(c->w->engine->desk, &who, now_s(c), form.token) ||
	    !find_denial(c, &form, &reference))
		say_page(c, LOCALPAGE_STALE);
	else if (send_order(c, &form, reference) < 0)
		say_page(c, LOCALPAGE_FAILED);
	else
		conn_set_timer(c, CONN_LOCAL_MS);
}

/* Bytes of the form; what follows it is not read, as the connection ends then. */
static void take(struct conn *c, const char *data, size_t len)
{
	ssize_t used = exchange_up(&c->rq->exchange, data, len);

	if (used < 0 || conn_hold(c, data, (size_t)used) < 0)
		conn_end(c, REASON_OVERLOAD);
	else if (c->rq->exchange.up.done)
		submit(c);
}

static void read_form(struct conn *c, const char *rest, size_t len)
{
	char *was = c->in; /* rest may be in it */

	c->in = NULL;
	c->in_len = 0;
	c->state = CONN_LOCAL;
	conn_set_timer(c, conn_head_ms(c));
	if (c->state == CONN_LOCAL)
		take(c, rest, len);
	free(was);
	if (c->state == CONN_LOCAL)
		local_event(c);
}

void local_serve(struct conn *c, enum local_kind kind, const struct http1_head *h,
		 const char *rest, size_t len)
{
	if (!may_ask(c, kind))
		return;
	switch (kind) {
	case LOCAL_PAC:
		say_pac(c);
		break;
	case LOCAL_FORM:
		if (http1_method_is(h, "POST"))
			read_form(c, rest, len);
		else
			say_page(c, LOCALPAGE_LIST);
		break;
	case LOCAL_PAGE:
		say_page(c, LOCALPAGE_LIST);
		break;
	case LOCAL_UNKNOWN:
	case LOCAL_NONE:
		say_page(c, LOCALPAGE_NOT_FOUND);
		break;
	}
}

void local_event(struct conn *c)
{
	while (c->state == CONN_LOCAL && c->rq->order == NULL) {
		ssize_t n = flow_read(c->client, c->w->tools.chunk, LOCALFORM_MAX);

		if (n == -EAGAIN)
			return;
		if (n > 0)
			take(c, c->w->tools.chunk, (size_t)n);
		else
			conn_end(c, REASON_CLOSED);
	}
	if (c->state == CONN_LOCAL && (c->client->ready & (EPOLLHUP | EPOLLERR)) != 0)
		conn_end(c, REASON_CLOSED);
}

void local_timeout(struct conn *c)
{
	if (c->rq->order == NULL) {
		reply_refuse(c, REASON_BAD_REQUEST, 408);
		return;
	}
	local_forget(c->rq);
	say_page(c, LOCALPAGE_FAILED);
}

void local_forget(struct request *rq)
{
	if (rq->order != NULL)
		rq->order->user = NULL;
	rq->order = NULL;
}

/* What somebody decided, and not what went wrong. */
static bool is_denial(enum reason reason)
{
	static const enum reason denials[] = {
		REASON_NOT_LISTED,    REASON_PORT,    REASON_METHOD, REASON_NOT_NOW,
		REASON_NOT_IN_PERMIT, REASON_ADDRESS, REASON_SNI,    REASON_NOT_TLS,
	};

	for (size_t i = 0; i < ARRAY_LEN(denials); i++) {
		if (denials[i] == reason)
			return true;
	}
	return false;
}

void local_note_denial(const struct conn *c, enum reason reason)
{
	const struct declog_facts *f = &c->rq->facts;
	struct denials_who who;
	struct denial d = {
		.time_us = loop_wall_us(c->w->loop),
		.reference = f->conn,
		.reason = reason,
		.port = f->dst_port,
	};

	/* browsers try our own page by HTTPS first: no site to ask for */
	if (!is_denial(reason) || f->host[0] == '\0' ||
	    strcmp(f->host, LOCALPAGE_HOST) == 0)
		return;
	who = who_of(c);
	(void)str_copy(d.host, sizeof(d.host), f->host);
	desk_note(c->w->engine->desk, &who, &d);
}
