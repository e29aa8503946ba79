/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a permitted request to a connected origin (see conn.h). Only addresses that
 * were checked here are dialled, and only after the open record that names them is
 * written.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/conn.h"
#include "proxy/limit.h"
#include "proxy/measure.h"
#include "proxy/page.h"
#include "proxy/reply.h"

static void append_addr(char *dst, size_t size, struct addr a)
{
	char text[ADDR_TEXT_MAX];
	size_t len = strlen(dst);

	addr_format(a, text);
	(void)snprintf(dst + len, size - len, "%s%s", len != 0 ? " " : "", text);
}

static bool may_dial(const struct conn *c, struct addr a)
{
	return c->rq->named_address ? worker_may_dial_named(c->w, a)
				    : worker_may_dial(c->w, a);
}

static void keep_allowed(struct conn *c, const struct addr *addr, size_t count)
{
	struct request *rq = c->rq;

	for (size_t i = 0; i < count && rq->addr_count < DIALER_ADDRESSES_MAX; i++) {
		if (may_dial(c, addr[i]))
			rq->addr[rq->addr_count++] = addr[i];
	}
}

static void refuse_addresses(struct conn *c, const struct addr *addr, size_t count)
{
	struct declog_facts *f = &c->rq->facts;

	f->detail[0] = '\0';
	for (size_t i = 0; i < count; i++)
		append_addr(f->detail, sizeof(f->detail), addr[i]);
	f->dst = addr[0];
	reply_refuse(c, REASON_ADDRESS, 403);
}

/* The record names every address that may be dialled: the first, and the others behind. */
static void name_others(struct request *rq)
{
	for (size_t i = 1; i < rq->addr_count; i++)
		append_addr(rq->facts.detail, sizeof(rq->facts.detail), rq->addr[i]);
}

static void open_record(struct conn *c)
{
	struct worker *w = c->w;
	int r = declog_open(&w->log, &c->rq->facts, c->rq->reason, loop_wall_us(w->loop),
			    &c->ticket);

	if (r < 0) {
		reply_refuse(c, REASON_NO_RECORD, 503);
		return;
	}
	c->opened_ms = loop_now_ms(w->loop);
	limit_begin(c);
	c->state = CONN_OPENING;
	worker_await_record(w, c);
}

static void on_addresses(void *user, int error, const struct addr *addr, size_t count)
{
	struct conn *c = user;

	c->rq->query = NULL;
	if (error < 0) {
		reply_refuse(c, REASON_NAME_FAILED, 502);
		return;
	}
	keep_allowed(c, addr, count);
	if (c->rq->addr_count == 0) {
		refuse_addresses(c, addr, count);
		return;
	}
	c->rq->facts.dst = c->rq->addr[0];
	name_others(c->rq);
	open_record(c);
}

static void on_origin(struct loop_io *io)
{
	struct conn *c = io->user;

	if (c->state == CONN_EXCHANGE)
		plain_event(c);
	else
		relay_event(c);
}

/* A connection that this device had to that origin before. */
static bool take_kept(struct conn *c)
{
	const struct request *rq = c->rq;
	struct upstream_key key = {
		.src = c->src,
		.mark = c->mark,
		.port = rq->facts.dst_port,
		.host = rq->facts.host,
	};

	if (rq->tunnel || rq->fresh)
		return false;
	c->upstream = upstream_take(c->w->upstreams, &key);
	if (c->upstream == NULL)
		return false;
	c->origin = c->upstream->io;
	c->origin->fn = on_origin;
	c->origin->user = c;
	c->dst = c->upstream->addr;
	c->rq->facts.dst = c->dst;
	c->w->metrics.upstream_reused++;
	return true;
}

void contact_start(struct conn *c)
{
	struct request *rq = c->rq;
	struct addr asked = rq->facts.dst;
	int r;

	if (limit_refuses(c))
		return;
	c->state = CONN_LOOKUP;
	c->dst = (struct addr){ 0 };
	conn_set_timer(c, CONN_LOOKUP_MS);
	if (take_kept(c)) {
		if (c->upstream->checked == c->w->rules || may_dial(c, c->dst)) {
			c->upstream->checked = c->w->rules;
			open_record(c);
			return;
		}
		conn_drop_origin(c, false);
		c->dst = (struct addr){ 0 };
		rq->facts.dst = asked;
	}
	if (rq->literal) {
		on_addresses(c, 0, &asked, 1);
		return;
	}
	r = resolver_start(c->w->resolver, rq->facts.host, on_addresses, c, &rq->query);
	if (r < 0)
		reply_refuse(c, REASON_OVERLOAD, 503);
}

static int take_over(struct conn *c, struct loop_io *io)
{
	struct upstream_key key = {
		.src = c->src,
		.mark = c->mark,
		.port = c->rq->facts.dst_port,
		.host = c->rq->facts.host,
	};
	int r;

	c->origin = io;
	io->fn = on_origin;
	io->user = c;
	if (c->rq->tunnel)
		return 0;
	r = upstream_new(c->w->upstreams, &key, io, c->dst, &c->upstream);
	if (r == 0)
		c->upstream->checked = c->w->rules;
	return r;
}

static void go(struct conn *c)
{
	if (c->rq->tunnel)
		relay_start(c);
	else
		plain_start(c);
}

static void on_dialled(void *user, int error, struct loop_io *io, struct addr addr)
{
	struct conn *c = user;

	c->rq->dialer = NULL;
	c->dst = addr;
	if (error == 0) {
		error = take_over(c, io);
		if (error == 0) {
			c->w->metrics.upstream_opened++;
			go(c);
			return;
		}
	}
	c->w->metrics.upstream_failed++;
	conn_record_close(c, REASON_CONNECT_FAILED);
	reply_page(c, REASON_CONNECT_FAILED, error == -ETIMEDOUT ? 504 : 502);
}

static void dial(struct conn *c)
{
	struct request *rq = c->rq;
	struct dialer_target t = {
		.addr = rq->addr,
		.count = rq->addr_count,
		.port = rq->facts.dst_port,
		.attempt_ms = DIALER_ATTEMPT_MS,
		.total_ms = CONN_CONNECT_MS,
	};

	c->state = CONN_DIAL;
	conn_set_timer(c, CONN_CONNECT_MS + CONN_LOOKUP_MS); /* the dialler ends before */
	if (dialer_start(c->w->loop, &t, on_dialled, c, &rq->dialer) == 0)
		return;
	conn_record_close(c, REASON_OVERLOAD);
	reply_page(c, REASON_OVERLOAD, 503);
}

void contact_opened(struct conn *c, int error)
{
	if (error < 0) {
		/* nothing was opened, so nothing is owed */
		free(c->ticket);
		c->ticket = NULL;
		conn_drop_origin(c, false);
		reply_refuse(c, REASON_NO_RECORD, 503);
		return;
	}
	measure_opened(c->w, c->rq->reason);
	if (c->upstream == NULL) {
		dial(c);
	} else if (plain_remember(c) == 0) {
		go(c);
	} else {
		conn_record_close(c, REASON_OVERLOAD);
		reply_page(c, REASON_OVERLOAD, 503);
	}
}

void contact_timeout(struct conn *c)
{
	if (c->state == CONN_LOOKUP) {
		reply_refuse(c, REASON_NAME_FAILED, 504);
		return;
	}
	conn_record_close(c, REASON_CONNECT_FAILED);
	reply_page(c, REASON_CONNECT_FAILED, 504);
}
