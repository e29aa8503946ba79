/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/dialer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/mem.h"

#define GIVE_UP_FACTOR 5 /* 1250 ms: the first repeated SYN (1 s) has its chance */

struct attempt {
	struct loop_io *io;
	uint8_t which; /* index of its address */
};

struct dialer {
	struct loop *l;
	dialer_done *done;
	void *user;
	struct loop_timer timer; /* next attempt, the end, or a failure to report */
	int64_t deadline_ms;
	uint32_t attempt_ms;
	int error; /* of the last attempt that failed */
	uint16_t port;
	uint8_t count, next; /* addresses; the first that was not tried */
	uint8_t open;
	struct attempt attempt[DIALER_OPEN_MAX]; /* the first open ones, oldest first */
	struct addr addr[];
};

static void forget(struct dialer *d, size_t at)
{
	d->open--;
	memmove(&d->attempt[at], &d->attempt[at + 1],
		(d->open - at) * sizeof(d->attempt[0]));
}

static void give_up(struct dialer *d, size_t at)
{
	loop_io_close(d->attempt[at].io);
	forget(d, at);
}

void dialer_cancel(struct dialer *d)
{
	if (d == NULL)
		return;
	while (d->open > 0)
		give_up(d, 0);
	loop_timer_clear(d->l, &d->timer);
	free(d);
}

static void finish(struct dialer *d, int error, struct loop_io *io, struct addr addr)
{
	dialer_done *done = d->done;
	void *user = d->user;

	dialer_cancel(d);
	done(user, error, io, addr);
}

static void fail(struct dialer *d, int error)
{
	finish(d, error, NULL, d->addr[d->next - 1]);
}

static void on_io(struct loop_io *io);

static int attempt_start(struct dialer *d)
{
	CLEANUP(close_p) int fd = -1;
	uint8_t which = d->next++;
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(d->addr[which], d->port, &ss);
	struct loop_io *io;
	int r, on = 1;

	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (const struct sockaddr *)&ss, len) == -1 && errno != EINPROGRESS)
		return -errno;
	/* watched after connect(): one that is connected already is seen as writable */
	r = loop_io_new(d->l, fd, LOOP_EDGE, on_io, d, &io);
	if (r < 0)
		return r;
	(void)steal_fd(&fd);
	d->attempt[d->open++] = (struct attempt){ io, which };
	return 0;
}

static bool is_lost(const struct dialer *d)
{
	return d->open == 0 && d->next == d->count;
}

/* When must something happen that no descriptor tells? */
static int64_t next_ms(const struct dialer *d)
{
	int64_t left = d->deadline_ms - loop_now_ms(d->l);
	int64_t ms = d->attempt_ms;

	if (is_lost(d))
		return 0;
	if (d->open == DIALER_OPEN_MAX)
		ms *= GIVE_UP_FACTOR;
	if (d->next == d->count || ms > left)
		ms = left;
	return ms > 0 ? ms : 0;
}

/* Start one attempt more, with the next address whose connect() does not fail at once. */
static int advance(struct dialer *d)
{
	if (d->next < d->count && d->open == DIALER_OPEN_MAX) {
		d->error = -ETIMEDOUT;
		give_up(d, 0);
	}
	while (d->next < d->count) {
		int r = attempt_start(d);

		if (r == 0)
			break;
		d->error = r;
	}
	return loop_timer_set(d->l, &d->timer, next_ms(d));
}

static void on_timer(void *user)
{
	struct dialer *d = user;
	int r;

	if (is_lost(d)) {
		fail(d, d->error);
		return;
	}
	if (loop_now_ms(d->l) >= d->deadline_ms) {
		fail(d, -ETIMEDOUT);
		return;
	}
	r = advance(d);
	if (r < 0)
		fail(d, r);
}

static void on_failed(struct dialer *d, size_t at)
{
	int error = 0, r;
	socklen_t len = sizeof(error);

	if (getsockopt(d->attempt[at].io->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	/* a connection that came and was reset at once has no error left, perhaps */
	d->error = error != 0 ? -error : -ECONNRESET;
	give_up(d, at);
	r = is_lost(d) ? d->error : d->next < d->count ? advance(d) : 0;
	if (r < 0)
		fail(d, r);
}

static void on_io(struct loop_io *io)
{
	struct dialer *d = io->user;
	size_t at = 0;

	while (d->attempt[at].io != io)
		at++;
	if ((io->ready & (EPOLLERR | EPOLLHUP)) != 0) {
		on_failed(d, at);
	} else if ((io->ready & EPOLLOUT) != 0) {
		struct addr won = d->addr[d->attempt[at].which];

		forget(d, at);
		finish(d, 0, io, won);
	}
}

int dialer_start(struct loop *l, const struct dialer_target *t, dialer_done *done,
		 void *user, struct dialer **ret_dialer)
{
	size_t count = t->count < DIALER_ADDRESSES_MAX ? t->count : DIALER_ADDRESSES_MAX;
	struct dialer *d;
	int r;

	if (count == 0 || t->total_ms == 0)
		return -EINVAL;
	d = malloc(sizeof(*d) + count * sizeof(d->addr[0]));
	if (d == NULL)
		return -ENOMEM;
	memset(d, 0, sizeof(*d));
	d->l = l;
	d->done = done;
	d->user = user;
	d->timer = (struct loop_timer){ .fn = on_timer, .user = d };
	d->deadline_ms = loop_now_ms(l) + t->total_ms;
	d->attempt_ms = t->attempt_ms != 0 ? t->attempt_ms : DIALER_ATTEMPT_MS;
	d->port = t->port;
	d->count = (uint8_t)count;
	memcpy(d->addr, t->addr, count * sizeof(d->addr[0]));
	r = advance(d);
	if (r < 0) {
		dialer_cancel(d);
		return r;
	}
	*ret_dialer = d;
	return 0;
}
