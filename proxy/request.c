/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client's request: read, understood, decided (see conn.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/mem.h"
#include "lib/str.h"
#include "proxy/conn.h"
#include "proxy/page.h"
#include "proxy/rewrite.h"
#include "proxy/target.h"

struct request {
	struct http1_head head;
	struct target target;
};

/* What the record keeps of the path, unless that was cut. */
static const char *whole_path(const struct conn *c)
{
	size_t len = strlen(c->facts.detail);

	return len + 1 < sizeof(c->facts.detail) ? c->facts.detail : NULL;
}

struct decide_question request_question(const struct conn *c, int64_t now_s)
{
	return (struct decide_question){
		.src = c->facts.src,
		.mark = c->mark,
		.now_s = now_s,
		.host = c->facts.host[0] != '\0' ? c->facts.host : NULL,
		.literal = c->literal,
		.port = c->facts.dst_port,
		.scheme = c->tunnel ? DECIDE_CONNECT : DECIDE_HTTP,
		.path = whole_path(c),
		.method = c->facts.method,
	};
}

static struct decide_answer judge(struct conn *c)
{
	struct decide_question q = request_question(c, wall_us() / 1000000);
	struct decide_answer a = decide(c->w->snap, &q);

	declog_note(&c->facts, &a);
	return a;
}

static void refuse_malformed(struct conn *c, int error)
{
	unsigned status = 400;

	if (error == -E2BIG || error == -EMSGSIZE)
		status = 431;
	else if (error == -EPROTONOSUPPORT)
		status = 505;
	else if (error == -EOPNOTSUPP)
		status = 501;
	else if (error == -ETIMEDOUT)
		status = 408;
	(void)judge(c); /* for the record: who it was */
	conn_refuse(c, REASON_BAD_REQUEST, status);
}

/* Method and path without the query, which may hold secrets. */
static void note_request(struct conn *c, const struct request *rq)
{
	struct http1_span path = rq->target.path;
	const char *query = path.len != 0 ? memchr(path.p, '?', path.len) : NULL;
	size_t len = query != NULL ? (size_t)(query - path.p) : path.len;

	(void)str_copy(c->facts.host, sizeof(c->facts.host), rq->target.host);
	c->facts.dst_port = rq->target.port;
	c->facts.dst = rq->target.addr;
	c->literal = rq->target.addr.family != 0;
	if (len >= sizeof(c->facts.detail))
		len = sizeof(c->facts.detail) - 1;
	if (len != 0)
		memcpy(c->facts.detail, path.p, len);
	c->facts.detail[len] = '\0';
}

static void note_method(struct conn *c, const struct http1_head *h)
{
	memcpy(c->facts.method, h->method.p, h->method.len);
	c->facts.method[h->method.len] = '\0';
	c->tunnel = strcmp(c->facts.method, "CONNECT") == 0;
	c->head_only = strcmp(c->facts.method, "HEAD") == 0;
	c->japanese = page_prefers_japanese(h);
}

static int parse(struct conn *c, size_t head_len, struct request *rq)
{
	const struct http1_head *h = &rq->head;
	int r = http1_parse_request(c->head, head_len, &rq->head);

	if (r < 0)
		return r;
	note_method(c, h);
	r = c->tunnel ? target_parse_authority(h->target, &rq->target)
		      : target_parse_absolute(h->target, &rq->target);
	if (r < 0)
		return r;
	note_request(c, rq);
	/* two names in one request are a way of talking round the decision */
	if (h->host.p != NULL && !target_host_is(&rq->target, h->host))
		return -EBADMSG;
	/* RFC 9110 9.3.6: CONNECT has no content */
	if (c->tunnel && (h->chunked || h->length != 0))
		return -EBADMSG;
	return 0;
}

static int prepare_exchange(struct conn *c, const struct request *rq)
{
	size_t max = HTTP1_REQUEST_HEAD_MAX + REWRITE_GROWTH_MAX, len;
	CLEANUP(free_p) char *text = malloc(max);
	int r;

	if (text == NULL)
		return -ENOMEM;
	r = exchange_new(&rq->head, &c->exchange);
	if (r == 0)
		r = rewrite_request(&rq->head, &rq->target, text, max, &len);
	if (r == 0)
		r = tunnel_queue(&c->up, text, len);
	if (r < 0)
		return r;
	c->up.bytes = len;
	c->up.filter = exchange_up;
	c->up.keep_open = true; /* many origins take a half-close for an abort */
	c->down.filter = exchange_down;
	c->up.user = c->down.user = c->exchange;
	c->up.ended = c->exchange->up.done;
	c->down.keep_open = true; /* DRAIN closes */
	return 0;
}

/* What came behind the head already. */
static int prepare_rest(struct conn *c, size_t head_len)
{
	const char *rest = c->head + head_len;
	struct tunnel_out out = { .p = rest, .len = c->head_len - head_len };
	int r;

	if (out.len == 0 || c->up.ended)
		return 0;
	if (c->exchange != NULL) {
		r = exchange_up(c->exchange, rest, out.len, &out);
		if (r < 0)
			return r;
	}
	c->up.ended = out.end;
	c->up.bytes += out.len;
	return tunnel_queue(&c->up, out.p, out.len);
}

static int prepare(struct conn *c, const struct request *rq, size_t head_len)
{
	int r = c->tunnel ? 0 : prepare_exchange(c, rq);

	if (r == 0)
		r = prepare_rest(c, head_len);
	free(c->head);
	c->head = NULL;
	return r;
}

static void begin(struct conn *c, size_t head_len)
{
	struct request rq = { 0 };
	struct decide_answer a;
	int r = parse(c, head_len, &rq);

	if (r < 0) {
		refuse_malformed(c, r);
		return;
	}
	a = judge(c);
	if (!a.allowed) {
		conn_refuse(c, a.reason, page_status(a.reason));
		return;
	}
	c->reason = a.reason;
	c->until = a.until;
	worker_note_until(c->w, c->until);
	r = prepare(c, &rq, head_len);
	if (r == -ENOMEM)
		conn_refuse(c, REASON_OVERLOAD, 503);
	else if (r < 0)
		refuse_malformed(c, r);
	else
		dial_start(c);
}

/* RFC 9112 2.2: one empty line in front of the request is stepped over. */
static bool skip_empty_line(struct conn *c, ssize_t end)
{
	if (end != 2)
		return false;
	c->head_len -= 2;
	memmove(c->head, c->head + 2, c->head_len);
	c->head_scan = 0;
	return true;
}

static void look(struct conn *c)
{
	ssize_t end = http1_head_end(c->head, c->head_len, &c->head_scan);

	if (skip_empty_line(c, end))
		end = http1_head_end(c->head, c->head_len, &c->head_scan);
	if (end > 0)
		begin(c, (size_t)end);
	else if (end < 0)
		refuse_malformed(c, (int)end);
	else if (c->head_len == HTTP1_REQUEST_HEAD_MAX)
		refuse_malformed(c, -EMSGSIZE);
}

void request_read(struct conn *c)
{
	ssize_t n;

	if (c->head == NULL)
		c->head = malloc(HTTP1_REQUEST_HEAD_MAX);
	if (c->head == NULL) {
		conn_refuse(c, REASON_OVERLOAD, 503);
		return;
	}
	n = recv(c->client, c->head + c->head_len, HTTP1_REQUEST_HEAD_MAX - c->head_len,
		 MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		c->head_len += (size_t)n;
		look(c);
	} else if (c->head_len != 0) {
		refuse_malformed(c, -EBADMSG);
	} else {
		conn_end(c, REASON_CLOSED); /* nothing was asked: nothing to record */
	}
}

void request_timeout(struct conn *c)
{
	if (c->head_len != 0)
		refuse_malformed(c, -ETIMEDOUT);
	else
		conn_end(c, REASON_CLOSED);
}
