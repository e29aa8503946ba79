/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/str.h"
#include "proxy/engine.h"
#include "proxy/limit.h"
#include "proxy/local.h"
#include "proxy/measure.h"
#include "proxy/page.h"
#include "proxy/transparent.h"

#define HTTP_PORT 80 /* redirected from there: plain requests; from others: TLS */
#include "proxy/signin.h"

void conn_set_timer(struct conn *c, int64_t ms)
{
	/* a connection that nothing would end is ended now */
	if (loop_timer_set(c->w->loop, &c->timer, ms) < 0)
		conn_end(c, REASON_OVERLOAD);
}

/* With reset: unread or undelivered bytes must not look like an orderly end. */
static void close_io(struct loop_io *io, bool reset)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (io != NULL && reset)
		(void)setsockopt(io->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	loop_io_close(io);
}

void conn_drop_origin(struct conn *c, bool reset)
{
	if (c->upstream != NULL)
		(void)upstream_release(c->upstream);
	c->upstream = NULL;
	close_io(c->origin, reset);
	c->origin = NULL;
}

/*
 * Others may hold this socket for a moment yet, so that closing it would neither tell
 * the other side nor epoll.
 */
static void close_shared(struct loop_io *io, bool reset)
{
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd;

	if (io == NULL)
		return;
	fd = io->fd;
	loop_io_free(io);
	if (!reset || connect(fd, &none, sizeof(none)) == -1)
		(void)shutdown(fd, SHUT_RDWR);
	(void)close(fd);
}

/* Whoever still looks for an origin need not any more. */
static void stop_looking(struct request *rq)
{
	resolver_cancel(rq->query);
	rq->query = NULL;
	dialer_cancel(rq->dialer);
	rq->dialer = NULL;
}

void conn_forget_request(struct conn *c)
{
	struct request *rq = c->rq;

	if (rq == NULL)
		return;
	stop_looking(rq);
	local_forget(rq);
	signin_forget(rq);
	exchange_clear(&rq->exchange);
	free(rq->path);
	free(rq->sent);
	spares_give(&c->w->requests, rq);
	c->rq = NULL;
}

int conn_hold(struct conn *c, const char *data, size_t len)
{
	char *p;

	if (len == 0)
		return 0;
	p = realloc(c->in, c->in_len + len);
	if (p == NULL)
		return -ENOMEM;
	memcpy(p + c->in_len, data, len);
	c->in = p;
	c->in_len += (uint32_t)len;
	return 0;
}

void conn_take_held(struct conn *c, uint32_t len)
{
	c->in_len -= len;
	if (c->in_len != 0) {
		memmove(c->in, c->in + len, c->in_len);
		return;
	}
	free(c->in);
	c->in = NULL;
}

bool conn_refuses_ech(const struct conn *c)
{
	const struct snapshot *snap = c->w->snap;

	return snap != NULL && snap->rev->policy->proxy.ech == POLICY_ECH_REFUSE;
}

void conn_record_close_as(struct conn *c, enum reason reason, const char *detail)
{
	struct declog_end end = {
		.reason = reason,
		.dst = c->dst,
		.bytes_up = c->up.bytes,
		.bytes_down = c->down.bytes,
		.duration_ms = (uint32_t)(loop_now_ms(c->w->loop) - c->opened_ms),
		.detail = detail,
	};

	if (c->ticket == NULL)
		return;
	limit_settle(c);
	measure_closed(c, reason);
	declog_close(&c->w->log, c->ticket, &end, loop_wall_us(c->w->loop));
	free(c->ticket);
	c->ticket = NULL;
}

/* What the hello offered at most; NULL: none was seen. */
static const char *tls_text(const struct conn *c)
{
	static const char *const text[][2] = {
		{ "TLS 1.0", "TLS 1.0, ECH" },
		{ "TLS 1.1", "TLS 1.1, ECH" },
		{ "TLS 1.2", "TLS 1.2, ECH" },
		{ "TLS 1.3", "TLS 1.3, ECH" },
	};
	unsigned i = c->tls_version - 0x0301u; /* RFC 8446 4.2.1 */

	return i < ARRAY_LEN(text) ? text[i][c->tls_ech ? 1 : 0] : NULL;
}

void conn_record_close(struct conn *c, enum reason reason)
{
	conn_record_close_as(c, reason, tls_text(c));
}

static bool is_cut_short(const struct conn *c)
{
	return (c->state == CONN_RELAY && !(c->up.done && c->down.done)) ||
	       c->state == CONN_EXCHANGE || c->state == CONN_HELLO;
}

void conn_end(struct conn *c, enum reason reason)
{
	bool reset = is_cut_short(c);

	if (c->state == CONN_DEAD)
		return;
	if (c->state == CONN_HELLO) /* refused after all */
		local_note_denial(c, reason);
	conn_record_close(c, reason);
	conn_forget_request(c);
	c->state = CONN_DEAD;
	if (c->resumed) {
		close_shared(c->origin, reset);
		c->origin = NULL;
		close_shared(c->client, reset);
		c->client = NULL;
	}
	conn_drop_origin(c, reset);
	close_io(c->client, reset);
	c->client = NULL;
	flow_clear(&c->up, &c->w->tools);
	flow_clear(&c->down, &c->w->tools);
	loop_timer_clear(c->w->loop, &c->timer);
	loop_defer_clear(&c->again);
	worker_bury(c->w, c);
}

void conn_free(struct conn *c)
{
	free(c->path);
	if (c->in != NULL)
		explicit_bzero(c->in, c->in_len); /* there may be a password in it */
	free(c->in);
	spares_give(&c->w->conns, c);
}

void conn_drain(struct conn *c)
{
	c->state = CONN_DRAIN;
	(void)shutdown(c->client->fd, SHUT_WR);
	conn_set_timer(c, CONN_DRAIN_MS);
}

static void drain_event(struct conn *c)
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

static void page_event(struct conn *c)
{
	bool whole = c->rq->tunnel || c->rq->exchange.up.done;

	if (flow_flush(&c->down, c->client) < 0)
		conn_end(c, REASON_ERROR);
	else if (!flow_pending(&c->down) && c->rq->keep)
		await_next(c);
	else if (!flow_pending(&c->down) && whole && !has_unread(c))
		conn_end(c, REASON_CLOSED);
	else if (!flow_pending(&c->down))
		conn_drain(c);
}

void conn_say(struct conn *c, const char *text, size_t len)
{
	stop_looking(c->rq);
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
		page_event(c);
}

void conn_answer(struct conn *c, enum reason reason, unsigned status)
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

	if (c->meant_port != 0 && c->meant_port != HTTP_PORT)
		transparent_answer(c);
	else
		conn_say(c, text, page_write(&p, text));
}

void conn_record_refusal(struct conn *c, enum reason reason)
{
	struct worker *w = c->w;
	/* the rest of a mark is a class, or a zone's: many devices share it */
	uint32_t permit = c->mark & REVISION_MARK_NUMBER;
	uint32_t count = dampen_refusal(&w->dampen, permit, c->src, loop_now_ms(w->loop));

	if (count != 0)
		declog_deny(&w->log, &c->rq->facts, reason, count > 1 ? count : 0,
			    loop_wall_us(w->loop));
}

void conn_refuse(struct conn *c, enum reason reason, unsigned status)
{
	conn_record_refusal(c, reason);
	local_note_denial(c, reason);
	measure_refused(c->w, reason);
	conn_answer(c, reason, status);
}

/* Nobody is there any more: for states in which nothing is read. */
static bool has_hung_up(const struct conn *c)
{
	return (c->client->ready & (EPOLLHUP | EPOLLERR)) != 0;
}

static void handle(struct conn *c)
{
	switch ((enum conn_state)c->state) {
	case CONN_HEAD:
		request_read(c);
		break;
	case CONN_SNI:
		transparent_read(c);
		break;
	case CONN_LOOKUP:
		if (has_hung_up(c)) {
			conn_record_refusal(c, REASON_CLOSED);
			conn_end(c, REASON_CLOSED);
		}
		break;
	case CONN_SIGN_IN:
	case CONN_OPENING:
	case CONN_DIAL:
		if (has_hung_up(c))
			conn_end(c, REASON_CLOSED);
		break;
	case CONN_HELLO:
	case CONN_RELAY:
		relay_event(c);
		break;
	case CONN_EXCHANGE:
		plain_event(c);
		break;
	case CONN_LOCAL:
		local_event(c);
		break;
	case CONN_PAGE:
		page_event(c);
		break;
	case CONN_DRAIN:
		drain_event(c);
		break;
	case CONN_DEAD:
		break;
	}
}

static void on_client(struct loop_io *io)
{
	handle(io->user);
}

static void on_again(void *user)
{
	handle(user);
}

static void on_timer(void *user)
{
	struct conn *c = user;

	switch ((enum conn_state)c->state) {
	case CONN_HEAD:
		request_timeout(c);
		break;
	case CONN_SNI:
		transparent_timeout(c);
		break;
	case CONN_SIGN_IN:
		signin_timeout(c);
		break;
	case CONN_LOOKUP:
	case CONN_OPENING:
	case CONN_DIAL:
		contact_timeout(c);
		break;
	case CONN_HELLO:
	case CONN_RELAY:
		relay_timeout(c);
		break;
	case CONN_EXCHANGE:
		plain_timeout(c);
		break;
	case CONN_LOCAL:
		local_timeout(c);
		break;
	case CONN_PAGE:
	case CONN_DRAIN:
		conn_end(c, REASON_CLOSED);
		break;
	case CONN_DEAD:
		break;
	}
}

void conn_cut(struct conn *c, const char *who)
{
	char text[96];

	(void)snprintf(text, sizeof(text), "by %s", who);
	if (c->ticket != NULL) {
		conn_record_close_as(c, REASON_CUT, text);
	} else if (c->rq != NULL) {
		(void)str_copy(c->rq->facts.detail, sizeof(c->rq->facts.detail), text);
		declog_deny(&c->w->log, &c->rq->facts, REASON_CUT, 0,
			    loop_wall_us(c->w->loop));
	}
	conn_end(c, REASON_CUT);
}

/* Where it is connected to, or may be in a moment: every address of them. */
static bool may_still_dial(const struct conn *c, const struct declog_facts *f, bool named)
{
	const struct addr *to = c->dst.family != 0 ? &c->dst : &f->dst;
	size_t count = 1;
	bool may = true;

	if (c->dst.family == 0 && c->rq != NULL && c->rq->addr_count != 0) {
		to = c->rq->addr;
		count = c->rq->addr_count;
	}
	for (size_t i = 0; i < count && may; i++)
		may = named ? worker_may_dial_named(c->w, to[i])
			    : worker_may_dial(c->w, to[i]);
	return may;
}

/* It went without a look at its TLS name, and the entry asks for one now. */
static bool is_unseen(const struct conn *c, const struct declog_facts *f, bool tls_any)
{
	return c->state == CONN_RELAY && strcmp(f->method, "CONNECT") == 0 && !tls_any &&
	       c->tls_version == 0;
}

static enum reason why_ended(const struct decide_answer *a)
{
	if (a->reason == REASON_LOCKDOWN)
		return a->reason;
	return a->expired ? REASON_EXPIRED : REASON_WITHDRAWN;
}

bool conn_judge_again(struct conn *c, int64_t now_s)
{
	struct declog_facts f;
	struct decide_answer a;
	bool dial = true;

	if (c->state < CONN_LOOKUP || c->state > CONN_EXCHANGE)
		return false;
	if (c->ticket != NULL)
		declog_facts_of(c->ticket, &f);
	else
		f = c->rq->facts;
	a = request_decide(c, &f, now_s);
	if (c->ticket == NULL) { /* its record will name the revision that decided */
		declog_note(&c->rq->facts, &a);
		c->rq->reason = a.reason;
	} else {
		dial = may_still_dial(c, &f, a.named_address);
	}
	if (c->rq != NULL) { /* what is to be done yet is done by this answer */
		c->rq->tls_any = a.tls_any;
		c->rq->named_address = a.named_address;
	}
	if (c->tls_ech && conn_refuses_ech(c) && a.allowed) {
		a.allowed = false;
		a.reason = REASON_SNI;
	}
	if (a.allowed && dial && !is_unseen(c, &f, a.tls_any)) {
		c->until = a.until;
		return false;
	}
	c->until = 0;
	if (c->ticket == NULL)
		conn_refuse(c, a.reason, page_status(a.reason));
	else
		conn_end(c, why_ended(&a));
	return true;
}

bool conn_sign_out(struct conn *c, const char *login)
{
	struct declog_facts f;

	if (!c->signed_in || c->state < CONN_LOOKUP || c->state > CONN_EXCHANGE)
		return false;
	if (c->ticket != NULL)
		declog_facts_of(c->ticket, &f);
	else
		f = c->rq->facts;
	if (login[0] != '\0' && strcmp(f.user, login) != 0)
		return false;
	if (c->ticket == NULL)
		conn_refuse(c, REASON_WITHDRAWN, 403);
	else
		conn_end(c, REASON_WITHDRAWN);
	return true;
}

uint32_t conn_mark_of(int fd)
{
	uint32_t mark;
	socklen_t len = sizeof(mark);

	return getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &len) == 0 ? mark : 0;
}

int conn_new(struct worker *w, int fd, uint32_t mark, struct addr src, uint16_t port,
	     struct conn **ret_conn)
{
	struct conn *c = spares_take(&w->conns, sizeof(*c));
	int r;

	if (c == NULL)
		return -ENOMEM;
	*c = (struct conn){ .w = w, .src = src, .src_port = port };
	c->timer = (struct loop_timer){ .fn = on_timer, .user = c };
	c->again = (struct loop_defer){ .fn = on_again, .user = c };
	c->mark = mark;
	c->born_ms = loop_now_ms(w->loop);
	if (w->transparent)
		c->meant_port = transparent_port_of(fd);
	if (c->meant_port != 0 && c->meant_port != HTTP_PORT)
		c->state = CONN_SNI;
	r = loop_timer_set(w->loop, &c->timer, (int64_t)w->limits.head_seconds * 1000);
	if (r == 0)
		r = loop_io_new(w->loop, fd, LOOP_EDGE, on_client, c, &c->client);
	if (r < 0) {
		loop_timer_clear(w->loop, &c->timer);
		spares_give(&w->conns, c);
		return r;
	}
	*ret_conn = c;
	return 0;
}
