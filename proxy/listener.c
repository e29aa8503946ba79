/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/mem.h"

#define BACKLOG         4096
#define ACCEPTS_MAX     64 /* in one wake-up */
#define ACCEPT_PAUSE_MS 100

struct listener {
	struct worker *w;
	int fd;
	struct loop_io *io; /* NULL while accepting pauses */
	struct loop_timer pause;
};

static void pause_accepting(struct listener *l)
{
	if (loop_timer_set(l->w->loop, &l->pause, ACCEPT_PAUSE_MS) < 0)
		return; /* it tries again at once, and so does not sleep for ever */
	loop_io_free(l->io);
	l->io = NULL;
	l->w->metrics.limits[METRICS_LIMIT_DESCRIPTORS]++;
}

static void on_connection(struct loop_io *io)
{
	struct listener *l = io->user;

	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		int fd = accept4(io->fd, (struct sockaddr *)&ss, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd != -1) {
			worker_accept(l->w, fd, (const struct sockaddr *)&ss);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			pause_accepting(l);
			break;
		}
		if (errno != ECONNABORTED && errno != EINTR)
			break;
	}
}

/* Level-triggered, and one worker is woken for a connection, not all. */
static int watch(struct listener *l)
{
	return loop_io_new(l->w->loop, l->fd, EPOLLIN | EPOLLEXCLUSIVE, on_connection, l,
			   &l->io);
}

static void on_pause_over(void *user)
{
	struct listener *l = user;

	if (watch(l) < 0 && loop_timer_set(l->w->loop, &l->pause, ACCEPT_PAUSE_MS) < 0)
		log_err("proxyd", "a worker cannot accept connections any more");
}

int listener_new(struct worker *w, int fd, struct listener **ret_listener)
{
	struct listener *l = calloc(1, sizeof(*l));
	int r;

	if (l == NULL)
		return -ENOMEM;
	*l = (struct listener){ .w = w, .fd = fd };
	l->pause = (struct loop_timer){ .fn = on_pause_over, .user = l };
	r = watch(l);
	if (r < 0) {
		free(l);
		return r;
	}
	*ret_listener = l;
	return 0;
}

void listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	loop_timer_clear(l->w->loop, &l->pause);
	loop_io_free(l->io);
	free(l);
}

int listener_port_of(int fd, uint16_t *ret_port)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return -errno;
	return addr_from_sockaddr((const struct sockaddr *)&ss, ret_port).family != 0
		       ? 0
		       : -EINVAL;
}

int listener_open(uint16_t port, int *ret_fd)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	CLEANUP(close_p) int fd = -1;
	int on = 1, off = 0;

	fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	/* TCP_NODELAY goes over to every accepted connection */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1 ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)) == -1 ||
	    listen(fd, BACKLOG) == -1)
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}
