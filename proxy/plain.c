/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plain request and its response, with the origin connected (see conn.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/conn.h"
#include "proxy/engine.h"
#include "proxy/limit.h"
#include "proxy/reply.h"

#define BUDGET (512 * 1024) /* bytes moved in one go */

static void fail(struct conn *c, int error)
{
	conn_end(c,
		 error == -ECONNRESET || error == -EPIPE ? REASON_CLOSED : REASON_ERROR);
}

/* What is wrong is the client's; while it has heard nothing, it is told. */
static void fail_client(struct conn *c, int error)
{
	if (error == -EBADMSG && c->down.bytes == 0) {
		conn_record_close(c, REASON_BAD_REQUEST);
		reply_page(c, REASON_BAD_REQUEST, 400);
	} else {
		fail(c, error);
	}
}

int plain_remember(struct conn *c)
{
	struct request *rq = c->rq;

	rq->sent = malloc(c->up.rest_len);
	if (rq->sent == NULL)
		return -ENOMEM;
	memcpy(rq->sent, c->up.rest + c->up.rest_at, c->up.rest_len);
	rq->sent_len = c->up.rest_len;
	return 0;
}

/*
 * The kept connection ended just when it was used again (RFC 9112 9.3.1): the request
 * can be repeated, and is, over a new one.
 */
static bool ask_again(struct conn *c)
{
	struct request *rq = c->rq;

	if (rq->sent == NULL || c->down.bytes != 0 || rq->exchange.held_len != 0 ||
	    rq->exchange.interims != 0)
		return false;
	conn_record_close_as(c, REASON_ERROR,
			     "the kept connection had ended: asked again");
	conn_drop_origin(c, false);
	flow_clear(&c->up, &c->w->tools);
	c->up = (struct flow){ .rest = rq->sent,
			       .rest_len = (uint32_t)rq->sent_len,
			       .bytes = rq->sent_len };
	rq->sent = NULL;
	rq->fresh = true;
	rq->addr_count = 0;
	c->id = atomic_fetch_add(&c->w->engine->next_conn, 1);
	rq->facts.conn = c->id;
	contact_start(c);
	return true;
}

/* An origin that does not speak HTTP, or said nothing. */
static void fail_origin(struct conn *c, int error)
{
	if ((error == -EPROTO || error == -ECONNRESET) && ask_again(c))
		return;
	if (c->down.bytes == 0) {
		conn_record_close(c, REASON_ERROR);
		reply_page(c, REASON_ERROR, 502);
	} else {
		fail(c, error);
	}
}

/* The request's body: n bytes at data, of which those behind its end are kept. */
static int pass_up(struct conn *c, const char *data, size_t n)
{
	struct exchange *x = &c->rq->exchange;
	ssize_t used = exchange_up(x, data, n);
	int r;

	if (used < 0)
		return (int)used;
	c->up.bytes += (uint64_t)used;
	r = flow_send(&c->up, c->origin, data, (size_t)used);
	if (r == -EPIPE) {
		/* it may answer without reading all of the request */
		flow_clear(&c->up, &c->w->tools);
		x->keep_origin = x->keep_client = false;
		r = 0;
	}
	return r < 0 ? r : conn_hold(c, data + used, n - (size_t)used);
}

/* Returns 1 (more to do), 0 (wait) or a negative errno. */
static int pump_up(struct conn *c)
{
	const struct exchange *x = &c->rq->exchange;
	size_t moved = 0;

	if (flow_flush(&c->up, c->origin) < 0)
		flow_clear(&c->up, &c->w->tools);
	while (!flow_pending(&c->up) && !x->up.done) {
		ssize_t n;
		int r;

		if (moved >= BUDGET)
			return 1;
		n = flow_read(c->client, c->w->tools.chunk, FLOW_CHUNK);
		if (n == -EAGAIN)
			return 0;
		if (n <= 0)
			return n == 0 ? -ECONNRESET : (int)n;
		r = pass_up(c, c->w->tools.chunk, (size_t)n);
		if (r < 0)
			return r;
		moved += (size_t)n;
	}
	return 0;
}

static int pass_down(struct conn *c, size_t n)
{
	struct exchange *x = &c->rq->exchange;
	ssize_t out = exchange_down(x, c->w->tools.chunk, n, c->w->out);

	if (out < 0)
		return (int)out;
	c->down.bytes += (uint64_t)out;
	return flow_send(&c->down, c->client, c->w->out, (size_t)out);
}

/* Returns 1 (more to do), 0 (wait) or a negative errno. */
static int pump_down(struct conn *c)
{
	const struct exchange *x = &c->rq->exchange;
	size_t moved = 0;
	int r = flow_flush(&c->down, c->client);

	while (r == 0 && !flow_pending(&c->down) && !exchange_done(x) && !x->upgraded) {
		ssize_t n;

		if (moved >= BUDGET)
			return 1;
		n = flow_read(c->origin, c->w->tools.chunk, FLOW_CHUNK);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		r = pass_down(c, (size_t)n);
		moved += (size_t)n;
	}
	return r;
}

/* Keep what may be used again, and go on with the next request or end. */
static void finish(struct conn *c)
{
	const struct exchange *x = &c->rq->exchange;
	bool keep_client = x->keep_client && !limit_is_old(c);

	conn_record_close(c, REASON_CLOSED);
	if (x->keep_origin && !flow_pending(&c->up)) {
		upstream_keep(c->upstream);
		c->upstream = NULL;
		c->origin = NULL;
	}
	conn_drop_origin(c, false);
	flow_clear(&c->up, &c->w->tools);
	if (!keep_client) {
		reply_drain(c);
		return;
	}
	conn_forget_request(c);
	c->up = c->down = (struct flow){ 0 };
	c->served = true;
	request_await(c);
}

/* 101: the connection is not HTTP any more. */
static void upgrade(struct conn *c)
{
	c->origin = upstream_release(c->upstream);
	c->upstream = NULL;
	if (c->in_len != 0) { /* what the client sent already */
		int r = flow_queue(&c->up, c->in, c->in_len);

		c->up.bytes += c->in_len;
		free(c->in);
		c->in = NULL;
		c->in_len = 0;
		if (r < 0) {
			fail(c, r);
			return;
		}
	}
	c->path = c->rq->path;
	c->rq->path = NULL;
	relay_begin(c);
}

void plain_event(struct conn *c)
{
	uint64_t before = c->up.bytes + c->down.bytes;
	int up = pump_up(c), down;

	if (up < 0) {
		fail_client(c, up);
		return;
	}
	down = pump_down(c);
	if (down < 0) {
		if (down == -EPIPE)
			fail(c, down);
		else
			fail_origin(c, down);
		return;
	}
	if (c->up.bytes + c->down.bytes != before)
		c->active_ms = loop_now_ms(c->w->loop);
	if (limit_reached(c))
		return;
	if (c->rq->exchange.upgraded)
		upgrade(c);
	else if (exchange_done(&c->rq->exchange) && !flow_pending(&c->down))
		finish(c);
	else if (up > 0 || down > 0)
		loop_defer(c->w->loop, &c->again);
	else if ((c->client->ready & (EPOLLHUP | EPOLLERR)) != 0)
		conn_end(c, REASON_CLOSED); /* nobody is there to answer */
}

/* A kept connection that spoke, or ended, before it was asked: no answer to this. */
static bool spoke_unasked(const struct conn *c)
{
	return c->rq->sent != NULL &&
	       (c->origin->ready & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
}

void plain_start(struct conn *c)
{
	if (spoke_unasked(c) && ask_again(c))
		return;
	c->state = CONN_EXCHANGE;
	c->active_ms = loop_now_ms(c->w->loop);
	conn_set_timer(c, limit_wait_ms(c));
	if (c->state != CONN_DEAD)
		plain_event(c);
}

void plain_timeout(struct conn *c)
{
	int64_t ms;
	enum reason over = limit_time(c, &ms);

	if (over == REASON_NONE) {
		conn_set_timer(c, ms);
	} else if (over == REASON_LIMIT) {
		limit_end_old(c);
	} else if (c->down.bytes == 0) {
		conn_record_close(c, REASON_IDLE);
		reply_page(c, REASON_IDLE, 504);
	} else {
		conn_end(c, REASON_IDLE);
	}
}
