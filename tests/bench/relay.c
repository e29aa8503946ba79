/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_relay - the practical limit: a relay that decides, parses and records nothing
 *
 *     bench_relay copy|splice LISTEN-ADDRESS PORT ORIGIN-ADDRESS COUNT
 *
 * What begins with CONNECT is swallowed, answered with a canned 200 and connected to
 * port 443 of an origin (COUNT addresses in turn); everything else goes to port 8080 as it is. One thread, one
 * epoll, edge-triggered; a connection is over when either side has ended.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/wire.h"

#define EVENTS_MAX 256
#define CHUNK      (64u << 10)
#define PIPE_LEN   (256 << 10)
#define PIPES_MAX  64 /* kept for the next one in need */
#define TURNS_MAX  16 /* then the others have theirs */
#define REPLY      "HTTP/1.1 200 OK\r\n\r\n"
#define CLIENT     0
#define ORIGIN     1

struct pipe_pair {
	int fd[2];
};

struct end {
	struct relay *relay;
	int fd;
	bool readable, writable, ended; /* ended: its last byte has been sent */
};

/* what one side sent and the other has not taken yet */
struct rest {
	uint8_t *data; /* copy */
	size_t len, at;
	struct pipe_pair pipe; /* splice */
};

struct relay {
	struct end end[2];
	struct rest rest[2]; /* by the side that sent it */
	bool dead, queued;
	struct relay *next;
};

static bool splicing;
static int epoll_fd;
static struct sockaddr_in origin = { .sin_family = AF_INET };
static uint32_t origin_first, origin_count, origin_next;
static struct pipe_pair pool[PIPES_MAX];
static size_t pool_len;
static struct relay *dead, *queue;
static uint8_t chunk[CHUNK];

static void pipe_get(struct pipe_pair *p)
{
	if (pool_len > 0) {
		*p = pool[--pool_len];
		return;
	}
	if (pipe2(p->fd, O_NONBLOCK | O_CLOEXEC) == -1)
		wire_die("pipe2");
	(void)fcntl(p->fd[0], F_SETPIPE_SZ, PIPE_LEN);
}

static void pipe_put(struct pipe_pair *p, bool empty)
{
	if (p->fd[0] == 0)
		return;
	if (empty && pool_len < PIPES_MAX) {
		pool[pool_len++] = *p;
	} else {
		(void)close(p->fd[0]);
		(void)close(p->fd[1]);
	}
	*p = (struct pipe_pair){ 0 };
}

static void relay_end(struct relay *r)
{
	if (r->dead)
		return;
	for (int i = 0; i < 2; i++) {
		if (r->end[i].fd != -1)
			(void)close(r->end[i].fd);
		free(r->rest[i].data);
		pipe_put(&r->rest[i].pipe, r->rest[i].len == 0);
	}
	r->dead = true;
	if (r->queued)
		return;
	r->next = dead;
	dead = r;
}

static void watch(struct end *e)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
				  .data.ptr = e };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, e->fd, &ev) == -1)
		wire_die("epoll_ctl");
}

static int would_block(bool *flag)
{
	if (errno != EAGAIN)
		return -1;
	*flag = false;
	return 0;
}

/* Each pass returns 1 (moved something), 0 (must wait) or -1 (the end). */
static int copy_rest(struct rest *rest, struct end *to)
{
	ssize_t n = send(to->fd, rest->data + rest->at, rest->len, MSG_NOSIGNAL);

	if (n == -1)
		return would_block(&to->writable);
	rest->at += (size_t)n;
	rest->len -= (size_t)n;
	if (rest->len == 0) {
		free(rest->data);
		rest->data = NULL;
	}
	return 1;
}

static int keep_rest(struct rest *rest, const uint8_t *data, size_t len)
{
	rest->data = malloc(len);
	if (rest->data == NULL)
		return -1;
	memcpy(rest->data, data, len);
	rest->at = 0;
	rest->len = len;
	return 0;
}

static int copy_new(struct rest *rest, struct end *from, struct end *to)
{
	ssize_t n = recv(from->fd, chunk, sizeof(chunk), 0), sent;

	if (n == -1)
		return would_block(&from->readable);
	if (n == 0)
		return -1;
	sent = send(to->fd, chunk, (size_t)n, MSG_NOSIGNAL);
	if (sent == -1 && would_block(&to->writable) == -1)
		return -1;
	if (sent < 0)
		sent = 0;
	if (sent < n && keep_rest(rest, chunk + sent, (size_t)(n - sent)) == -1)
		return -1;
	/* less than there was room for: nothing more for now, and an edge will tell */
	if ((size_t)n < sizeof(chunk))
		from->readable = from->ended;
	return 1;
}

static int splice_rest(struct rest *rest, struct end *to)
{
	ssize_t n = splice(rest->pipe.fd[0], NULL, to->fd, NULL, rest->len,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);

	if (n == -1)
		return would_block(&to->writable);
	rest->len -= (size_t)n;
	if (rest->len == 0)
		pipe_put(&rest->pipe, true);
	return 1;
}

static int splice_new(struct rest *rest, struct end *from)
{
	ssize_t n;

	pipe_get(&rest->pipe);
	n = splice(from->fd, NULL, rest->pipe.fd[1], NULL, PIPE_LEN,
		   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n <= 0) {
		pipe_put(&rest->pipe, true);
		return n == 0 ? -1 : would_block(&from->readable);
	}
	rest->len = (size_t)n;
	return 1;
}

static int pass(struct relay *r, int side)
{
	struct rest *rest = &r->rest[side];
	struct end *from = &r->end[side], *to = &r->end[1 - side];

	if (!to->writable || (rest->len == 0 && !from->readable))
		return 0;
	if (rest->len > 0)
		return splicing ? splice_rest(rest, to) : copy_rest(rest, to);
	return splicing ? splice_new(rest, from) : copy_new(rest, from, to);
}

static void run(struct relay *r)
{
	for (int turn = 0; turn < TURNS_MAX; turn++) {
		int up = pass(r, CLIENT), down = up == -1 ? -1 : pass(r, ORIGIN);

		if (up == -1 || down == -1) {
			relay_end(r);
			return;
		}
		if (up == 0 && down == 0)
			return;
	}
	if (r->queued)
		return;
	r->queued = true;
	r->next = queue;
	queue = r;
}

static int dial(struct relay *r, uint16_t port)
{
	struct end *e = &r->end[ORIGIN];

	origin.sin_port = htons(port);
	origin.sin_addr.s_addr = htonl(origin_first + origin_next);
	origin_next = (origin_next + 1) % origin_count;
	e->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (e->fd == -1)
		return -1;
	if (connect(e->fd, (struct sockaddr *)&origin, sizeof(origin)) == -1 &&
	    errno != EINPROGRESS)
		return -1;
	watch(e);
	return 0;
}

/* The first bytes say where to; the CONNECT head itself goes nowhere. */
static int begin(struct relay *r)
{
	struct end *c = &r->end[CLIENT];
	ssize_t n = recv(c->fd, chunk, sizeof(chunk), 0);
	size_t skip = 0;
	const uint8_t *head_end;

	if (n == -1)
		return would_block(&c->readable);
	if (n < 8)
		return -1;
	c->readable = c->ended;
	if (memcmp(chunk, "CONNECT ", 8) == 0) {
		head_end = memmem(chunk, (size_t)n, "\r\n\r\n", 4);
		if (head_end == NULL)
			return -1;
		skip = (size_t)(head_end - chunk) + 4;
		if (send(c->fd, REPLY, sizeof(REPLY) - 1, MSG_NOSIGNAL) == -1)
			return -1;
	}
	if (dial(r, skip > 0 ? WIRE_TLS_PORT : WIRE_HTTP_PORT) == -1)
		return -1;
	if ((size_t)n == skip)
		return 0;
	if (splicing) {
		pipe_get(&r->rest[CLIENT].pipe);
		if (write(r->rest[CLIENT].pipe.fd[1], chunk + skip, (size_t)n - skip) !=
		    (ssize_t)((size_t)n - skip))
			return -1;
		r->rest[CLIENT].len = (size_t)n - skip;
		return 0;
	}
	return keep_rest(&r->rest[CLIENT], chunk + skip, (size_t)n - skip);
}

static void on_end(struct end *e, uint32_t events)
{
	struct relay *r = e->relay;

	if (r->dead)
		return;
	if ((events & (EPOLLERR | EPOLLIN)) == EPOLLERR) { /* refused */
		relay_end(r);
		return;
	}
	if ((events & (EPOLLRDHUP | EPOLLHUP)) != 0)
		e->ended = true;
	if ((events & EPOLLIN) != 0 || e->ended)
		e->readable = true;
	if ((events & EPOLLOUT) != 0)
		e->writable = true;
	if (r->end[ORIGIN].fd != -1)
		run(r);
	else if (e->readable && begin(r) == -1)
		relay_end(r);
}

static void on_listener(int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		struct relay *r = calloc(1, sizeof(*r));

		if (r == NULL)
			wire_die("calloc");
		r->end[CLIENT] = (struct end){ .relay = r, .fd = fd };
		r->end[ORIGIN] = (struct end){ .relay = r, .fd = -1 };
		watch(&r->end[CLIENT]);
	}
}

static void run_queue(void)
{
	struct relay *r = queue, *next;

	queue = NULL;
	for (; r != NULL; r = next) {
		next = r->next;
		r->queued = false;
		if (!r->dead) {
			run(r);
			continue;
		}
		r->next = dead;
		dead = r;
	}
}

static void bury(void)
{
	while (dead != NULL) {
		struct relay *r = dead;

		dead = r->next;
		free(r);
	}
}

static int open_listener(const char *address, const char *port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	sa.sin_port = htons((uint16_t)wire_number(port));
	if (inet_pton(AF_INET, address, &sa.sin_addr) != 1)
		exit(2);
	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1 || listen(fd, 4096) == -1)
		wire_die("listen");
	return fd;
}

int main(int argc, char **argv)
{
	struct epoll_event event[EVENTS_MAX], ev = { .events = EPOLLIN };
	int listener;

	if (argc != 6 || inet_pton(AF_INET, argv[4], &origin.sin_addr) != 1 ||
	    (strcmp(argv[1], "copy") != 0 && strcmp(argv[1], "splice") != 0)) {
		(void)fprintf(stderr,
			      "usage: bench_relay copy|splice LISTEN-ADDRESS PORT "
			      "ORIGIN-ADDRESS COUNT\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	origin_first = ntohl(origin.sin_addr.s_addr);
	origin_count = (uint32_t)wire_number(argv[5]);
	splicing = argv[1][0] == 's';
	listener = open_listener(argv[2], argv[3]);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd == -1 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &ev) == -1)
		wire_die("epoll");
	for (;;) {
		int n = epoll_wait(epoll_fd, event, EVENTS_MAX, queue != NULL ? 0 : -1);

		for (int i = 0; i < n; i++) {
			if (event[i].data.ptr == NULL)
				on_listener(listener);
			else
				on_end(event[i].data.ptr, event[i].events);
		}
		run_queue();
		bury();
	}
}
