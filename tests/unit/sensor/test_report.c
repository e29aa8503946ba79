/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fw/sensor/report.h"
#include "lib/ipc.h"

#define TABLE_SIZE 3000u /* more than the queue holds */

static char path[64];
static uint32_t table_size;

/* The table behind the queue: sighting n has the time n + 1. */
static bool next(uint64_t *cursor, void *ret_message, void *user)
{
	struct proto_sighting s;

	(void)user;
	if (*cursor == table_size)
		return false;
	s = (struct proto_sighting){ .time_us = (int64_t)(++*cursor) };
	memcpy(ret_message, &s, sizeof(s));
	return true;
}

static int listen_here(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(sun.sun_path, path, sizeof(path));
	(void)unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

/* Read up to max sightings as they come; the loop runs in between. */
static uint32_t read_some(sd_event *event, int fd, uint32_t max, int64_t *ret_last)
{
	uint32_t count = 0;

	for (unsigned idle = 0; count < max && idle < 20;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		struct proto_sighting s;
		uint16_t type;
		size_t len;

		(void)sd_event_run(event, 0);
		if (poll(&p, 1, 5) == 0) {
			idle++;
			continue;
		}
		assert_int_equal(ipc_recv(fd, &type, &s, sizeof(s), &len), 0);
		assert_int_equal(type, PROTO_SIGHTING);
		assert_int_equal(len, sizeof(s));
		*ret_last = s.time_us;
		count++;
		idle = 0;
	}
	return count;
}

static struct proto_sighting marked(int64_t mark)
{
	return (struct proto_sighting){ .time_us = mark };
}

static void test_queue_before_connection(void **state)
{
	struct proto_sighting s = marked(77);
	struct report *r = NULL;
	sd_event *event = NULL;
	int64_t last = 0;
	int fd, peer;

	(void)state;
	table_size = 0;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(report_new(event, path, PROTO_SIGHTING,
				    sizeof(struct proto_sighting), next, NULL, &r),
			 0);
	report_add(r, &s);
	report_tick(r); /* nobody listens */
	assert_false(report_is_connected(r));
	fd = listen_here();
	report_tick(r);
	assert_true(report_is_connected(r));
	peer = accept(fd, NULL, NULL);
	assert_int_equal(read_some(event, peer, 10, &last), 1);
	assert_int_equal(last, 77);
	assert_int_equal(report_sent(r), 1);
	(void)close(peer);
	(void)close(fd);
	report_free(r);
	sd_event_unref(event);
}

/* A reader that stops does not stop us, and learns everything when it goes on. */
static void test_slow_reader(void **state)
{
	struct report *r = NULL;
	sd_event *event = NULL;
	int64_t last = 0;
	uint32_t sent = 0;
	int fd, peer;

	(void)state;
	table_size = 0;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(report_new(event, path, PROTO_SIGHTING,
				    sizeof(struct proto_sighting), next, NULL, &r),
			 0);
	fd = listen_here();
	report_tick(r);
	peer = accept(fd, NULL, NULL);
	table_size = TABLE_SIZE;
	for (int64_t i = 0; i < 20 * REPORT_QUEUE_MAX; i++) {
		struct proto_sighting s = marked(1000000 + i);

		report_add(r, &s);
	}
	assert_true(report_is_connected(r));
	sent = read_some(event, peer, 100000, &last);
	assert_true(sent > REPORT_QUEUE_MAX + TABLE_SIZE);
	assert_int_equal(last, TABLE_SIZE); /* the table came last, and whole */
	(void)close(peer);
	(void)close(fd);
	report_free(r);
	sd_event_unref(event);
}

static void test_reconnect_tells_all(void **state)
{
	struct report *r = NULL;
	sd_event *event = NULL;
	int64_t last = 0;
	int fd, peer;

	(void)state;
	table_size = TABLE_SIZE;
	assert_true(sd_event_new(&event) >= 0);
	assert_int_equal(report_new(event, path, PROTO_SIGHTING,
				    sizeof(struct proto_sighting), next, NULL, &r),
			 0);
	for (unsigned i = 0; i < 2; i++) {
		fd = listen_here();
		report_tick(r);
		peer = accept(fd, NULL, NULL);
		assert_int_equal(read_some(event, peer, 100000, &last), TABLE_SIZE);
		(void)close(peer);
		(void)close(fd);
		(void)sd_event_run(event, 1000);
		assert_false(report_is_connected(r));
	}
	report_free(r);
	sd_event_unref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue_before_connection),
		cmocka_unit_test(test_slow_reader),
		cmocka_unit_test(test_reconnect_tells_all),
	};
	char dir[] = "/tmp/sekisho-report.XXXXXX";
	int failed;

	if (mkdtemp(dir) == NULL)
		return EXIT_FAILURE;
	(void)snprintf(path, sizeof(path), "%s/mgmtd.sock", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(path);
	(void)rmdir(dir);
	return failed;
}
