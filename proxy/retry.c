/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/retry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/clienthello.h"
#include "proxy/limit.h"

/* RFC 8446, section 5 */
#define RECORD_CHANGE_CIPHER 20
#define RECORD_ALERT         21
#define RECORD_HANDSHAKE     22
#define RECORD_DATA          23
#define RECORD_HEADER        5
#define RECORD_MAX           ((1 << 14) + 256)

#define READABLE ((uint32_t)(EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))

void retry_begin(struct conn *c)
{
	c->retry = RETRY_SERVER;
	c->server = (struct serverhello){ 0 };
	c->between = 0;
}

/* The first len of the client's bytes that are kept go on. */
static int pass(struct conn *c, uint32_t len)
{
	int r = flow_send(&c->up, c->origin, c->in, len);

	c->up.bytes += len;
	conn_take_held(c, len);
	return r;
}

/* From now on bytes only. Returns as flow_pump(): 1 when there may be some already. */
static int finish(struct conn *c)
{
	int r = pass(c, c->in_len);

	c->retry = RETRY_NONE;
	if (r < 0)
		return r;
	return ((c->client->ready | c->origin->ready) & READABLE) != 0 ? 1 : 0;
}

int retry_pump_down(struct conn *c)
{
	char *chunk = c->w->tools.chunk;
	ssize_t n = flow_flush(&c->down, c->client);

	if (n < 0 || flow_pending(&c->down))
		return (int)n;
	n = flow_read(c->origin, chunk, FLOW_CHUNK);
	if (n == -EAGAIN)
		return 0;
	if (n <= 0)
		return n == 0 ? finish(c) : (int)n;
	c->down.bytes += (uint64_t)n;
	if (flow_send(&c->down, c->client, chunk, (size_t)n) < 0)
		return -EPIPE;
	switch (serverhello_read(&c->server, (const uint8_t *)chunk, (size_t)n)) {
	case SERVERHELLO_RETRY:
		c->retry = RETRY_HELLO;
		conn_set_timer(c, CONN_HELLO_MS);
		return 1;
	case SERVERHELLO_OTHER:
		return finish(c);
	case SERVERHELLO_PART:
		break;
	}
	return 1;
}

static int judge(struct conn *c)
{
	struct declog_facts f;
	struct clienthello hello;
	int r = clienthello_read((const uint8_t *)c->in, c->in_len, &hello);

	if (r == 0)
		return 0;
	if (r < 0) {
		conn_end(c, REASON_NOT_TLS);
		return 0;
	}
	declog_facts_of(c->ticket, &f);
	if (relay_refuses_hello(c, &hello, f.host))
		return 0;
	c->tls_ech = c->tls_ech || hello.ech;
	conn_set_timer(c, limit_wait_ms(c));
	return c->state != CONN_DEAD ? finish(c) : 0;
}

/* What may come between the two: early data that nobody reads, and the like. */
static uint32_t record_between(const uint8_t *p)
{
	uint32_t len = (uint32_t)p[3] << 8 | p[4];
	bool known = p[0] == RECORD_CHANGE_CIPHER || p[0] == RECORD_ALERT ||
		     p[0] == RECORD_DATA;

	return known && len <= RECORD_MAX ? RECORD_HEADER + len : 0;
}

/* Returns as flow_pump(). */
static int look(struct conn *c)
{
	while (c->in_len >= RECORD_HEADER && c->in[0] != RECORD_HANDSHAKE) {
		uint32_t len = record_between((const uint8_t *)c->in);
		int r;

		if (len == 0 || c->between + len > RETRY_BETWEEN_MAX) {
			conn_end(c, REASON_NOT_TLS);
			return 0;
		}
		if (c->in_len < len)
			return 0;
		c->between += len;
		r = pass(c, len);
		if (r < 0)
			return r;
	}
	return c->in_len >= RECORD_HEADER ? judge(c) : 0;
}

int retry_pump_up(struct conn *c)
{
	char *chunk = c->w->tools.chunk;
	ssize_t n = flow_flush(&c->up, c->origin);

	if (n < 0 || flow_pending(&c->up) || c->retry == RETRY_SERVER)
		return (int)n;
	/* what was there before the server asked */
	n = look(c);
	if (n != 0 || c->state == CONN_DEAD || c->retry == RETRY_NONE)
		return (int)n;
	n = flow_read(c->client, chunk, CLIENTHELLO_MAX);
	if (n == -EAGAIN)
		return 0;
	if (n <= 0) {
		conn_end(c, n == 0 && c->in_len != 0 ? REASON_NOT_TLS : REASON_CLOSED);
		return 0;
	}
	return conn_hold(c, chunk, (size_t)n) < 0 ? -ENOMEM : 1;
}
