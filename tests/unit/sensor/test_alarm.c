/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fw/sensor/alarm.h"

static size_t raised, closed;
static struct proto_event latest;

static void count(const struct proto_event *event, void *user)
{
	(void)user;
	if (event->state == PROTO_EVENT_RAISED)
		raised++;
	else
		closed++;
	latest = *event;
}

static struct alarms *make(size_t ports)
{
	struct alarms *a = NULL;

	raised = 0;
	closed = 0;
	assert_int_equal(alarms_new(ports, count, NULL, &a), 0);
	return a;
}

static struct mono at_ms(int64_t ms)
{
	return (struct mono){ .us = 7000000 + ms * 1000 };
}

static struct proto_event event_of(enum event_kind kind, uint32_t n)
{
	return (struct proto_event){
		.kind = (uint16_t)kind,
		.interface = "office0",
		.mac = { 2, 0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
			 (uint8_t)n },
	};
}

/* A cause that comes and goes within the quiet time is one event. */
static void test_flap(void **state)
{
	struct alarms *a = make(1);
	struct proto_event e = event_of(EVENT_SCAN, 1);
	int64_t quiet = alarm_quiet_ms(EVENT_SCAN), ms = 0;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_true(alarms_see(a, 0, &e, at_ms(ms), ms));
		ms += quiet - 1;
		alarms_tick(a, at_ms(ms), ms);
	}
	assert_int_equal(raised, 1);
	assert_int_equal(closed, 0);
	alarms_tick(a, at_ms(ms + 1), 77);
	assert_int_equal(closed, 1);
	assert_int_equal(latest.count, 10);
	assert_int_equal(latest.time_us, 77);
	assert_true(alarms_see(a, 0, &e, at_ms(ms + 2), 78)); /* a new one */
	assert_int_equal(raised, 2);
	alarms_free(a);
}

static void test_key(void **state)
{
	struct alarms *a = make(1);
	struct proto_event dhcp = event_of(EVENT_FOREIGN_DHCP, 1);
	struct proto_event taken = event_of(EVENT_GATEWAY_TAKEN, 1);

	(void)state;
	assert_true(alarms_see(a, 0, &dhcp, at_ms(0), 0));
	dhcp.addr_family = 4;
	dhcp.addr[0] = 10; /* the same server on another address */
	assert_true(alarms_see(a, 0, &dhcp, at_ms(1), 0));
	assert_int_equal(raised, 1);
	assert_true(alarms_see(a, 0, &taken, at_ms(2), 0));
	taken.addr_family = 4;
	taken.addr[0] = 10;
	assert_true(alarms_see(a, 0, &taken, at_ms(3), 0));
	assert_int_equal(raised, 3);
	assert_int_equal(alarms_count(a), 3);
	memset(dhcp.interface + 8, 'x',
	       4); /* what stands behind the name does not count */
	assert_true(alarms_touch(a, &dhcp, at_ms(4)));
	alarms_free(a);
}

/* Raising is slowed on the port that is flooded, and on no other. */
static void test_rate(void **state)
{
	struct alarms *a = make(2);

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		struct proto_event e = event_of(EVENT_FOREIGN_RA, i);

		(void)alarms_see(a, 0, &e, at_ms(i), 0); /* 10 s */
	}
	assert_in_range(raised, ALARM_BURST + 9, ALARM_BURST + 10);
	assert_int_equal(alarms_suppressed(a), 10000 - raised);
	for (uint32_t i = 0; i < ALARM_BURST; i++) {
		struct proto_event e = event_of(EVENT_FOREIGN_RA, 20000 + i);

		assert_true(alarms_see(a, 1, &e, at_ms(10000), 0));
	}
	alarms_free(a);
}

/* A full table is no hiding place: the quietest goes, and is raised again if it goes on. */
static void test_full(void **state)
{
	struct alarms *a = make(1);
	struct proto_event real = event_of(EVENT_ADDRESS_TAKEN, 0xffffff);
	int64_t ms = 0;

	(void)state;
	assert_true(alarms_see(a, 0, &real, at_ms(ms), 0));
	for (uint32_t i = 0; i < ALARM_KIND_MAX; i++, ms += ALARM_RATE_MS) {
		struct proto_event e = event_of(EVENT_ADDRESS_TAKEN, i);

		assert_true(alarms_see(a, 0, &e, at_ms(ms), 0));
	}
	assert_int_equal(closed, 1); /* the real one, said so */
	assert_int_equal(latest.kind, EVENT_ADDRESS_TAKEN);
	assert_int_equal(alarms_count(a), ALARM_KIND_MAX);
	raised = 0;
	assert_true(alarms_see(a, 0, &real, at_ms(ms), 0));
	assert_int_equal(raised, 1);
	alarms_free(a);
}

static void test_restore(void **state)
{
	struct proto_event e = event_of(EVENT_SCAN, 1), bad;
	struct alarms *a = make(1);

	(void)state;
	e.state = PROTO_EVENT_RAISED;
	alarms_restore(a, &e, at_ms(0));
	alarms_restore(a, &e, at_ms(0));
	assert_int_equal(alarms_count(a), 1);
	bad = e;
	bad.kind = EVENT_COUNT;
	alarms_restore(a, &bad, at_ms(0));
	bad = event_of(EVENT_SCAN, 2);
	alarms_restore(a, &bad, at_ms(0)); /* not raised */
	bad = e;
	bad.mac[0] = 1;
	alarms_restore(a, &bad, at_ms(0));
	memset(bad.detail, 'x', sizeof(bad.detail));
	bad.mac[0] = 4;
	alarms_restore(a, &bad, at_ms(0));
	assert_int_equal(alarms_count(a), 1);
	assert_int_equal(raised, 0);
	alarms_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flap),    cmocka_unit_test(test_key),
		cmocka_unit_test(test_rate),    cmocka_unit_test(test_full),
		cmocka_unit_test(test_restore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
