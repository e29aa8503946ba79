/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <stdio.h>
#include <unistd.h>

#include "fw/sensor/memory.h"
#include "lib/fdio.h"

#define FILE_MAX 65536

static const struct wires wires = {
	.item = { { "office0", "office" }, { "office1", "office" } }, .count = 2
};
static const struct watch_time start = { .now = { .us = 1000000 },
					 .time_us = 1700000000000000 };
static const struct mac card = { { 2, 0, 0, 0, 0, 1 } };

static size_t told;

static void count(const struct proto_event *event, void *user)
{
	(void)event;
	(void)user;
	told++;
}

static struct watch *watch_of(const struct wires *w)
{
	struct watch *e = NULL;

	assert_int_equal(watch_new(w, count, NULL, start, &e), 0);
	return e;
}

static struct proto_event event_of(const char *interface, uint8_t last)
{
	struct proto_event event = { .kind = EVENT_FOREIGN_DHCP,
				     .mac = { 2, 0, 0, 0, 0, last },
				     .detail = "message 2" };

	(void)snprintf(event.interface, sizeof(event.interface), "%s", interface);
	return event;
}

static void fill(struct watch *e)
{
	struct history_time t = { .now = 1700000000, .hour = 5 };

	for (uint8_t i = 1; i <= 3; i++) {
		struct proto_event event = event_of(i == 3 ? "office1" : "office0", i);

		assert_true(alarms_see(watch_alarms(e), 0, &event, start.now, 99));
	}
	(void)history_see(watch_history(e), card, t, "1,3,6 MSFT", false);
}

static char dir[] = "/tmp/sekisho-memory.XXXXXX";
static char path[64];

/* A later life knows what is open, says nothing of it again, and closes it. */
static void test_again(void **state)
{
	static const struct wires one = { .item = { { "office0", "office" } },
					  .count = 1 };
	struct watch *e = watch_of(&wires);
	/* the appliance was off for a year, and saw nobody */
	const struct watch_time later = { .now = start.now,
					  .time_us = start.time_us + 31536000000000 };
	struct history_time t = { .now = 1731536000 + HISTORY_LEARN_S, .hour = 60 };
	struct history_news news;
	struct proto_event event = event_of("office0", 2);

	(void)state;
	assert_int_equal(memory_load(path, e, &wires, start), -ENOENT);
	fill(e);
	assert_int_equal(memory_save(path, e, start.time_us), 0);
	watch_free(e);

	e = watch_of(&one);
	told = 0;
	assert_int_equal(memory_load(path, e, &one, later), 0);
	assert_int_equal(alarms_count(watch_alarms(e)),
			 2); /* office1 is not ours any more */
	assert_true(alarms_see(watch_alarms(e), 0, &event, start.now, 100));
	assert_int_equal(told, 0);
	alarms_close(watch_alarms(e), &event, 101);
	assert_int_equal(told, 1);
	assert_int_equal(history_count(watch_history(e)), 1);
	news = history_see(watch_history(e), card, t, "1,28 dhcpcd", false);
	assert_true(news.unusual);
	assert_true(news.other_system);
	assert_false(news.returned);
	assert_int_equal(news.silent, HISTORY_LEARN_S);
	watch_free(e);
}

/* Whatever the file holds: it is taken as far as it is whole, and never more. */
static void test_damaged(void **state)
{
	struct watch *e = watch_of(&wires);
	char *data = NULL;
	size_t len;
	int r;

	(void)state;
	fill(e);
	assert_int_equal(memory_save(path, e, start.time_us), 0);
	watch_free(e);
	assert_int_equal(fdio_read_file(path, FILE_MAX, &data, &len), 0);
	for (size_t cut = 0; cut < len; cut += 7) {
		assert_int_equal(fdio_replace_file(path, 0600, data, cut), 0);
		e = watch_of(&wires);
		assert_int_equal(memory_load(path, e, &wires, start), -EBADMSG);
		assert_true(alarms_count(watch_alarms(e)) <= 3);
		watch_free(e);
	}
	for (size_t at = 0; at < len; at += 3) {
		data[at] = (char)(data[at] ^ 0xff);
		assert_int_equal(fdio_replace_file(path, 0600, data, len), 0);
		data[at] = (char)(data[at] ^ 0xff);
		e = watch_of(&wires);
		r = memory_load(path, e, &wires, start);
		assert_true(r == 0 || r == -EBADMSG);
		assert_true(alarms_count(watch_alarms(e)) <= 3);
		watch_free(e);
	}
	free(data);
}

/* A card's times in the block of history_encode(): first, last, and the current term's begin. */
static size_t time_at(unsigned which)
{
	return 8 + sizeof(card.b) + which * sizeof(int64_t);
}

/* What no clock says is damage; what a clock that was set back says is not. */
static void test_times(void **state)
{
	static const uint8_t extreme[][8] = {
		{ 0x80, 0, 0, 0, 0, 0, 0, 0 },
		{ 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	struct history_time t = { .now = 1700000000, .hour = 5 };
	struct history *h = NULL;
	uint8_t *data, *again;
	size_t len = 0, len_again = 0;

	(void)state;
	assert_int_equal(history_new(&h), 0);
	(void)history_see(h, card, t, "1,3,6", false);
	history_shift(h, -1700086400);
	data = history_encode(h, &len);
	history_free(h);
	assert_int_equal(history_new(&h), 0);
	assert_int_equal(history_decode(h, rd_of(data, len)), 0);
	history_shift(h, 1700086400);
	assert_int_equal(history_see(h, card, t, "1,3,6", false).silent, 0);
	history_free(h);
	for (unsigned which = 0; which < 3; which++) {
		for (size_t i = 0; i < 2; i++) {
			again = malloc(len);
			memcpy(again, data, len);
			memcpy(again + time_at(which), extreme[i], sizeof(extreme[i]));
			assert_int_equal(history_new(&h), 0);
			assert_int_equal(history_decode(h, rd_of(again, len)), -EBADMSG);
			free(again);
			history_shift(h, -86400);
			again = history_encode(h, &len_again);
			assert_non_null(again);
			free(again);
			history_free(h);
		}
	}
	free(data);
}

static int make(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/memory", dir);
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, make, remove_all);
}
