/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/mem.h"

#define BACKLOG         1024
#define ACCEPTS_MAX     64 /* in one wake-up */
#define ACCEPT_PAUSE_MS 100

struct listener {
	struct worker *w;
	int fd;
	uint16_t port;
	sd_event_source *io;
	sd_event_source *pause;
};

static void pause_accepting(struct listener *l)
{
	(void)sd_event_source_set_enabled(l->io, SD_EVENT_OFF);
	(void)sd_event_source_set_time_relative(l->pause, ACCEPT_PAUSE_MS * 1000u);
	(void)sd_event_source_set_enabled(l->pause, SD_EVENT_ONESHOT);
}

static int on_pause_over(sd_event_source *s, uint64_t usec, void *user)
{
	struct listener *l = user;

	(void)s;
	(void)usec;
	return sd_event_source_set_enabled(l->io, SD_EVENT_ON) < 0 ? -EIO : 0;
}

static int on_connection(sd_event_source *s, int listen_fd, uint32_t revents, void *user)
{
	struct listener *l = user;

	(void)s;
	(void)revents;
	for (int i = 0; i < ACCEPTS_MAX; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		int fd = accept4(listen_fd, (struct sockaddr *)&ss, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd != -1) {
			worker_accept(l->w, fd, (const struct sockaddr *)&ss);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			pause_accepting(l);
		if (errno != ECONNABORTED && errno != EINTR)
			break;
	}
	return 0;
}

static int port_of(int fd, uint16_t *ret_port)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1)
		return -errno;
	return addr_from_sockaddr((const struct sockaddr *)&ss, ret_port).family != 0
		       ? 0
		       : -EINVAL;
}

static int open_port(uint16_t port, int *ret_fd)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	CLEANUP(close_p) int fd = -1;
	int on = 1, off = 0;

	fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == -1 ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)) == -1 ||
	    listen(fd, BACKLOG) == -1)
		return -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static bool take_activated(struct listener *l, uint16_t port, int *activated)
{
	int r = *activated >= 0 ? port_of(*activated, &l->port) : -ENOENT;

	if (r < 0 || (port != 0 && l->port != port) ||
	    fcntl(*activated, F_SETFL, O_NONBLOCK) == -1)
		return false;
	l->fd = steal_fd(activated);
	return true;
}

int listener_new(sd_event *event, struct worker *w, uint16_t port, int *activated,
		 struct listener **ret_listener)
{
	struct listener *l = calloc(1, sizeof(*l));
	int r = 0;

	if (l == NULL)
		return -ENOMEM;
	*l = (struct listener){ .w = w, .fd = -1 };
	if (!take_activated(l, port, activated)) {
		l->port = port;
		r = open_port(port, &l->fd);
	}
	if (r >= 0)
		r = sd_event_add_io(event, &l->io, l->fd, EPOLLIN, on_connection, l);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &l->pause, CLOCK_MONOTONIC, 0, 0,
					       on_pause_over, l);
	if (r >= 0)
		r = sd_event_source_set_enabled(l->pause, SD_EVENT_OFF);
	if (r < 0) {
		listener_free(l);
		return r;
	}
	*ret_listener = l;
	return 0;
}

void listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	(void)sd_event_source_disable_unref(l->io);
	(void)sd_event_source_disable_unref(l->pause);
	if (l->fd != -1)
		(void)close(l->fd);
	free(l);
}

uint16_t listener_port(const struct listener *l)
{
	return l->port;
}
