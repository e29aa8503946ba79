/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/str.h"
#include "mgmt/mgmtd/sight.h"
#include "mgmt/mgmtd/store_device.h"

static struct db *db;
static struct sight sight;

static int setup(void **state)
{
	(void)state;
	sight = (struct sight){ 0 };
	return db_open(":memory:", &db);
}

static int teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static struct proto_sighting sighting(uint8_t last, const char *interface, int64_t s)
{
	struct proto_sighting m = { .time_us = s * 1000000,
				    .mac = { 2, 0, 0, 0, 0, last },
				    .source = PROTO_SOURCE_ARP,
				    .addr_family = 4,
				    .addr = { 10, 30, 0, last } };

	(void)str_copy(m.interface, sizeof(m.interface), interface);
	return m;
}

static struct device stored(const char *mac)
{
	struct device d;

	assert_int_equal(store_device_find(db, mac, "office0", &d), 0);
	return d;
}

static void take(struct proto_sighting m)
{
	assert_int_equal(sight_take(&sight, &m), 0);
	assert_int_equal(sight_store(&sight, db), 0);
	assert_int_equal(sight.count, 0);
}

static void test_new_and_moved(void **state)
{
	struct proto_sighting m = sighting(7, "office0", 1000);
	struct device d;

	(void)state;
	(void)str_copy(m.name, sizeof(m.name), "pc\x1b[31m");
	take(m);
	d = stored("02:00:00:00:00:07");
	assert_true(id_is('d', d.id));
	assert_string_equal(d.interface, "office0");
	assert_string_equal(d.address, "10.30.0.7");
	assert_string_equal(d.name, "pc?[31m");
	assert_int_equal(d.first_seen, 1000);

	take(sighting(7, "office0", 1010)); /* too soon to be worth a write */
	assert_int_equal(stored("02:00:00:00:00:07").last_seen, 1000);
	take(sighting(7, "office0", 1060));
	assert_int_equal(stored("02:00:00:00:00:07").last_seen, 1060);
	take(sighting(7, "office1", 1061)); /* elsewhere: another device */
	d = stored("02:00:00:00:00:07");
	assert_int_equal(d.last_seen, 1060);
	assert_int_equal(store_device_find(db, d.mac, NULL, &d), -ENOTUNIQ);
	assert_int_equal(store_device_find(db, d.mac, "office1", &d), 0);
	assert_int_equal(d.first_seen, 1061);
}

static void test_malformed(void **state)
{
	struct proto_sighting good = sighting(1, "office0", 5), m;

	(void)state;
	m = good;
	m.mac[0] = 1; /* multicast */
	assert_int_equal(sight_take(&sight, &m), -EBADMSG);
	m = good;
	memset(m.interface, 'x', sizeof(m.interface));
	assert_int_equal(sight_take(&sight, &m), -EBADMSG);
	m = good;
	m.interface[0] = '\0';
	assert_int_equal(sight_take(&sight, &m), -EBADMSG);
	m = good;
	memset(m.name, 'x', sizeof(m.name));
	assert_int_equal(sight_take(&sight, &m), -EBADMSG);
	m = good;
	m.addr_family = 5;
	assert_int_equal(sight_take(&sight, &m), -EBADMSG);
	m = good;
	m.time_us = -1;
	assert_int_equal(sight_take(&sight, &m), -EBADMSG);
	assert_int_equal(sight.count, 0);
}

static void test_ceilings(void **state)
{
	struct proto_sighting m = sighting(9, "office0", 5);
	int64_t n;

	(void)state;
	for (int i = 0; i < SIGHT_RING_MAX + 3; i++) {
		m.mac[1] = (uint8_t)(i >> 8);
		m.mac[2] = (uint8_t)i;
		assert_int_equal(sight_take(&sight, &m), 0);
	}
	assert_int_equal(sight.lost, 3);
	assert_int_equal(sight_store(&sight, db), 0);
	assert_int_equal(
		db_run(db,
		       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
		       " WHERE i < ?) INSERT INTO device SELECT 'd' || i, 'm' || i, '',"
		       " '', '', 0, 0, '', '', '' FROM n",
		       "i", (int64_t)(DEVICES_MAX - SIGHT_RING_MAX)),
		0);
	take(sighting(200, "office0", 6));
	assert_int_equal(sight.refused, 1);
	assert_int_equal(db_number(db, &n, "SELECT count(*) FROM device", ""), 0);
	assert_int_equal(n, DEVICES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_and_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_malformed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ceilings, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
