/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/page.h"

#define ESTABLISHED "HTTP/1.1 200 Connection established\r\n\r\n"

void conn_set_timer(struct conn *c, unsigned ms)
{
	(void)sd_event_source_set_time_relative(c->timer, (uint64_t)ms * 1000u);
	(void)sd_event_source_set_enabled(c->timer, SD_EVENT_ONESHOT);
}

/* With no events wanted the source is off, so that a hang-up cannot spin the loop. */
static void want(sd_event_source *io, uint32_t events)
{
	if (events != 0)
		(void)sd_event_source_set_io_events(io, events);
	(void)sd_event_source_set_enabled(io, events != 0 ? SD_EVENT_ON : SD_EVENT_OFF);
}

static void drop_socket(int *fd, sd_event_source **io, bool reset)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	*io = sd_event_source_disable_unref(*io);
	if (*fd == -1)
		return;
	if (reset)
		(void)setsockopt(*fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)close(*fd);
	*fd = -1;
}

void conn_drop_origin(struct conn *c)
{
	drop_socket(&c->origin, &c->origin_io, false);
}

void conn_record_close(struct conn *c, enum reason reason)
{
	struct declog_end end = { .reason = reason };

	if (!c->opened)
		return;
	c->opened = false;
	if (c->state != CONN_CONNECT) { /* until then bytes are only queued */
		end.bytes_up = c->up.bytes;
		end.bytes_down = c->down.bytes;
	}
	end.duration_ms = (uint32_t)mono_diff_ms(mono_now(), c->opened_at);
	declog_close(c->w->log, &c->facts, &end);
}

void conn_end(struct conn *c, enum reason reason)
{
	bool reset = c->state == CONN_RELAY && (!c->up.done || !c->down.done);

	if (c->state == CONN_DEAD)
		return;
	conn_record_close(c, reason);
	resolver_cancel(c->query);
	c->query = NULL;
	drop_socket(&c->client, &c->client_io, reset);
	drop_socket(&c->origin, &c->origin_io, reset);
	c->timer = sd_event_source_disable_unref(c->timer);
	c->state = CONN_DEAD;
	worker_bury(c->w, c);
}

void conn_free(struct conn *c)
{
	free(c->head);
	exchange_free(c->exchange);
	tunnel_clear(&c->up);
	tunnel_clear(&c->down);
	free(c);
}

/* Everything is said: tell the client, and read what it still sends until it closes. */
static void drain(struct conn *c)
{
	c->state = CONN_DRAIN;
	(void)shutdown(c->client, SHUT_WR);
	want(c->client_io, EPOLLIN);
	conn_set_timer(c, CONN_DRAIN_MS);
}

static void page_writable(struct conn *c)
{
	if (tunnel_flush(&c->down, c->client) < 0)
		conn_end(c, REASON_ERROR);
	else if (tunnel_wants_write(&c->down))
		want(c->client_io, EPOLLOUT);
	else
		drain(c);
}

void conn_answer(struct conn *c, enum reason reason, unsigned status)
{
	struct page p = {
		.status = status,
		.reason = reason,
		.host = c->facts.host,
		.reference = c->facts.conn,
		.japanese = c->japanese,
		.head_only = c->head_only,
	};
	char text[PAGE_MAX];

	resolver_cancel(c->query);
	c->query = NULL;
	conn_drop_origin(c);
	tunnel_clear(&c->up);
	tunnel_clear(&c->down);
	c->state = CONN_PAGE;
	conn_set_timer(c, CONN_PAGE_MS);
	if (tunnel_queue(&c->down, text, page_write(&p, text)) < 0)
		conn_end(c, REASON_ERROR);
	else
		page_writable(c);
}

void conn_refuse(struct conn *c, enum reason reason, unsigned status)
{
	declog_deny(c->w->log, &c->facts, reason, 0);
	conn_answer(c, reason, status);
}

static void update_wants(struct conn *c)
{
	uint32_t client = 0, origin = 0;

	if (tunnel_wants_read(&c->up))
		client |= EPOLLIN;
	if (tunnel_wants_write(&c->down))
		client |= EPOLLOUT;
	if (tunnel_wants_read(&c->down))
		origin |= EPOLLIN;
	if (tunnel_wants_write(&c->up))
		origin |= EPOLLOUT;
	want(c->client_io, client);
	want(c->origin_io, origin);
}

static void fail(struct conn *c, int error)
{
	conn_end(c,
		 error == -ECONNRESET || error == -EPIPE ? REASON_CLOSED : REASON_ERROR);
}

/* True when the relay goes on all the same. */
static bool up_failed(struct conn *c, int error)
{
	if (error == -EPIPE && !c->tunnel) {
		/* an origin may answer without reading all of the request */
		tunnel_clear(&c->up);
		return true;
	}
	if (error == -EBADMSG && c->down.bytes == 0) {
		conn_record_close(c, REASON_BAD_REQUEST);
		conn_answer(c, REASON_BAD_REQUEST, 400);
	} else {
		fail(c, error);
	}
	return false;
}

static void down_failed(struct conn *c, int error)
{
	/* an origin that does not speak HTTP, before the client heard anything */
	if (error != -EPIPE && c->exchange != NULL && c->down.bytes == 0) {
		conn_record_close(c, REASON_ERROR);
		conn_answer(c, REASON_ERROR, 502);
	} else {
		fail(c, error);
	}
}

static void pump(struct conn *c)
{
	ssize_t up = tunnel_pump(&c->up, c->client, c->origin, c->w->scratch), down;

	if (up < 0 && !up_failed(c, (int)up))
		return;
	down = tunnel_pump(&c->down, c->origin, c->client, c->w->scratch);
	if (down < 0) {
		down_failed(c, (int)down);
		return;
	}
	if (up > 0 || down > 0)
		c->active_at = mono_now();
	if (c->down.done && !c->tunnel) {
		conn_record_close(c, REASON_CLOSED);
		conn_drop_origin(c);
		drain(c);
	} else if (c->down.done && c->up.done) {
		conn_end(c, REASON_CLOSED);
	} else {
		update_wants(c);
	}
}

void conn_relay(struct conn *c)
{
	c->state = CONN_RELAY;
	c->active_at = mono_now();
	conn_set_timer(c, CONN_IDLE_MS);
	if (c->tunnel && tunnel_queue(&c->down, ESTABLISHED, strlen(ESTABLISHED)) < 0) {
		conn_end(c, REASON_ERROR);
		return;
	}
	pump(c);
}

static void drain_readable(struct conn *c)
{
	ssize_t n = recv(c->client, c->w->scratch, sizeof(c->w->scratch), MSG_DONTWAIT);

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		conn_end(c, REASON_CLOSED);
}

static int on_client(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct conn *c = user;

	(void)s;
	(void)fd;
	(void)revents;
	switch (c->state) {
	case CONN_HEAD:
		request_read(c);
		break;
	case CONN_RESOLVE: /* nothing is wanted then, so it hung up */
		declog_deny(c->w->log, &c->facts, REASON_CLOSED, 0);
		conn_end(c, REASON_CLOSED);
		break;
	case CONN_CONNECT:
		conn_end(c, REASON_CLOSED);
		break;
	case CONN_RELAY:
		pump(c);
		break;
	case CONN_PAGE:
		page_writable(c);
		break;
	case CONN_DRAIN:
		drain_readable(c);
		break;
	case CONN_DEAD:
		break;
	}
	return 0;
}

static int on_origin(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct conn *c = user;

	(void)s;
	(void)fd;
	(void)revents;
	if (c->state == CONN_CONNECT)
		dial_writable(c);
	else if (c->state == CONN_RELAY)
		pump(c);
	return 0;
}

int conn_watch_origin(struct conn *c, uint32_t events)
{
	return sd_event_add_io(c->w->event, &c->origin_io, c->origin, events, on_origin,
			       c);
}

static void idle(struct conn *c)
{
	int64_t quiet = mono_diff_ms(mono_now(), c->active_at);

	if (quiet >= CONN_IDLE_MS)
		conn_end(c, REASON_IDLE);
	else
		conn_set_timer(c, (unsigned)(CONN_IDLE_MS - quiet));
}

static int on_timer(sd_event_source *s, uint64_t usec, void *user)
{
	struct conn *c = user;

	(void)s;
	(void)usec;
	switch (c->state) {
	case CONN_HEAD:
		request_timeout(c);
		break;
	case CONN_RESOLVE:
		conn_refuse(c, REASON_NAME_FAILED, 504);
		break;
	case CONN_CONNECT:
		dial_next(c, 504);
		break;
	case CONN_RELAY:
		idle(c);
		break;
	case CONN_PAGE:
	case CONN_DRAIN:
		conn_end(c, REASON_CLOSED);
		break;
	case CONN_DEAD:
		break;
	}
	return 0;
}

bool conn_judge_again(struct conn *c, int64_t now_s)
{
	struct decide_question q = request_question(c, now_s);
	struct decide_answer a;

	if (c->state != CONN_RESOLVE && c->state != CONN_CONNECT &&
	    c->state != CONN_RELAY)
		return false;
	a = decide(c->w->snap, &q);
	if (!c->opened) { /* its record will name the revision that decided */
		declog_note(&c->facts, &a);
		c->reason = a.reason;
	}
	if (a.allowed &&
	    (c->state == CONN_RESOLVE || worker_may_dial(c->w, c->facts.dst))) {
		c->until = a.until;
		return false;
	}
	c->until = 0;
	if (!c->opened)
		conn_refuse(c, a.reason, 403);
	else
		conn_end(c, a.expired ? REASON_EXPIRED : REASON_WITHDRAWN);
	return true;
}

int conn_new(struct worker *w, int fd, struct addr src, uint16_t port,
	     struct conn **ret_conn)
{
	struct conn *c = calloc(1, sizeof(*c));
	socklen_t len = sizeof(c->mark);
	int on = 1, r;

	if (c == NULL)
		return -ENOMEM;
	*c = (struct conn){ .w = w, .client = fd, .origin = -1, .state = CONN_HEAD };
	c->facts.conn = w->next_id++;
	c->facts.src = src;
	c->facts.src_port = port;
	if (getsockopt(fd, SOL_SOCKET, SO_MARK, &c->mark, &len) == -1)
		c->mark = 0;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	r = sd_event_add_io(w->event, &c->client_io, fd, EPOLLIN, on_client, c);
	if (r >= 0)
		r = sd_event_add_time_relative(w->event, &c->timer, CLOCK_MONOTONIC,
					       (uint64_t)CONN_HEAD_MS * 1000u, 0,
					       on_timer, c);
	if (r < 0) {
		(void)sd_event_source_disable_unref(c->client_io);
		free(c);
		return r;
	}
	*ret_conn = c;
	return 0;
}
