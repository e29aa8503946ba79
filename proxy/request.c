/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's request: read, understood, decided (see conn.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "proxy/conn.h"
#include "proxy/engine.h"
#include "proxy/judge.h"
#include "proxy/local.h"
#include "proxy/page.h"
#include "proxy/reply.h"
#include "proxy/rewrite.h"
#include "proxy/signin.h"
#include "proxy/target.h"
#include "proxy/transparent.h"

/* No origin is contacted and nothing passes, so nothing is recorded. */
#define OPTIONS_ANSWER \
	"HTTP/1.1 200 OK\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS, CONNECT\r\n" \
	"Content-Length: 0\r\nConnection: close\r\n\r\n"

/* A request as it was read; spans point into the connection's or the worker's bytes. */
struct parsed {
	struct http1_head head;
	struct target target; /* no host: addressed to the proxy itself */
	enum local_kind local;
};

int request_begin(struct conn *c)
{
	struct worker *w = c->w;

	c->rq = spares_take(&w->requests, sizeof(*c->rq));
	if (c->rq == NULL)
		return -ENOMEM;
	memset(c->rq, 0, sizeof(*c->rq));
	c->id = atomic_fetch_add(&w->engine->next_conn, 1);
	c->rq->facts.conn = c->id;
	c->signed_in = false;
	c->rq->facts.src = c->src;
	c->rq->facts.src_port = c->src_port;
	return 0;
}

static unsigned status_of(int error)
{
	switch (error) {
	case -E2BIG:
	case -EMSGSIZE:
		return 431;
	case -EPROTONOSUPPORT:
		return 505;
	case -EOPNOTSUPP:
		return 501;
	case -ETIMEDOUT:
		return 408;
	default:
		return 400;
	}
}

static void refuse(struct conn *c, unsigned status)
{
	(void)judge_note(c); /* for the record: who it was */
	reply_refuse(c, REASON_BAD_REQUEST, status);
}

static void refuse_malformed(struct conn *c, int error)
{
	refuse(c, status_of(error));
}

/* Method and path without the query, which may hold secrets. */
static int note_request(struct conn *c, const struct parsed *p)
{
	struct declog_facts *f = &c->rq->facts;
	struct http1_span path = p->target.path;
	const char *query = path.len != 0 ? memchr(path.p, '?', path.len) : NULL;
	size_t len = query != NULL ? (size_t)(query - path.p) : path.len;

	(void)str_copy(f->host, sizeof(f->host), p->target.host);
	f->dst_port = p->target.port;
	f->dst = p->target.addr;
	c->rq->literal = p->target.addr.family != 0;
	if (c->rq->tunnel)
		return 0;
	c->rq->path = strndup(path.len != 0 ? path.p : "/", path.len != 0 ? path.len : 1);
	if (c->rq->path == NULL)
		return -ENOMEM;
	if (len >= sizeof(f->detail))
		len = sizeof(f->detail) - 1;
	if (len != 0)
		memcpy(f->detail, path.p, len);
	f->detail[len] = '\0';
	return 0;
}

static void note_method(struct conn *c, const struct http1_head *h)
{
	struct request *rq = c->rq;

	memcpy(rq->facts.method, h->method.p, h->method.len);
	rq->facts.method[h->method.len] = '\0';
	rq->tunnel = http1_method_is(h, "CONNECT");
	rq->head_only = http1_method_is(h, "HEAD");
	rq->japanese = page_prefers_japanese(h);
	/* RFC 9112 9.3.1: what cannot be repeated needs a connection that is surely there */
	rq->fresh = !(http1_method_is(h, "GET") || rq->head_only) || h->chunked ||
		    h->length != 0;
}

/* What is well-formed and yet not served: the status to refuse it with, or 0. */
static unsigned check_semantics(const struct conn *c, const struct parsed *p)
{
	const struct http1_head *h = &p->head;
	const struct http1_field *expect = http1_find(h, HTTP1_EXPECT);
	unsigned forwards;

	/* two names in one request are a way of talking round the decision */
	if (p->target.host[0] != '\0' && h->host.p != NULL &&
	    !target_host_is(&p->target, h->host))
		return 400;
	if (p->local != LOCAL_NONE)
		return local_check(p->local, h);
	/* RFC 9110 9.3.6: CONNECT has no content */
	if (c->rq->tunnel && (h->chunked || h->length != 0))
		return 400;
	if (rewrite_max_forwards(h, &forwards) < 0)
		return 400;
	/* it would show scripts the fields that they must not see */
	if (http1_method_is(h, "TRACE"))
		return 405;
	if (expect != NULL && !http1_span_is(expect->value, "100-continue"))
		return 417;
	return 0;
}

/* A client that was redirected names the site in Host, and knows no CONNECT. */
static int parse_target(const struct conn *c, struct parsed *p)
{
	struct http1_span text = p->head.target;
	bool redirected = c->meant_port != 0;
	int r;

	p->local = LOCAL_NONE;
	if (c->rq->tunnel)
		return redirected ? -EBADMSG : target_parse_authority(text, &p->target);
	if (!redirected)
		p->local = local_of_path(text);
	if (p->local != LOCAL_NONE) {
		p->target = (struct target){ .path = text };
		return 0;
	}
	r = redirected && text.len != 0 && text.p[0] == '/'
		    ? target_parse_origin(text, p->head.host, &p->target)
		    : target_parse_absolute(text, &p->target);
	if (r == 0)
		p->local = local_of_target(&p->target);
	return r;
}

static int parse(struct conn *c, const char *data, size_t len, struct parsed *p)
{
	int r = http1_parse_request(data, len, &p->head);

	if (r < 0)
		return r;
	note_method(c, &p->head);
	if (!c->rq->tunnel)
		exchange_begin(&c->rq->exchange, &p->head);
	r = parse_target(c, p);
	return r == 0 ? note_request(c, p) : r;
}

/* The request as it goes on, with what there is of its body; what follows is kept. */
static int prepare_plain(struct conn *c, const struct parsed *p, const char *rest,
			 size_t len)
{
	size_t head_len;
	ssize_t used;
	int r = rewrite_request(&p->head, &p->target, c->w->out, sizeof(c->w->out),
				&head_len);

	if (r < 0)
		return r;
	used = exchange_up(&c->rq->exchange, rest, len);
	if (used < 0)
		return (int)used;
	r = flow_queue(&c->up, c->w->out, head_len);
	if (r == 0)
		r = flow_queue(&c->up, rest, (size_t)used);
	c->up.bytes = head_len + (size_t)used;
	return r == 0 ? conn_hold(c, rest + used, len - (size_t)used) : r;
}

/* OPTIONS that was to come no further than here (RFC 9110 7.6.2). */
static bool ends_here(const struct parsed *p)
{
	unsigned forwards;

	return rewrite_max_forwards(&p->head, &forwards) == 1 && forwards == 0;
}

/* data may be c->in, which is replaced by what follows the head. */
static int prepare(struct conn *c, const struct parsed *p, const char *rest, size_t len)
{
	char *was = c->in;
	int r;

	c->in = NULL;
	c->in_len = 0;
	r = c->rq->tunnel ? conn_hold(c, rest, len) : prepare_plain(c, p, rest, len);
	free(was);
	return r;
}

/*
 * True: the decision does not wait for a sign-in. False: the request was answered, or
 * waits. A browser asks for its configuration before it knows whom to sign in to.
 */
static bool has_signed_in(struct conn *c, const struct parsed *p, const char *data,
			  size_t head_len, size_t len)
{
	const struct snapshot *snap = c->w->snap;

	if (snap == NULL || snap->rev->policy->proxy.sign_in_count == 0 ||
	    p->local == LOCAL_PAC || judge_note(c).reason != REASON_SIGN_IN)
		return true;
	return signin_check(c, &p->head, data, head_len, len);
}

static void begin(struct conn *c, const char *data, size_t head_len, size_t len)
{
	struct parsed p; /* 5 KiB: set by parse() as far as it is used */
	int r = parse(c, data, head_len, &p);
	unsigned status = r < 0 ? status_of(r) : check_semantics(c, &p);

	if (status != 0) {
		refuse(c, status);
		return;
	}
	if (!has_signed_in(c, &p, data, head_len, len))
		return;
	if (p.local != LOCAL_NONE) {
		local_serve(c, p.local, &p.head, data + head_len, len - head_len);
		return;
	}
	if (!judge_admit(c))
		return;
	if (ends_here(&p)) {
		reply_say(c, OPTIONS_ANSWER, strlen(OPTIONS_ANSWER));
		return;
	}
	r = prepare(c, &p, data + head_len, len - head_len);
	if (r == -ENOMEM)
		reply_refuse(c, REASON_OVERLOAD, 503);
	else if (r < 0)
		refuse_malformed(c, r);
	else
		contact_start(c);
}

static void refuse_bytes(struct conn *c, int error)
{
	if (request_begin(c) < 0)
		conn_end(c, REASON_OVERLOAD);
	else
		refuse_malformed(c, error);
}

/*
 * Bytes from the beginning of a request on; kept: they are c->in, else they are kept
 * when the head is not whole.
 */
static void look(struct conn *c, const char *data, size_t len, bool kept)
{
	size_t scan = c->scan, skip = 0;
	ssize_t end = http1_head_end(data, len, &scan);

	if (end == 2) { /* RFC 9112 2.2: one empty line in front is stepped over */
		skip = 2;
		scan = 0;
		end = http1_head_end(data + skip, len - skip, &scan);
	}
	if (end > HTTP1_REQUEST_HEAD_MAX || (end == 0 && len >= HTTP1_REQUEST_HEAD_MAX)) {
		refuse_bytes(c, -EMSGSIZE);
	} else if (end < 0) {
		refuse_bytes(c, (int)end);
	} else if (end > 0) {
		c->scan = 0;
		if (request_begin(c) < 0)
			conn_end(c, REASON_OVERLOAD);
		else
			begin(c, data + skip, (size_t)end, len - skip);
	} else {
		c->scan = skip == 0 ? (uint32_t)scan : 0;
		if (!kept && conn_hold(c, data, len) < 0)
			conn_end(c, REASON_OVERLOAD);
	}
}

static void on_bytes(struct conn *c, const char *data, size_t len)
{
	if (c->in_len == 0) {
		conn_set_timer(c, conn_head_ms(c));
		look(c, data, len, false);
	} else if (conn_hold(c, data, len) < 0) {
		conn_end(c, REASON_OVERLOAD);
	} else {
		look(c, c->in, c->in_len, true);
	}
}

void request_read(struct conn *c)
{
	while (c->state == CONN_HEAD) {
		ssize_t n =
			flow_read(c->client, c->w->tools.chunk, HTTP1_REQUEST_HEAD_MAX);

		if (n == -EAGAIN)
			return;
		if (n > 0)
			on_bytes(c, c->w->tools.chunk, (size_t)n);
		else if (c->in_len != 0)
			refuse_bytes(c, -EBADMSG);
		else /* nothing was asked: nothing to record */
			conn_end(c, REASON_CLOSED);
	}
}

void request_await(struct conn *c)
{
	c->state = CONN_HEAD;
	c->scan = 0;
	c->until = 0;
	conn_set_timer(c, CONN_KEEP_MS);
	if (c->state == CONN_HEAD && c->in_len != 0) {
		conn_set_timer(c, conn_head_ms(c));
		look(c, c->in, c->in_len, true);
	}
	if (c->state == CONN_HEAD)
		request_read(c);
}

void request_resume(struct conn *c)
{
	conn_forget_request(c);
	c->state = CONN_HEAD;
	c->scan = 0;
	conn_set_timer(c, conn_head_ms(c));
	if (c->state != CONN_HEAD)
		return;
	c->answered = true;
	look(c, c->in, c->in_len, true);
	c->answered = false;
}

void request_timeout(struct conn *c)
{
	if (c->in_len != 0) {
		c->w->metrics.limits[METRICS_LIMIT_HEAD_TIME]++;
		refuse_bytes(c, -ETIMEDOUT);
	} else {
		conn_end(c, REASON_CLOSED);
	}
}
