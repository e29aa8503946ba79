/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/limit.h"
#include "proxy/local.h"
#include "proxy/measure.h"
#include "proxy/reply.h"
#include "proxy/signin.h"
#include "proxy/transparent.h"

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

void conn_stop_looking(struct request *rq)
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
	conn_stop_looking(rq);
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
			reply_record_refusal(c, REASON_CLOSED);
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
		reply_event(c);
		break;
	case CONN_DRAIN:
		reply_drain_event(c);
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
	if (conn_is_redirected_tls(c))
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
