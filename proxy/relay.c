/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CONNECT once the origin is there (see conn.h): the client is told, its TLS hello
 * is read, and only when that names the host that was asked for do bytes go on.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/clienthello.h"
#include "proxy/conn.h"
#include "proxy/limit.h"
#include "proxy/retry.h"

#define ESTABLISHED "HTTP/1.1 200 Connection established\r\n\r\n"

static void fail(struct conn *c, int error)
{
	conn_end(c,
		 error == -ECONNRESET || error == -EPIPE ? REASON_CLOSED : REASON_ERROR);
}

/* One side was reset behind its end, where nothing is read any more to notice it. */
static bool is_lost(const struct conn *c)
{
	return ((c->client->ready | c->origin->ready) & EPOLLERR) != 0 &&
	       !flow_pending(&c->up) && !flow_pending(&c->down);
}

/*
 * RFC 9110 9.3.6: when one side has closed, both are. A client that closes can take
 * nothing more, and TLS says so by its own means before; only what the origin has sent
 * already still goes its way, and what is not known to be TLS may go on half open.
 */
static bool ends_with_client(const struct conn *c)
{
	return !c->up.done && c->tls_version != 0 && !flow_pending(&c->down) &&
	       (c->origin->ready & EPOLLIN) == 0;
}

static void pump(struct conn *c)
{
	struct flow_tools *tools = &c->w->tools;
	uint64_t before = c->up.bytes + c->down.bytes;
	bool ends = ends_with_client(c);
	int up, down;

	c->up.last = c->down.done || ends;
	up = c->retry != RETRY_NONE ? retry_pump_up(c)
				    : flow_pump(&c->up, c->client, c->origin, tools);
	if (c->state == CONN_DEAD)
		return;
	if (up < 0) {
		fail(c, up);
		return;
	}
	c->down.done |= c->up.done && ends;
	c->down.last = c->up.done;
	down = c->retry == RETRY_SERVER
		       ? retry_pump_down(c)
		       : flow_pump(&c->down, c->origin, c->client, tools);
	if (c->state == CONN_DEAD)
		return;
	if (down < 0) {
		fail(c, down);
		return;
	}
	if (c->up.bytes + c->down.bytes != before)
		c->active_ms = loop_now_ms(c->w->loop);
	if (limit_reached(c))
		return;
	if (c->up.done && c->down.done)
		conn_end(c, REASON_CLOSED);
	else if (up > 0 || down > 0)
		loop_defer(c->w->loop, &c->again);
	else if (is_lost(c))
		conn_end(c, REASON_CLOSED);
}

void relay_begin(struct conn *c)
{
	c->state = CONN_RELAY;
	c->active_ms = loop_now_ms(c->w->loop);
	conn_forget_request(c);
	conn_set_timer(c, limit_wait_ms(c));
	if (c->state != CONN_DEAD)
		pump(c);
}

/* What was read to look at goes on first; what follows it waits for the server. */
static void pass_hello(struct conn *c)
{
	uint32_t looked = c->rq->hello_len, len = looked != 0 ? looked : c->in_len;
	int r = flow_send(&c->up, c->origin, c->in, len);

	c->up.bytes += len;
	conn_take_held(c, len);
	if (looked != 0)
		retry_begin(c);
	if (r < 0)
		fail(c, r);
	else
		relay_begin(c);
}

/* The client was told that it is connected: what is left is to cut it. */
static void refuse_name(struct conn *c, const struct clienthello *hello)
{
	char text[HOST_MAX + 32];

	(void)snprintf(text, sizeof(text), "server name %s%s",
		       hello->name[0] != '\0' ? hello->name : "missing",
		       hello->ech ? ", ECH" : "");
	conn_record_close_as(c, REASON_SNI, text);
	conn_end(c, REASON_SNI);
}

/*
 * An encrypted hello whose outer name is the one asked for goes on, unless the policy
 * refuses it: Chromium sends one made of noise with every connection, and nobody can
 * tell the two apart.
 */
bool relay_refuses_hello(struct conn *c, const struct clienthello *hello,
			 const char *host)
{
	if (strcmp(hello->name, host) == 0 && !(hello->ech && conn_refuses_ech(c)))
		return false;
	refuse_name(c, hello);
	return true;
}

static void judge_hello(struct conn *c, const uint8_t *data, size_t len)
{
	struct clienthello hello;
	int r = clienthello_read(data, len, &hello);

	if (r == 0)
		return;
	if (r < 0) {
		conn_end(c, REASON_NOT_TLS);
		return;
	}
	if (relay_refuses_hello(c, &hello, c->rq->facts.host))
		return;
	c->rq->hello_len = hello.length;
	c->tls_version = hello.version;
	c->tls_ech = hello.ech;
	pass_hello(c);
}

/* The origin has nothing to say before the client; when it ends, so do we. */
static bool origin_gone(struct conn *c)
{
	return (c->origin->ready & (EPOLLHUP | EPOLLERR)) != 0;
}

static void hello_event(struct conn *c)
{
	if (flow_flush(&c->down, c->client) < 0 || origin_gone(c)) {
		conn_end(c, REASON_CLOSED);
		return;
	}
	while (c->state == CONN_HELLO) {
		ssize_t n = flow_read(c->client, c->w->tools.chunk, CLIENTHELLO_MAX);

		if (n == -EAGAIN)
			return;
		if (n <= 0)
			conn_end(c, n == 0 && c->in_len != 0 ? REASON_NOT_TLS
							     : REASON_CLOSED);
		else if (conn_hold(c, c->w->tools.chunk, (size_t)n) < 0)
			conn_end(c, REASON_OVERLOAD);
		else
			judge_hello(c, (const uint8_t *)c->in, c->in_len);
	}
}

void relay_start(struct conn *c)
{
	if (c->meant_port != 0) { /* its hello was read before all */
		pass_hello(c);
		return;
	}
	if (flow_send(&c->down, c->client, ESTABLISHED, strlen(ESTABLISHED)) < 0) {
		conn_end(c, REASON_CLOSED);
		return;
	}
	c->state = CONN_HELLO;
	conn_set_timer(c, CONN_HELLO_MS);
	if (c->rq->tls_any)
		pass_hello(c);
	else if (c->in_len != 0)
		judge_hello(c, (const uint8_t *)c->in, c->in_len);
	if (c->state == CONN_HELLO)
		hello_event(c);
}

void relay_event(struct conn *c)
{
	if (c->state == CONN_HELLO)
		hello_event(c);
	else if (c->state == CONN_RELAY)
		pump(c);
}

void relay_timeout(struct conn *c)
{
	enum reason over;
	int64_t ms;

	if (c->state == CONN_HELLO || c->retry == RETRY_HELLO) {
		conn_end(c, REASON_NOT_TLS);
		return;
	}
	over = limit_time(c, &ms);
	if (over == REASON_NONE)
		conn_set_timer(c, ms);
	else if (over == REASON_LIMIT)
		limit_end_old(c);
	else
		conn_end(c, REASON_IDLE);
}
