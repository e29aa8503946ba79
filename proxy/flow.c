/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/flow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define FULL_CHUNKS 2 /* in a row: bulk has begun */
#define BUDGET      (1024 * 1024) /* bytes a direction moves in one go */
#define BULK_MIN    FLOW_CHUNK /* in one go, or it is over and the pipe goes back */
#define READABLE    ((uint32_t)(EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))

static void set_unready(struct loop_io *io, uint32_t bits)
{
	io->ready &= ~bits;
}

/* Bytes sent; 0: none now; -EPIPE. */
static ssize_t send_some(struct loop_io *to, const char *p, size_t len)
{
	ssize_t n;

	do {
		n = send(to->fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n == -1 && errno != EAGAIN && errno != EWOULDBLOCK)
		return -EPIPE;
	if (n < (ssize_t)len)
		set_unready(to, EPOLLOUT);
	return n == -1 ? 0 : n;
}

int flow_queue(struct flow *f, const char *data, size_t len)
{
	char *p;

	if (len == 0)
		return 0;
	p = malloc(f->rest_len + len);
	if (p == NULL)
		return -ENOMEM;
	if (f->rest_len != 0)
		memcpy(p, f->rest + f->rest_at, f->rest_len);
	memcpy(p + f->rest_len, data, len);
	free(f->rest);
	f->rest = p;
	f->rest_at = 0;
	f->rest_len += (uint32_t)len;
	return 0;
}

int flow_send(struct flow *f, struct loop_io *to, const char *data, size_t len)
{
	ssize_t n = f->rest_len == 0 && len != 0 ? send_some(to, data, len) : 0;

	if (n < 0)
		return (int)n;
	return flow_queue(f, data + n, len - (size_t)n);
}

int flow_flush(struct flow *f, struct loop_io *to)
{
	ssize_t n;

	if (f->rest_len == 0 || (to->ready & (EPOLLOUT | EPOLLHUP | EPOLLERR)) == 0)
		return 0;
	n = send_some(to, f->rest + f->rest_at, f->rest_len);
	if (n < 0)
		return (int)n;
	f->rest_at += (uint32_t)n;
	f->rest_len -= (uint32_t)n;
	if (f->rest_len == 0) {
		free(f->rest);
		f->rest = NULL;
		f->rest_at = 0;
	}
	return 0;
}

ssize_t flow_read(struct loop_io *from, char *chunk, size_t size)
{
	ssize_t n;

	if ((from->ready & READABLE) == 0)
		return -EAGAIN;
	do {
		n = recv(from->fd, chunk, size, MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n == -1) {
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return -errno;
		set_unready(from, EPOLLIN);
		return -EAGAIN;
	}
	/* less than asked for: the queue was empty, and what comes later is a new event */
	if (n > 0 && (size_t)n < size && (from->ready & (EPOLLRDHUP | EPOLLHUP)) == 0)
		set_unready(from, EPOLLIN);
	return n;
}

static void begin_bulk(struct flow *f, struct flow_tools *tools)
{
	f->full = 0;
	f->pipe = pipes_take(&tools->pipes);
}

static void end_bulk(struct flow *f, struct flow_tools *tools)
{
	pipes_give(&tools->pipes, f->pipe);
	f->pipe = NULL;
}

/* From the pipe to the sink. Returns bytes, 0 (it takes none now) or a negative errno. */
static ssize_t empty_pipe(struct flow *f, struct loop_io *to)
{
	ssize_t n;

	if ((to->ready & (EPOLLOUT | EPOLLHUP | EPOLLERR)) == 0)
		return 0;
	n = splice(f->pipe->read, NULL, to->fd, NULL, f->pipe->len,
		   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		set_unready(to, EPOLLOUT);
		return 0;
	}
	if (n <= 0)
		return -EPIPE;
	f->pipe->len -= (size_t)n;
	return n;
}

/* From the source into the empty pipe. Returns bytes, 0 (its end), -EAGAIN or others. */
static ssize_t fill_pipe(struct flow *f, struct loop_io *from)
{
	ssize_t n;

	if ((from->ready & READABLE) == 0)
		return -EAGAIN;
	n = splice(from->fd, NULL, f->pipe->write, NULL, PIPES_SIZE,
		   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n == -1 && errno == EINTR)
		return -EAGAIN;
	if (n == -1) {
		if (errno == EAGAIN)
			set_unready(from, EPOLLIN);
		return -errno;
	}
	f->pipe->len = (size_t)n;
	return n;
}

/* Returns bytes moved, 0 (the source's end), -EAGAIN (wait) or others. */
static ssize_t splice_once(struct flow *f, struct loop_io *from, struct loop_io *to,
			   struct flow_tools *tools, size_t moved)
{
	ssize_t n;

	if (f->pipe->len != 0) {
		n = empty_pipe(f, to);
		return n == 0 ? -EAGAIN : n;
	}
	n = fill_pipe(f, from);
	if (n > 0)
		f->bytes += (uint64_t)n;
	else if (n != -EAGAIN || moved < BULK_MIN)
		end_bulk(f, tools);
	return n;
}

static ssize_t copy_once(struct flow *f, struct loop_io *from, struct loop_io *to,
			 struct flow_tools *tools)
{
	ssize_t n;
	int r;

	n = flow_read(from, tools->chunk, FLOW_CHUNK);
	if (n <= 0)
		return n;
	f->bytes += (uint64_t)n;
	r = flow_send(f, to, tools->chunk, (size_t)n);
	if (r < 0)
		return r;
	f->full = n == FLOW_CHUNK ? (uint8_t)(f->full + 1) : 0;
	if (f->full == FULL_CHUNKS)
		begin_bulk(f, tools);
	return n;
}

static int finish(struct flow *f, struct loop_io *to)
{
	f->done = true;
	if (f->last)
		return 0; /* the socket is closed right after */
	return shutdown(to->fd, SHUT_WR) == 0 || errno == ENOTCONN ? 0 : -EPIPE;
}

int flow_pump(struct flow *f, struct loop_io *from, struct loop_io *to,
	      struct flow_tools *tools)
{
	size_t moved = 0;

	while (!f->done) {
		ssize_t n = flow_flush(f, to);

		if (n < 0)
			return (int)n;
		if (f->rest_len != 0)
			return 0;
		if (f->ended)
			return finish(f, to);
		if (moved >= BUDGET)
			return 1;
		n = f->pipe != NULL ? splice_once(f, from, to, tools, moved)
				    : copy_once(f, from, to, tools);
		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		if (n == 0)
			f->ended = true;
		moved += (size_t)n;
	}
	return 0;
}

void flow_clear(struct flow *f, struct flow_tools *tools)
{
	free(f->rest);
	f->rest = NULL;
	f->rest_len = 0;
	end_bulk(f, tools);
}
