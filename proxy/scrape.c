/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/scrape.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/http1.h"

#define HEAD_MAX 256

struct peer {
	struct scrape *scrape;
	int fd; /* -1: a free place */
	sd_event_source *io, *deadline;
	size_t len;
	char request[SCRAPE_REQUEST_MAX];
};

struct scrape {
	sd_event *event;
	sd_event_source *listener;
	scrape_fn *fn;
	void *user;
	struct peer peer[SCRAPE_PEERS_MAX];
	char answer[HEAD_MAX + METRICS_MAX];
};

static void peer_close(struct peer *p)
{
	if (p->fd == -1)
		return;
	p->io = sd_event_source_disable_unref(p->io);
	p->deadline = sd_event_source_disable_unref(p->deadline);
	(void)close(p->fd);
	p->fd = -1;
}

static bool span_equals(struct http1_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

/* The status line's end of the answer to a request. */
static const char *status_of(const char *request, size_t len)
{
	struct http1_head h;

	if (http1_parse_request(request, len, &h) < 0)
		return "400 Bad Request";
	if (!span_equals(h.target, "/metrics"))
		return "404 Not Found";
	return http1_method_is(&h, "GET") ? "200 OK" : "405 Method Not Allowed";
}

/* All of it fits into the socket's buffer; whoever takes no more gets no more. */
static void answer(struct peer *p, const char *status)
{
	struct scrape *s = p->scrape;
	struct proxy_metrics m = { 0 };
	char body[METRICS_MAX];
	size_t len = 0;
	int n;

	if (status[0] == '2') {
		s->fn(s->user, &m);
		len = metrics_write(&m, body);
	}
	n = snprintf(s->answer, HEAD_MAX,
		     "HTTP/1.1 %s\r\nContent-Type: " METRICS_CONTENT_TYPE
		     "\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
		     status, len);
	if (n > 0 && n < HEAD_MAX) {
		memcpy(s->answer + n, body, len);
		(void)send(p->fd, s->answer, (size_t)n + len,
			   MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	peer_close(p);
}

static int on_peer(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct peer *p = user;
	size_t scan = 0;
	ssize_t n = recv(fd, p->request + p->len, sizeof(p->request) - p->len,
			 MSG_DONTWAIT),
		end;

	(void)source;
	(void)events;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		peer_close(p);
		return 0;
	}
	p->len += (size_t)n;
	end = http1_head_end(p->request, p->len, &scan);
	if (end > 0)
		answer(p, status_of(p->request, (size_t)end));
	else if (end < 0)
		answer(p, "400 Bad Request");
	else if (p->len == sizeof(p->request))
		answer(p, "431 Request Header Fields Too Large");
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t us, void *user)
{
	(void)source;
	(void)us;
	peer_close(user);
	return 0;
}

static int watch(struct scrape *s, struct peer *p)
{
	int r = sd_event_add_io(s->event, &p->io, p->fd, EPOLLIN, on_peer, p);

	if (r >= 0)
		r = sd_event_add_time_relative(s->event, &p->deadline, CLOCK_MONOTONIC,
					       (uint64_t)SCRAPE_MS * 1000, 0, on_deadline,
					       p);
	return r;
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct scrape *s = user;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)source;
	(void)events;
	for (size_t i = 0; peer != -1 && i < SCRAPE_PEERS_MAX; i++) {
		struct peer *p = &s->peer[i];

		if (p->fd != -1)
			continue;
		p->fd = peer;
		p->len = 0;
		if (watch(s, p) < 0)
			peer_close(p);
		return 0;
	}
	if (peer != -1)
		(void)close(peer); /* all places are taken */
	return 0;
}

int scrape_new(sd_event *event, int listen_fd, scrape_fn *fn, void *user,
	       struct scrape **ret_scrape)
{
	struct scrape *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return -ENOMEM;
	s->fn = fn;
	s->user = user;
	for (size_t i = 0; i < SCRAPE_PEERS_MAX; i++) {
		s->peer[i].scrape = s;
		s->peer[i].fd = -1;
	}
	s->event = sd_event_ref(event);
	r = sd_event_add_io(event, &s->listener, listen_fd, EPOLLIN, on_listener, s);
	if (r < 0) {
		scrape_free(s);
		return r;
	}
	*ret_scrape = s;
	return 0;
}

void scrape_free(struct scrape *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < SCRAPE_PEERS_MAX; i++)
		peer_close(&s->peer[i]);
	(void)sd_event_source_disable_unref(s->listener);
	(void)sd_event_unref(s->event);
	free(s);
}
