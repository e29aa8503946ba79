/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Properties of permits over time: random requests, random clocks that also step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mgmt/mgmtd/input_permit.h"
#include "mgmt/mgmtd/register.h"
#include "mgmt/mgmtd/store_permit.h"
#include "mgmt/mgmtd/when.h"
#include "tests/unit/mgmtd/fixture.h"

#define DAY_S  86400
#define ROUNDS 4000

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static int setup(void **state)
{
	(void)state;
	when_use_zone("Asia/Tokyo");
	seed = (uint64_t)wall_us() | 1;
	print_message("seed %llu\n", (unsigned long long)seed);
	return 0;
}

static void put(json_t *body, const char *key, int64_t s, bool day)
{
	char text[WHEN_TEXT_MAX];

	when_format(s, text);
	if (day)
		text[10] = '\0';
	(void)json_object_set_new(body, key, json_string(text));
}

/* Whatever is asked for: what is accepted lies ahead, in order, and within its term. */
static void test_accepted_is_sane(void **state)
{
	static const char *const kinds[] = { "business", "contractor", "private" };
	unsigned accepted = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		int64_t now = FIXTURE_NOW + (int64_t)draw(400 * DAY_S);
		const char *kind = kinds[draw(3)];
		struct input_request in;
		struct input_error e;
		json_t *body = json_pack("{s:s, s:s, s:s}", "kind", kind, "owner", "o",
					 "reason", "r");
		int64_t days = strcmp(kind, "private") == 0 ? 30 : 90;

		if (draw(2) == 0)
			put(body, "from", now - 3 * DAY_S + (int64_t)draw(30 * DAY_S),
			    draw(2) == 0);
		if (draw(4) != 0)
			put(body, "until", now - 3 * DAY_S + (int64_t)draw(150 * DAY_S),
			    draw(2) == 0);
		if (input_request(body, now, &terms_default, &in, &e) == 0) {
			int64_t begin = in.since > now ? in.since : now;

			accepted++;
			assert_true(in.since == 0 || in.since > now - DAY_S);
			assert_true(in.until == 0 || in.until > now);
			assert_true(in.until == 0 || in.until > in.since);
			if (strcmp(kind, "business") != 0) {
				assert_true(in.until != 0);
				assert_true(in.until - begin <= (days + 1) * DAY_S);
			}
		}
		json_decref(body);
	}
	assert_true(accepted > ROUNDS / 20);
}

/* A day is one of Tokyo, and its end is the beginning of the next, in every season. */
static void test_days(void **state)
{
	(void)state;
	for (int i = 0; i < 800; i++) {
		char day[WHEN_TEXT_MAX];
		int64_t begin, end, noon = FIXTURE_NOW + (int64_t)i * DAY_S;

		when_format(noon + 9 * 3600, day); /* the day in Tokyo */
		day[10] = '\0';
		assert_int_equal(when_parse(day, false, &begin), 0);
		assert_int_equal(when_parse(day, true, &end), 0);
		assert_int_equal(end - begin, DAY_S);
		assert_int_equal((begin + 9 * 3600) % DAY_S, 0);
		assert_true(begin <= noon && noon < end);
	}
}

static struct db *open_ledger(int64_t since, int64_t until)
{
	const struct device d = { .id = "d1", .mac = "00:16:3e:00:00:01", .asset = "r1" };
	const struct asset a = { .id = "r1", .kind = "contractor", .created = 1 };
	struct permit p = { .id = "p1",
			    .bundle = "p1",
			    .device = "d1",
			    .kind = "contractor",
			    .destinations = "[]",
			    .since = since,
			    .until = until };
	struct db *db;

	assert_int_equal(db_open(":memory:", &db), 0);
	assert_int_equal(store_asset_add(db, &a), 0);
	assert_int_equal(store_device_add(db, &d), 0);
	assert_int_equal(store_permit_request(db, &p), 0);
	assert_int_equal(store_permit_approve(db, &p, "x", 1, until), 0);
	return db;
}

static int count(const struct permit *p, const char *mac, void *user)
{
	(void)p;
	(void)mac;
	(*(int *)user)++;
	return 0;
}

/* Once a tick has seen the end, no step of the clock brings the permit back. */
static void test_steps(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++) {
		int64_t since = 1000 + (int64_t)draw(1000),
			until = since + 1 + (int64_t)draw(1000);
		struct db *db = open_ledger(since, until);
		bool over = false;

		for (int k = 0; k < 30; k++) {
			int64_t now = 500 + (int64_t)draw(3000);
			struct asset a;
			int there = 0;

			assert_int_equal(register_tick(db, now), 0);
			over = over || now >= until;
			assert_int_equal(store_permit_each(db, NULL, now, count, &there),
					 0);
			assert_int_equal(there, over ? 0 : 1);
			assert_int_equal(store_asset_get(db, "r1", &a), 0);
			assert_string_equal(a.state, over          ? "expired"
						     : now < since ? "approved"
								   : "admitted");
		}
		db_close(db);
	}
}

/* A remote permit is in force only while the terminal's check is current. */
static void test_check(void **state)
{
	struct permit p = { .kind = PERMIT_MAINTENANCE, .state = "active" };

	(void)state;
	assert_int_equal(permit_phase(&p, 100), PERMIT_UNCHECKED);
	p.check_until = 101;
	assert_int_equal(permit_phase(&p, 100), PERMIT_IN_FORCE);
	assert_int_equal(permit_phase(&p, 101), PERMIT_UNCHECKED);
	p.until = 101;
	assert_int_equal(permit_phase(&p, 101), PERMIT_OVER);
	p.since = 50;
	assert_int_equal(permit_phase(&p, 49), PERMIT_NOT_YET);
	assert_int_equal(permit_phase(&p, 50), PERMIT_IN_FORCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted_is_sane),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
