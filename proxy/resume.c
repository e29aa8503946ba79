/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/engine.h"
#include "proxy/judge.h"
#include "proxy/limit.h"
#include "proxy/retry.h"
#include "proxy/revise.h"

bool resume_may_leave(const struct conn *c)
{
	return c->state == CONN_RELAY && c->ticket != NULL && c->retry == RETRY_NONE &&
	       c->in_len == 0 && !c->signed_in;
}

static int cookie_of(int fd, uint64_t *ret_cookie)
{
	socklen_t len = sizeof(*ret_cookie);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, ret_cookie, &len) == 0 ? 0 : -errno;
}

/* What waits in the pipe, and not in memory: out with it. */
static int read_pipe(struct flow *f, uint8_t *dst, uint32_t *len)
{
	while (f->pipe != NULL && f->pipe->len != 0) {
		ssize_t n = read(f->pipe->read, dst + *len, CARRY_PENDING_MAX - *len);

		if (n <= 0 || (size_t)n > f->pipe->len)
			return -EIO;
		f->pipe->len -= (size_t)n;
		*len += (uint32_t)n;
	}
	return 0;
}

static int describe_flow(struct flow *f, struct loop_io *to, uint8_t *pending,
			 struct carry_flow *ret)
{
	uint32_t len;
	int r = flow_flush(f, to);

	if (r < 0 || f->rest_len > CARRY_PENDING_MAX)
		return r < 0 ? r : -EMSGSIZE;
	len = f->rest_len;
	if (len != 0)
		memcpy(pending, f->rest + f->rest_at, len);
	r = read_pipe(f, pending, &len);
	*ret = (struct carry_flow){ .bytes = f->bytes,
				    .ended = f->ended,
				    .done = f->done,
				    .pending = pending,
				    .pending_len = len };
	return r;
}

int resume_describe(struct conn *c, uint8_t *pending, struct carry_tunnel *ret_tunnel)
{
	size_t path = c->path != NULL ? strlen(c->path) : 0;
	struct carry_tunnel t = {
		.sent = c->sent,
		.opened_ms = c->opened_ms,
		.active_ms = c->active_ms,
		.born_ms = c->born_ms,
		.meant_port = c->meant_port,
		.tls_version = c->tls_version,
		.tls_ech = c->tls_ech,
		.alarmed = c->alarmed,
		.ticket = c->ticket->record,
		.ticket_len = c->ticket->len,
		.path = (const uint8_t *)c->path,
		.path_len = (uint16_t)path,
	};
	int r = path <= CARRY_PATH_MAX ? 0 : -EMSGSIZE;

	if (r == 0)
		r = cookie_of(c->client->fd, &t.client);
	if (r == 0)
		r = cookie_of(c->origin->fd, &t.origin);
	if (r == 0)
		r = describe_flow(&c->up, c->origin, pending, &t.up);
	if (r == 0)
		r = describe_flow(&c->down, c->client, pending + CARRY_PENDING_MAX,
				  &t.down);
	if (r < 0)
		return r;
	limit_settle(c);
	*ret_tunnel = t;
	return 0;
}

static int take_fd(struct loop_io **io)
{
	int fd = (*io)->fd;

	loop_io_free(*io);
	*io = NULL;
	return fd;
}

void resume_leave(struct conn *c, int *ret_client, int *ret_origin)
{
	*ret_client = take_fd(&c->client);
	*ret_origin = take_fd(&c->origin);
	free(c->ticket);
	c->ticket = NULL; /* who goes on with it writes the record */
	conn_end(c, REASON_SHUTDOWN);
}

static void on_io(struct loop_io *io)
{
	relay_event(io->user);
}

static void on_again(void *user)
{
	relay_event(user);
}

static void on_timer(void *user)
{
	relay_timeout(user);
}

static int fill_flow(struct flow *f, const struct carry_flow *from)
{
	f->bytes = from->bytes;
	f->ended = from->ended;
	f->done = from->done;
	return flow_queue(f, (const char *)from->pending, from->pending_len);
}

static int fill(struct conn *c, const struct carry_tunnel *t)
{
	int r = fill_flow(&c->up, &t->up);

	if (r == 0)
		r = fill_flow(&c->down, &t->down);
	c->ticket = malloc(sizeof(*c->ticket) + t->ticket_len);
	if (t->path_len != 0)
		c->path = strndup((const char *)t->path, t->path_len);
	if (r < 0 || c->ticket == NULL || (t->path_len != 0 && c->path == NULL))
		return -ENOMEM;
	c->ticket->len = t->ticket_len;
	memcpy(c->ticket->record, t->ticket, t->ticket_len);
	return 0;
}

static struct addr peer_of(int fd, uint16_t *ret_port)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &len) == -1)
		return (struct addr){ 0 };
	return addr_unmap(addr_from_sockaddr((const struct sockaddr *)&ss, ret_port));
}

/* Who it is, the kernel says; the rest is taken over. */
static struct conn *make(struct worker *w, const struct carry_tunnel *t,
			 const struct record *open, int client, int origin)
{
	struct conn *c = calloc(1, sizeof(*c));
	uint16_t port = 0;

	if (c == NULL)
		return NULL;
	*c = (struct conn){
		.w = w,
		.timer = { .fn = on_timer, .user = c },
		.again = { .fn = on_again, .user = c },
		.mark = conn_mark_of(client),
		.state = CONN_RELAY,
		.resumed = true,
		.id = open->conn,
		.sent = t->sent,
		.opened_ms = t->opened_ms,
		.active_ms = t->active_ms,
		.born_ms = t->born_ms,
		.counted = t->up.bytes,
		.meant_port = t->meant_port,
		.tls_version = t->tls_version,
		.tls_ech = t->tls_ech,
		.alarmed = t->alarmed,
		.served = true,
	};
	c->src = peer_of(client, &c->src_port);
	c->dst = peer_of(origin, &port);
	return c;
}

static void unmake(struct conn *c)
{
	loop_io_free(c->client);
	loop_io_free(c->origin);
	loop_timer_clear(c->w->loop, &c->timer);
	flow_clear(&c->up, &c->w->tools);
	flow_clear(&c->down, &c->w->tools);
	free(c->ticket);
	conn_free(c);
}

static int set_up(struct conn *c, const struct carry_tunnel *t, const struct record *open,
		  int client, int origin)
{
	int r;

	/* the sockets have to be those that the record is about */
	if (!addr_equal(c->src, open->src) || c->src_port != open->src_port ||
	    c->dst.family == 0)
		return -ENOTCONN;
	r = fill(c, t);
	if (r == 0)
		r = loop_timer_set(c->w->loop, &c->timer, limit_wait_ms(c));
	if (r == 0)
		r = loop_io_new(c->w->loop, client, LOOP_EDGE, on_io, c, &c->client);
	if (r == 0)
		r = loop_io_new(c->w->loop, origin, LOOP_EDGE, on_io, c, &c->origin);
	return r == 0 ? worker_adopt(c->w, c) : r;
}

int resume_tunnel(struct worker *w, const struct carry_tunnel *t,
		  const struct record *open, int client, int origin)
{
	struct conn *c = make(w, t, open, client, origin);
	int r;

	if (c == NULL)
		return -ENOMEM;
	r = set_up(c, t, open, client, origin);
	if (r < 0) {
		unmake(c);
		return r;
	}
	if (!judge_again(c, loop_wall_us(w->loop) / 1000000) && !limit_revise(c))
		revise_note_until(w, c->until);
	return 0;
}
