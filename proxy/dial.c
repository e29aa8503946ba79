/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a permitted name to a connected origin (see conn.h). Only addresses that
 * were checked here are dialled, and only after the open record is written.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "proxy/conn.h"

#define ATTEMPT_MIN_MS 1250

static void append_addr(char *dst, size_t size, struct addr a)
{
	char text[ADDR_TEXT_MAX];
	size_t len = strlen(dst);

	addr_format(a, text);
	(void)snprintf(dst + len, size - len, "%s%s", len != 0 ? " " : "", text);
}

static void keep_allowed(struct conn *c, const struct addr *addr, size_t count)
{
	for (size_t i = 0; i < count && c->addr_count < CONN_ADDRS_MAX; i++) {
		if (worker_may_dial(c->w, addr[i]))
			c->addr[c->addr_count++] = addr[i];
	}
}

static void refuse_addresses(struct conn *c, const struct addr *addr, size_t count)
{
	c->facts.detail[0] = '\0';
	for (size_t i = 0; i < count; i++)
		append_addr(c->facts.detail, sizeof(c->facts.detail), addr[i]);
	c->facts.dst = addr[0];
	conn_refuse(c, REASON_ADDRESS, 403);
}

static void on_addresses(void *user, int error, const struct addr *addr, size_t count)
{
	struct conn *c = user;

	c->query = NULL;
	if (error < 0) {
		conn_refuse(c, REASON_NAME_FAILED, 502);
		return;
	}
	keep_allowed(c, addr, count);
	if (c->addr_count == 0) {
		refuse_addresses(c, addr, count);
		return;
	}
	c->facts.dst = c->addr[0];
	if (declog_open(c->w->log, &c->facts, c->reason) < 0) {
		conn_refuse(c, REASON_NO_RECORD, 503);
		return;
	}
	c->opened = true;
	c->opened_at = mono_now();
	c->state = CONN_CONNECT;
	dial_next(c, 502);
}

void dial_start(struct conn *c)
{
	int r;

	c->state = CONN_RESOLVE;
	conn_set_timer(c, CONN_RESOLVE_MS);
	(void)sd_event_source_set_io_events(c->client_io, 0);
	r = resolver_start(c->w->resolver, c->facts.host, on_addresses, c, &c->query);
	if (r < 0)
		conn_refuse(c, REASON_OVERLOAD, 503);
}

static int connect_to(struct conn *c, struct addr a)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(a, c->facts.dst_port, &ss);
	int on = 1;

	c->origin = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->origin == -1)
		return -errno;
	(void)setsockopt(c->origin, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(c->origin, (const struct sockaddr *)&ss, len) == -1 &&
	    errno != EINPROGRESS)
		return -errno;
	return conn_watch_origin(c, EPOLLOUT);
}

static unsigned attempt_ms(const struct conn *c)
{
	unsigned ms = CONN_CONNECT_MS / (unsigned)c->addr_count;

	return ms > ATTEMPT_MIN_MS ? ms : ATTEMPT_MIN_MS;
}

void dial_next(struct conn *c, unsigned status)
{
	conn_drop_origin(c);
	while (c->addr_next < c->addr_count) {
		c->facts.dst = c->addr[c->addr_next++];
		if (!worker_may_dial(c->w, c->facts.dst))
			continue; /* a revision since then made it one of ours */
		if (connect_to(c, c->facts.dst) == 0) {
			conn_set_timer(c, attempt_ms(c));
			return;
		}
		conn_drop_origin(c);
	}
	conn_record_close(c, REASON_CONNECT_FAILED);
	conn_answer(c, REASON_CONNECT_FAILED, status);
}

void dial_writable(struct conn *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(c->origin, SOL_SOCKET, SO_ERROR, &error, &len) == -1 || error != 0)
		dial_next(c, 502);
	else
		conn_relay(c);
}
