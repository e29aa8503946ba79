/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_pulse - small messages at a steady rate, and when each arrived
 *
 *     bench_pulse receive PORT LOG
 *     bench_pulse udp ADDRESS PORT ID EVERY-US LOG
 *     bench_pulse tcp ADDRESS PORT ID EVERY-US LOG
 *     bench_pulse tunnel PROXY PORT ID EVERY-US LOG HOST:PORT
 *
 * The receiver takes UDP and TCP, and sends every message back. Both sides append
 * (ID, nanoseconds of the monotonic clock) to LOG for each message that they get: 16 bytes.
 * ID 0 is traffic beside what is measured, and in no log. A sender goes on when the
 * network refuses; it ends when its connection does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/wire.h"

#define EVENTS_MAX  64
#define BATCH       64 /* messages that one read takes */
#define NS_PER_US   1000
#define US_PER_S    1000000
#define HEAD_MAX    512
#define CONNECT_GAP 2000 /* us between two attempts */

struct message {
	uint64_t id;
	int64_t sent;
};

struct entry {
	uint64_t id;
	int64_t at;
};

static int open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd == -1)
		wire_die(path);
	return fd;
}

static void note(int log, const struct message *m, size_t count)
{
	struct entry e[BATCH];
	size_t n = 0;
	int64_t now = wire_now();

	for (size_t i = 0; i < count; i++) {
		if (m[i].id != 0)
			e[n++] = (struct entry){ .id = m[i].id, .at = now };
	}
	if (n != 0 && write(log, e, n * sizeof(e[0])) == -1)
		wire_die("log");
}

static int any(int type, uint16_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (const struct sockaddr *)&to, sizeof(to)) == -1 ||
	    (type == SOCK_STREAM && listen(fd, EVENTS_MAX) == -1))
		wire_die("listen");
	return fd;
}

static void watch(int ep, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == -1)
		wire_die("epoll");
}

static void take_datagram(int fd, int log)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	struct message m;

	if (recvfrom(fd, &m, sizeof(m), 0, (struct sockaddr *)&from, &len) != sizeof(m))
		return;
	note(log, &m, 1);
	(void)sendto(fd, &m, sizeof(m), 0, (const struct sockaddr *)&from, len);
}

/* Messages are shorter than segments and go one by one, so they come whole. */
static bool take_stream(int fd, int log, bool answer)
{
	struct message m[BATCH];
	ssize_t n = recv(fd, m, sizeof(m), 0);

	if (n <= 0)
		return n == -1 && (errno == EAGAIN || errno == EINTR);
	note(log, m, (size_t)n / sizeof(m[0]));
	if (answer)
		(void)send(fd, m, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
	return true;
}

static void take_connection(int ep, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;

	if (fd == -1)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	watch(ep, fd);
}

static _Noreturn void receive(uint16_t port, int log)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int udp = any(SOCK_DGRAM, port), tcp = any(SOCK_STREAM, port);
	struct epoll_event ev[EVENTS_MAX];

	watch(ep, udp);
	watch(ep, tcp);
	for (;;) {
		int n = epoll_wait(ep, ev, EVENTS_MAX, -1);

		for (int i = 0; i < n; i++) {
			int fd = ev[i].data.fd;

			if (fd == udp)
				take_datagram(fd, log);
			else if (fd == tcp)
				take_connection(ep, fd);
			else if (!take_stream(fd, log, true))
				(void)close(fd);
		}
	}
}

/* Tries until somebody answers: a SYN that was dropped is not waited for. */
static int dial(const char *address, uint16_t port, int type)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct timeval quick = { .tv_usec = 200000 };

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		wire_die(address);
	for (;;) {
		int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

		if (fd == -1)
			wire_die("socket");
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &quick, sizeof(quick));
		if (type == SOCK_STREAM)
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
			return fd;
		(void)close(fd);
		(void)usleep(CONNECT_GAP);
	}
}

static void ask_tunnel(int fd, const char *target)
{
	char head[HEAD_MAX];
	int len = snprintf(head, sizeof(head), "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n",
			   target, target);
	ssize_t n;

	if (send(fd, head, (size_t)len, MSG_NOSIGNAL) != len)
		wire_die("CONNECT");
	n = recv(fd, head, sizeof(head) - 1, 0);
	if (n < 12 || memcmp(head + 9, "200", 3) != 0)
		wire_die("the tunnel is refused");
}

static _Noreturn void pulse(int fd, uint64_t id, long every_us, int log, bool stream)
{
	const struct timespec step = { .tv_sec = every_us / US_PER_S,
				       .tv_nsec = every_us % US_PER_S * NS_PER_US };
	const struct itimerspec beat = { .it_interval = step, .it_value = step };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	struct epoll_event ev[2];
	uint64_t beats;

	if (timer == -1 || timerfd_settime(timer, 0, &beat, NULL) == -1 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		wire_die("timer");
	watch(ep, fd);
	watch(ep, timer);
	for (;;) {
		int n = epoll_wait(ep, ev, 2, -1);

		for (int i = 0; i < n; i++) {
			struct message m = { .id = id, .sent = wire_now() };

			if (ev[i].data.fd == fd) {
				if (!take_stream(fd, log, false) && stream)
					exit(EXIT_SUCCESS);
			} else if (read(timer, &beats, sizeof(beats)) > 0) {
				(void)send(fd, &m, sizeof(m), MSG_NOSIGNAL);
			}
		}
	}
}

int main(int argc, char **argv)
{
	bool udp = argc > 1 && strcmp(argv[1], "udp") == 0;
	bool tcp = argc > 1 && strcmp(argv[1], "tcp") == 0;
	bool tunnel = argc > 1 && strcmp(argv[1], "tunnel") == 0;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		receive((uint16_t)wire_number(argv[2]), open_log(argv[3]));
	if (argc != (tunnel ? 8 : 7) || (!udp && !tcp && !tunnel)) {
		(void)fputs(
			"usage: bench_pulse receive PORT LOG | udp|tcp|tunnel ADDRESS "
			"PORT ID EVERY-US LOG [HOST:PORT]\n",
			stderr);
		return 2;
	}
	fd = dial(argv[2], (uint16_t)wire_number(argv[3]),
		  udp ? SOCK_DGRAM : SOCK_STREAM);
	if (tunnel)
		ask_tunnel(fd, argv[7]);
	pulse(fd, strtoull(argv[4], NULL, 10), wire_number(argv[5]), open_log(argv[6]),
	      !udp);
}
