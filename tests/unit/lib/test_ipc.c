/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/ipc.h"

#define TYPE_ECHO  1
#define TYPE_OTHER 2 /* only for recordd */
#define TYPE_MANY  3 /* as many answers as the number says, IPC_PAYLOAD_MAX each */
#define TYPE_REPLY 100

struct payload {
	uint64_t number;
};

/* A server in a thread of its own; the test is its client. */
struct box {
	char path[64];
	int listen_fd, stop[2];
	pthread_t thread;
	struct ipc_roles roles;
};

static int on_echo(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	(void)user;
	return ipc_reply(peer, TYPE_REPLY, payload, len);
}

static int on_many(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	_Alignas(uint64_t) uint8_t big[IPC_PAYLOAD_MAX] = { 0 };
	struct payload p;
	int r = 0;

	(void)user;
	memcpy(&p, payload, len);
	for (uint64_t i = 0; i < p.number && r == 0; i++) {
		memcpy(big, &i, sizeof(i));
		r = ipc_reply(peer, TYPE_REPLY, big, sizeof(big));
	}
	return r;
}

static int on_stop(sd_event_source *source, int fd, uint32_t events, void *user)
{
	(void)fd;
	(void)events;
	(void)user;
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static void *serve(void *user)
{
	static const struct ipc_permit permits[] = {
		{ TYPE_ECHO, IPC_MGMTD, sizeof(struct payload), on_echo },
		{ TYPE_MANY, IPC_MGMTD, sizeof(struct payload), on_many },
		{ TYPE_OTHER, IPC_RECORDD, 0, on_echo },
	};
	struct box *b = user;
	struct ipc_server *server = NULL;
	sd_event *event = NULL;

	if (sd_event_new(&event) >= 0 &&
	    sd_event_add_io(event, NULL, b->stop[0], EPOLLIN, on_stop, NULL) >= 0 &&
	    ipc_server_new(event, b->listen_fd, &b->roles, permits, ARRAY_LEN(permits),
			   NULL, &server) == 0)
		(void)sd_event_loop(event);
	ipc_server_free(server);
	(void)sd_event_unref(event);
	return NULL;
}

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	*state = b;
	b->roles = (struct ipc_roles){
		.proxyd = 1, .gated = 2, .sensord = 3, .recordd = 4, .mgmtd = getuid()
	};
	(void)snprintf(b->path, sizeof(b->path), "/tmp/test-ipc-%d", (int)getpid());
	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", b->path);
	(void)unlink(b->path);
	b->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(b->listen_fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(b->listen_fd, 8) == -1 || pipe(b->stop) == -1)
		return -1;
	return pthread_create(&b->thread, NULL, serve, b);
}

static int teardown(void **state)
{
	struct box *b = *state;

	(void)close(b->stop[1]);
	(void)pthread_join(b->thread, NULL);
	(void)close(b->stop[0]);
	(void)close(b->listen_fd);
	(void)unlink(b->path);
	free(b);
	return 0;
}

static void expect_alive(const struct box *b)
{
	struct payload in = { .number = 42 }, out = { 0 };

	assert_int_equal(ipc_call(b->path, 5000, TYPE_ECHO, &in, sizeof(in), TYPE_REPLY,
				  &out, sizeof(out)),
			 0);
	assert_int_equal(out.number, 42);
}

static void test_call(void **state)
{
	expect_alive(*state);
}

/* Refused messages end the connection, and only that. */
static void test_refusals_close_the_connection(void **state)
{
	static const struct {
		uint16_t type;
		size_t len;
	} rows[] = {
		{ TYPE_ECHO, 0 }, /* too short */
		{ TYPE_ECHO, 16 }, /* too long */
		{ TYPE_OTHER, 0 }, /* not for us */
		{ 77, 0 }, /* unknown */
		{ TYPE_REPLY, 8 },
	};
	struct box *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t payload[16] = { 0 };
		uint16_t type = 0;
		size_t len = 0;
		int fd = -1;

		assert_int_equal(ipc_connect(b->path, 5000, &fd), 0);
		assert_int_equal(ipc_send(fd, rows[i].type, payload, rows[i].len), 0);
		assert_int_equal(ipc_recv(fd, &type, payload, sizeof(payload), &len),
				 -ECONNRESET);
		(void)close(fd);
		expect_alive(b);
	}
}

static void test_raw_rubbish(void **state)
{
	struct box *b = *state;
	char big[IPC_PAYLOAD_MAX + 64];

	memset(big, 'A', sizeof(big));
	for (size_t n = 0; n < sizeof(big); n = n * 3 + 1) {
		char c;
		int fd = -1;

		assert_int_equal(ipc_connect(b->path, 5000, &fd), 0);
		(void)send(fd, big, n, MSG_NOSIGNAL);
		assert_int_equal(shutdown(fd, SHUT_WR), 0);
		assert_true(recv(fd, &c, 1, 0) <= 0);
		(void)close(fd);
	}
	expect_alive(b);
}

/* Descriptors that nobody asked for are closed, not leaked: many rounds would use them up. */
static void test_descriptors_are_dropped(void **state)
{
	struct box *b = *state;

	for (unsigned i = 0; i < 600; i++) {
		_Alignas(
			struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
		struct iovec iov = { .iov_base = control, .iov_len = 16 };
		struct msghdr m = { .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = control,
				    .msg_controllen = sizeof(control) };
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		int fds[2] = { 0, 1 }, fd = -1;
		char byte;

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fds));
		memcpy(CMSG_DATA(c), fds, sizeof(fds));
		assert_int_equal(ipc_connect(b->path, 5000, &fd), 0);
		assert_true(sendmsg(fd, &m, 0) > 0);
		assert_true(recv(fd, &byte, 1, 0) <= 0);
		(void)close(fd);
	}
	expect_alive(b);
}

static int ask_many(const struct box *b, uint64_t count)
{
	struct payload p = { .number = count };
	int fd = -1;

	assert_int_equal(ipc_connect(b->path, 10000, &fd), 0);
	assert_int_equal(ipc_send(fd, TYPE_MANY, &p, sizeof(p)), 0);
	return fd;
}

/* How many answers there are, in order. Ends with the connection, or behind the last. */
static uint64_t take_many(int fd, uint64_t last)
{
	_Alignas(uint64_t) uint8_t big[IPC_PAYLOAD_MAX];
	uint64_t count = 0, number;
	uint16_t type;
	size_t len;

	while (count <= last && ipc_recv(fd, &type, big, sizeof(big), &len) == 0) {
		assert_int_equal(type, TYPE_REPLY);
		assert_int_equal(len, sizeof(big));
		memcpy(&number, big, sizeof(number));
		assert_int_equal(number, count);
		if (count++ == last)
			break;
	}
	return count;
}

/* Far more than the socket holds, while the daemon goes on answering others. */
static void test_long_answer(void **state)
{
	struct payload p = { .number = 9 }, out;
	struct box *b = *state;
	uint16_t type;
	size_t len;
	int fd = ask_many(b, 2000); /* 16 MB */

	for (int i = 0; i < 20; i++)
		expect_alive(b);
	/* a second question waits for the end of the first one's answer */
	assert_int_equal(ipc_send(fd, TYPE_ECHO, &p, sizeof(p)), 0);
	assert_int_equal(take_many(fd, 1999), 2000);
	assert_int_equal(ipc_recv(fd, &type, &out, sizeof(out), &len), 0);
	assert_int_equal(out.number, 9);
	(void)close(fd);
}

/* Nobody's answers grow without end. */
static void test_too_long_an_answer(void **state)
{
	struct box *b = *state;
	int fd = ask_many(b, 2 * IPC_QUEUE_MAX / IPC_PAYLOAD_MAX);

	expect_alive(b); /* who read meanwhile would make room */
	assert_true(take_many(fd, UINT64_MAX - 1) < IPC_QUEUE_MAX / IPC_PAYLOAD_MAX);
	(void)close(fd);
	expect_alive(b);
}

/* All together may keep less than each of them alone. */
static void test_ceiling_of_all(void **state)
{
	int fd[5];
	struct box *b = *state;
	uint64_t each = (IPC_QUEUE_MAX - (1u << 20)) / (IPC_PAYLOAD_MAX + 64), got = 0;

	for (size_t i = 0; i < ARRAY_LEN(fd); i++)
		fd[i] = ask_many(b, each);
	expect_alive(b);
	for (size_t i = 0; i < ARRAY_LEN(fd); i++) {
		got += take_many(fd[i], each - 1) == each;
		(void)close(fd[i]);
	}
	assert_in_range(got, 1, 4); /* on a slow machine the last ones stall meanwhile */
	fd[0] = ask_many(b, each); /* what was kept has been given back */
	assert_int_equal(take_many(fd[0], each - 1), each);
	(void)close(fd[0]);
}

static void test_reader_that_stops(void **state)
{
	struct box *b = *state;
	struct timespec begun, now;
	int fd = ask_many(b, 2000);
	struct pollfd p = { .fd = fd, .events = 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &begun);
	expect_alive(b);
	assert_int_equal(poll(&p, 1, IPC_STALL_MS + 5000), 1);
	assert_true((p.revents & POLLHUP) != 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	assert_in_range(now.tv_sec - begun.tv_sec, IPC_STALL_MS / 1000 - 1, 1000);
	assert_true(take_many(fd, 1999) < 2000);
	(void)close(fd);
	expect_alive(b);
}

/* One that goes away in the middle. */
static void test_reader_that_goes(void **state)
{
	struct box *b = *state;

	for (int i = 0; i < 5; i++) {
		int fd = ask_many(b, 1000);

		assert_int_equal(take_many(fd, 3), 4);
		(void)close(fd);
		expect_alive(b);
	}
}

static void test_roles(void **state)
{
	struct box *b = *state;

	assert_true((ipc_roles_of(&b->roles, 0) & IPC_ROOT) != 0);
	assert_int_equal(ipc_roles_of(&b->roles, 3), IPC_SENSORD);
	assert_int_equal(ipc_roles_of(&b->roles, 12345), IPC_NOBODY);
}

static void test_nobody_there(void **state)
{
	struct payload p = { 0 };

	(void)state;
	assert_int_equal(ipc_call("/tmp/test-ipc-nobody", 100, TYPE_ECHO, &p, sizeof(p),
				  TYPE_REPLY, &p, sizeof(p)),
			 -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals_close_the_connection, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_raw_rubbish, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptors_are_dropped, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_long_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_long_an_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ceiling_of_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reader_that_stops, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reader_that_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_roles, setup, teardown),
		cmocka_unit_test(test_nobody_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
