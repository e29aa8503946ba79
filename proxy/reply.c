/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "proxy/local.h"
#include "proxy/measure.h"
#include "proxy/transparent.h"

void reply_drain(struct conn *c)
{
	c->state = CONN_DRAIN;
	(void)shutdown(c->client->fd, SHUT_WR);
	conn_set_timer(c, CONN_DRAIN_MS);
}

void reply_drain_event(struct conn *c)
{
	for (int i = 0; i < 16; i++) {
		ssize_t n = flow_read(c->client, c->w->tools.chunk, FLOW_CHUNK);

		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			conn_end(c, REASON_CLOSED);
			return;
		}
	}
	loop_defer(c->w->loop, &c->again);
}

/* Closing with bytes unread would reset the connection, and take the page with it. */
static bool has_unread(struct conn *c)
{
	char byte;

	return recv(c->client->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* The browser asks its user, and then again. What follows a page is not kept. */
static void await_next(struct conn *c)
{
	conn_forget_request(c);
	free(c->in);
	c->in = NULL;
	c->in_len = 0;
	flow_clear(&c->down, &c->w->tools);
	c->up = c->down = (struct flow){ 0 };
	c->served = true;
	request_await(c);
}

void reply_event(struct conn *c)
{
	bool whole = c->rq->tunnel || c->rq->exchange.up.done;

	if (flow_flush(&c->down, c->client) < 0)
		conn_end(c, REASON_ERROR);
	else if (!flow_pending(&c->down) && c->rq->keep)
		await_next(c);
	else if (!flow_pending(&c->down) && whole && !has_unread(c))
		conn_end(c, REASON_CLOSED);
	else if (!flow_pending(&c->down))
		reply_drain(c);
}

void reply_say(struct conn *c, const char *text, size_t len)
{
	conn_stop_looking(c->rq);
	conn_drop_origin(c, false);
	flow_clear(&c->up, &c->w->tools);
	flow_clear(&c->down, &c->w->tools);
	c->state = CONN_PAGE;
	conn_set_timer(c, CONN_PAGE_MS);
	if (c->state == CONN_DEAD)
		return;
	if (flow_send(&c->down, c->client, text, len) < 0)
		conn_end(c, REASON_ERROR);
	else
		reply_event(c);
}

void reply_page(struct conn *c, enum reason reason, unsigned status)
{
	const struct request *rq = c->rq;
	struct page p = {
		.status = status,
		.reason = reason,
		.host = rq->facts.host,
		.reference = rq->facts.conn,
		.japanese = rq->japanese,
		.head_only = rq->head_only,
		.keep = rq->keep,
		.hint = rq->hint,
	};
	char text[PAGE_MAX];

	if (conn_is_redirected_tls(c))
		transparent_answer(c);
	else
		reply_say(c, text, page_write(&p, text));
}

void reply_record_refusal(struct conn *c, enum reason reason)
{
	struct worker *w = c->w;
	/* the rest of a mark is a class, or a zone's: many devices share it */
	uint32_t permit = c->mark & REVISION_MARK_NUMBER;
	uint32_t count = dampen_refusal(&w->dampen, permit, c->src, loop_now_ms(w->loop));

	if (count != 0)
		declog_deny(&w->log, &c->rq->facts, reason, count > 1 ? count : 0,
			    loop_wall_us(w->loop));
}

void reply_refuse(struct conn *c, enum reason reason, unsigned status)
{
	reply_record_refusal(c, reason);
	local_note_denial(c, reason);
	measure_refused(c->w, reason);
	reply_page(c, reason, status);
}
