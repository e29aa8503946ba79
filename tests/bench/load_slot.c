/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/load.h"

#define INPUT_MAX   (256u << 10)
#define DISCARD_MAX (1u << 20)
#define VERIFY_LEN  (80u << 20)

static uint8_t input[INPUT_MAX];

static void forget(struct load_slot *s)
{
	if (s->fd != -1)
		(void)close(s->fd);
	s->fd = -1;
	s->ended = false;
	s->opened = false;
	free(s->head);
	s->head = NULL;
	s->head_len = 0;
}

void slot_fail(struct load_slot *s, enum load_error error)
{
	s->stream->error[error]++;
	forget(s);
	load_done(s, false);
}

static void fail_errno(struct load_slot *s)
{
	slot_fail(s, errno == ECONNREFUSED ? LOAD_REFUSED : LOAD_RESET);
}

static void finish(struct load_slot *s, bool keep)
{
	if (!keep)
		forget(s);
	else
		s->opened = true;
	load_done(s, true);
}

static bool say(struct load_slot *s, const void *data, size_t len)
{
	ssize_t n = send(s->fd, data, len, MSG_NOSIGNAL);

	if (n == (ssize_t)len)
		return true;
	if (s->state == LOAD_HEAD && s->opened)
		return true; /* closed meanwhile: ask_again() when that is read */
	fail_errno(s);
	return false;
}

static size_t hello_of(enum load_kind kind)
{
	return kind == LOAD_TUNNEL ? 0 : kind == LOAD_ECHO ? 1 : 2;
}

static void say_hello(struct load_slot *s)
{
	s->state = LOAD_REPLY;
	s->got = 0;
	s->want = WIRE_REPLY_LEN;
	(void)say(s, load.made[s->name].hello[hello_of(s->stream->kind)],
		  load.made[s->name].hello_len);
}

static void ask(struct load_slot *s)
{
	s->state = LOAD_HEAD;
	if (s->stream->kind == LOAD_HTTP)
		(void)say(s, load.made[s->name].get, load.made[s->name].get_len);
	else if (s->stream->kind == LOAD_DENY)
		(void)say(s, load.denied, load.denied_len);
	else if (load.direct)
		say_hello(s);
	else
		(void)say(s, load.made[s->name].connect, load.made[s->name].connect_len);
}

static void bind_source(int fd)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	int on = 1;

	if (load.source == 0)
		return;
	sa.sin_addr.s_addr = htonl(load.source + load.source_next);
	load.source_next = (load.source_next + 1) % load.source_count;
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1)
		wire_die("bind");
}

static void dial(struct load_slot *s)
{
	struct sockaddr_in to = load.target;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
				  .data.ptr = s };

	if (load.direct)
		to.sin_port = htons(s->stream->kind == LOAD_HTTP ? WIRE_HTTP_PORT
								 : WIRE_TLS_PORT);
	s->state = LOAD_CONNECTING;
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd == -1)
		wire_die("socket");
	bind_source(s->fd);
	if (connect(s->fd, (struct sockaddr *)&to, sizeof(to)) == -1 &&
	    errno != EINPROGRESS) {
		fail_errno(s);
		return;
	}
	if (epoll_ctl(load.epoll_fd, EPOLL_CTL_ADD, s->fd, &ev) == -1)
		wire_die("epoll_ctl");
}

void slot_start(struct load_slot *s, int64_t t0)
{
	s->t0 = t0;
	s->began = wire_now();
	if (s->fd == -1 || !s->stream->stay) {
		s->name = (uint8_t)load.name_next;
		load.name_next = (load.name_next + 1) % load.name_count;
	}
	s->head_len = 0;
	if (s->fd == -1)
		dial(s);
	else
		ask(s);
}

void slot_message(struct load_slot *s, int64_t t0)
{
	s->t0 = t0;
	s->began = wire_now();
	s->state = LOAD_ANSWER;
	s->got = 0;
	s->want = WIRE_ECHO_LEN;
	(void)say(s, load.echo, sizeof(load.echo));
}

/* --- what comes back --- */

static bool head_says(const char *head, const char *field, const char *value)
{
	const char *at = strcasestr(head, field), *end;

	if (at == NULL)
		return false;
	at += strlen(field);
	end = strstr(at, "\r\n");
	at = strcasestr(at, value);
	return at != NULL && end != NULL && at < end;
}

/* The head (NUL-terminated) is whole. Returns false when the slot is done for. */
static bool on_head(struct load_slot *s, const char *head)
{
	const char *length = strcasestr(head, "\ncontent-length:");
	enum load_kind kind = s->stream->kind;
	bool good = strncmp(head, "HTTP/1.", 7) == 0 && strncmp(head + 8, " 2", 2) == 0;
	bool old = head[7] == '0';

	if (kind == LOAD_DENY) {
		if (good)
			s->stream->through++;
		good = strncmp(head, "HTTP/1.", 7) == 0 && head[9] == '4';
	}
	if (!good) {
		slot_fail(s, LOAD_STATUS);
		return false;
	}
	if (kind != LOAD_HTTP && kind != LOAD_DENY) {
		if (load_counts(s->stream, s->t0, wire_now()))
			load_record(&s->stream->to_head, wire_now() - s->t0);
		say_hello(s);
		return s->fd != -1;
	}
	s->close = head_says(head, "\nconnection:", "close") ||
		   (old && !head_says(head, "\nconnection:", "keep-alive"));
	s->state = LOAD_BODY;
	s->got = 0;
	s->want = length != NULL ? (size_t)strtoul(length + 16, NULL, 10)
		  : s->close     ? SIZE_MAX
				 : 0;
	if (kind == LOAD_HTTP && s->want != WIRE_REPLY_LEN && s->want != SIZE_MAX) {
		slot_fail(s, LOAD_CONTENT);
		return false;
	}
	return true;
}

/* Collect the head. Returns how much of (data, len) it took; the state tells the rest. */
static size_t take_head(struct load_slot *s, const uint8_t *data, size_t len)
{
	size_t before = s->head_len, part = len;
	char *end;

	if (s->head == NULL && (s->head = malloc(LOAD_HEAD_MAX + 1)) == NULL)
		wire_die("malloc");
	if (part > LOAD_HEAD_MAX - before)
		part = LOAD_HEAD_MAX - before;
	memcpy(s->head + before, data, part);
	s->head_len += part;
	s->head[s->head_len] = '\0';
	end = strstr(s->head, "\r\n\r\n");
	if (end == NULL) {
		if (s->head_len == LOAD_HEAD_MAX)
			slot_fail(s, LOAD_CONTENT);
		return len;
	}
	end[4] = '\0';
	s->head_len = 0;
	part = (size_t)(end - s->head) + 4 - before;
	if (!on_head(s, s->head))
		return len;
	return part;
}

static void body_done(struct load_slot *s)
{
	bool keep = s->stream->kind == LOAD_HTTP && !s->close && !s->ended;

	if (s->stream->kind == LOAD_HTTP && s->got != WIRE_REPLY_LEN) {
		slot_fail(s, LOAD_CONTENT);
		return;
	}
	if (s->stream->kind == LOAD_HTTP && !keep)
		s->stream->reconnects++;
	finish(s, keep);
}

static void reply_done(struct load_slot *s)
{
	switch (s->stream->kind) {
	case LOAD_ECHO:
		s->state = LOAD_PARKED;
		s->opened = true;
		s->stream->opened++;
		free(s->head); /* thousands of them stay */
		s->head = NULL;
		load_done(s, true);
		break;
	case LOAD_BULK:
		/* by level from here on: every stream has its turn */
		(void)epoll_ctl(
			load.epoll_fd, EPOLL_CTL_MOD, s->fd,
			&(struct epoll_event){ .events = EPOLLIN, .data.ptr = s });
		s->state = LOAD_STREAMING;
		break;
	case LOAD_VERIFY:
		s->state = LOAD_STREAMING;
		s->got = 0;
		break;
	default:
		finish(s, false);
	}
}

static void check_stream(struct load_slot *s, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != load.stream_bytes[(s->got + i) % WIRE_STREAM_LEN]) {
			slot_fail(s, LOAD_CONTENT);
			load.stop = true;
			return;
		}
	}
	s->got += len;
	if (s->got >= VERIFY_LEN) {
		s->stream->done = 1;
		load.stop = true;
	}
}

static void take(struct load_slot *s, const uint8_t *data, size_t len)
{
	if (s->state == LOAD_HEAD) {
		size_t used = take_head(s, data, len);

		data += used;
		len -= used;
		if (s->state == LOAD_BODY && s->got == s->want) {
			body_done(s);
			return;
		}
	}
	if (len == 0 || s->fd == -1)
		return;
	if (s->state == LOAD_STREAMING) {
		check_stream(s, data, len);
		return;
	}
	s->got += len;
	if (s->got > s->want) {
		/* a bulk stream begins in the segment that ends the reply */
		size_t more = s->got - s->want;

		if (s->state != LOAD_REPLY) {
			slot_fail(s, LOAD_CONTENT);
			return;
		}
		reply_done(s);
		if (s->state == LOAD_STREAMING && s->stream->kind == LOAD_VERIFY)
			check_stream(s, data + len - more, more);
		return;
	}
	if (s->got < s->want)
		return;
	if (s->state == LOAD_REPLY)
		reply_done(s);
	else if (s->state == LOAD_BODY)
		body_done(s);
	else if (s->state == LOAD_ANSWER) {
		s->state = LOAD_PARKED;
		load_done(s, true);
	} else
		slot_fail(s, LOAD_CONTENT); /* nobody asked */
}

/*
 * A kept connection may be closed between two requests, or as the next one is sent:
 * every client asks on a new one then.
 */
static bool ask_again(struct load_slot *s)
{
	bool between = s->state == LOAD_FREE || s->state == LOAD_WAIT;

	if (s->stream->kind != LOAD_HTTP || !s->opened || s->head_len != 0 ||
	    (!between && s->state != LOAD_HEAD))
		return false;
	forget(s);
	if (between)
		return true; /* slot_start() dials */
	s->stream->reconnects++;
	dial(s);
	return true;
}

static void on_end(struct load_slot *s)
{
	if (ask_again(s))
		return;
	s->ended = true;
	if (s->state == LOAD_BODY &&
	    (s->want == SIZE_MAX || s->stream->kind == LOAD_DENY))
		body_done(s);
	else
		slot_fail(s, LOAD_EOF);
}

static void discard(struct load_slot *s)
{
	ssize_t n = recv(s->fd, NULL, DISCARD_MAX, MSG_TRUNC);

	if (n > 0)
		s->stream->bytes += (uint64_t)n;
	else if (n == 0 || errno != EAGAIN)
		slot_fail(s, n == 0 ? LOAD_EOF : LOAD_RESET);
}

void slot_event(struct load_slot *s, uint32_t events)
{
	int fd = s->fd;

	if (s->state == LOAD_CONNECTING) {
		if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
			int error = 0;
			socklen_t len = sizeof(error);

			(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
			errno = error;
			fail_errno(s);
			return;
		}
		if ((events & EPOLLOUT) == 0)
			return;
		ask(s);
	}
	/* until the socket is dry or another has taken its place */
	while (s->fd == fd && fd != -1 &&
	       (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR)) != 0) {
		size_t room = INPUT_MAX;
		ssize_t n;

		if (s->state == LOAD_STREAMING && s->stream->kind == LOAD_BULK) {
			discard(s);
			return;
		}
		n = recv(fd, input, room, 0);
		if (n == -1 && errno == EAGAIN)
			return;
		if (n == -1 && !ask_again(s))
			fail_errno(s);
		else if (n == 0)
			on_end(s);
		else if (n > 0)
			take(s, input, (size_t)n);
		if (n > 0 && (size_t)n < room && (events & EPOLLRDHUP) == 0)
			return; /* an edge tells when there is more */
		if (n <= 0)
			return;
	}
}
