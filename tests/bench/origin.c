/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_origin - the servers behind the proxies
 *
 *     bench_origin
 *
 * Port 443: reads a ClientHello and does what it asks for (wire.h). Port 8080: HTTP/1.1,
 * 1 KiB to every request. One thread, one epoll, edge-triggered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/wire.h"

#define EVENTS_MAX  256
#define INPUT_MAX   2048
#define STREAM_TURN (512u << 10) /* then the other streams have theirs */
#define HTTP_HEAD \
	"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/octet-stream\r\n" \
	"Content-Length: 1024\r\n\r\n"
#define HTTP_LEN (sizeof(HTTP_HEAD) - 1 + WIRE_REPLY_LEN)

enum state { HTTP, HELLO, DRAIN, ECHOES, STREAM };

struct conn {
	int fd;
	enum state state;
	size_t len; /* of input */
	off_t at; /* in the stream */
	bool writable, queued, dead;
	struct conn *next;
	char input[INPUT_MAX + 1];
};

static int epoll_fd, stream_fd;
static struct conn *queue, *dead;
static uint8_t reply[WIRE_REPLY_LEN];
static char http[HTTP_LEN];

static void conn_end(struct conn *c)
{
	if (c->dead)
		return;
	(void)close(c->fd);
	c->dead = true;
	if (c->queued)
		return;
	c->next = dead;
	dead = c;
}

static bool send_all(struct conn *c, const void *data, size_t len)
{
	/* small, and never with anything before it: the socket's buffer takes it */
	return send(c->fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool wants_close(const char *head)
{
	const char *line_end = strstr(head, "\r\n");

	return strcasestr(head, "\nconnection: close") != NULL ||
	       (line_end - head > 8 && memcmp(line_end - 8, "HTTP/1.0", 8) == 0 &&
		strcasestr(head, "\nconnection: keep-alive") == NULL);
}

/* Answer every whole head in the input. */
static bool on_http(struct conn *c)
{
	char *end;

	for (;;) {
		size_t used;
		bool last;

		c->input[c->len] = '\0';
		end = strstr(c->input, "\r\n\r\n");
		if (end == NULL)
			return c->len < INPUT_MAX;
		end[2] = '\0';
		last = wants_close(c->input);
		used = (size_t)(end - c->input) + 4;
		if (!send_all(c, http, sizeof(http)) || last)
			return false;
		c->len -= used;
		memmove(c->input, c->input + used, c->len);
		if (c->len == 0)
			return true;
	}
}

static void stream_later(struct conn *c)
{
	if (c->queued)
		return;
	c->queued = true;
	c->next = queue;
	queue = c;
}

static void stream(struct conn *c)
{
	size_t sent = 0;

	while (c->writable && sent < STREAM_TURN) {
		ssize_t n;

		if (c->at == WIRE_STREAM_LEN)
			c->at = 0;
		n = sendfile(c->fd, stream_fd, &c->at,
			     WIRE_STREAM_LEN - (size_t)c->at < STREAM_TURN
				     ? WIRE_STREAM_LEN - (size_t)c->at
				     : STREAM_TURN);
		if (n == -1 && errno != EAGAIN) {
			conn_end(c);
			return;
		}
		if (n <= 0)
			c->writable = false;
		else
			sent += (size_t)n;
	}
	if (c->writable)
		stream_later(c);
}

static bool on_hello(struct conn *c)
{
	enum wire_mode mode;
	size_t end = wire_hello_end((const uint8_t *)c->input, c->len, &mode);

	if (end == 0)
		return true;
	if (end == SIZE_MAX || !send_all(c, reply, sizeof(reply)))
		return false;
	c->state = mode == WIRE_STREAM ? STREAM : mode == WIRE_ECHO ? ECHOES : DRAIN;
	return c->state != ECHOES || c->len == end ||
	       send_all(c, c->input + end, c->len - end);
}

static bool on_input(struct conn *c, size_t n)
{
	switch (c->state) {
	case HTTP:
		c->len += n;
		return on_http(c);
	case HELLO:
		c->len += n;
		return on_hello(c);
	case ECHOES:
		return send_all(c, c->input, n);
	case STREAM:
	case DRAIN:
		break;
	}
	return true;
}

static void receive(struct conn *c, bool ended)
{
	for (;;) {
		size_t at = c->state == HTTP || c->state == HELLO ? c->len : 0;
		size_t room = INPUT_MAX - at;
		ssize_t n = recv(c->fd, c->input + at, room, 0);

		if (n == -1 && errno == EAGAIN)
			return;
		if (n <= 0 || !on_input(c, (size_t)n)) {
			conn_end(c);
			return;
		}
		if ((size_t)n < room && !ended)
			return; /* an edge tells when there is more */
	}
}

static void on_conn(struct conn *c, uint32_t events)
{
	bool ended = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;

	if (c->dead)
		return;
	if ((events & EPOLLOUT) != 0)
		c->writable = true;
	if ((events & EPOLLIN) != 0 || ended)
		receive(c, ended);
	if (!c->dead && c->state == STREAM && !c->queued)
		stream(c);
}

static void accept_all(int listener, enum state state)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		struct conn *c = malloc(sizeof(*c));
		struct epoll_event ev = {
			.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
			.data.ptr = c,
		};

		if (c == NULL)
			wire_die("malloc");
		c->fd = fd;
		c->state = state;
		c->len = 0;
		c->at = 0;
		c->writable = c->queued = c->dead = false;
		if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) == -1)
			wire_die("epoll_ctl");
	}
	if (errno != EAGAIN && errno != ECONNABORTED)
		wire_die("accept");
}

static void run_queue(void)
{
	struct conn *c = queue, *next;

	queue = NULL;
	for (; c != NULL; c = next) {
		next = c->next;
		c->queued = false;
		if (!c->dead) {
			stream(c);
			continue;
		}
		c->next = dead;
		dead = c;
	}
	while (dead != NULL) {
		c = dead;
		dead = c->next;
		free(c);
	}
}

static int listen_on(uint16_t port, void *tag)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = tag };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 ||
	    listen(fd, 8192) == -1 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) == -1)
		wire_die("listen");
	return fd;
}

static void prepare(void)
{
	uint8_t *stream_bytes;

	wire_reply(reply);
	memcpy(http, HTTP_HEAD, sizeof(HTTP_HEAD) - 1);
	memcpy(http + sizeof(HTTP_HEAD) - 1, reply, sizeof(reply));
	stream_fd = memfd_create("stream", MFD_CLOEXEC);
	if (stream_fd == -1 || ftruncate(stream_fd, WIRE_STREAM_LEN) == -1)
		wire_die("memfd");
	stream_bytes = mmap(NULL, WIRE_STREAM_LEN, PROT_WRITE, MAP_SHARED, stream_fd, 0);
	if (stream_bytes == MAP_FAILED)
		wire_die("mmap");
	wire_stream(stream_bytes);
	(void)munmap(stream_bytes, WIRE_STREAM_LEN);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
}

int main(void)
{
	static int tag[2];
	struct epoll_event event[EVENTS_MAX];
	int tls, plain;

	(void)signal(SIGPIPE, SIG_IGN);
	prepare();
	tls = listen_on(WIRE_TLS_PORT, &tag[0]);
	plain = listen_on(WIRE_HTTP_PORT, &tag[1]);
	for (;;) {
		int n = epoll_wait(epoll_fd, event, EVENTS_MAX, queue != NULL ? 0 : -1);

		for (int i = 0; i < n; i++) {
			if (event[i].data.ptr == &tag[0])
				accept_all(tls, HELLO);
			else if (event[i].data.ptr == &tag[1])
				accept_all(plain, HTTP);
			else
				on_conn(event[i].data.ptr, event[i].events);
		}
		run_queue();
	}
}
