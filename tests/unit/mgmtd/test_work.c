/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/str.h"
#include "mgmt/mgmtd/chores.h"
#include "mgmt/mgmtd/register.h"
#include "tests/unit/mgmtd/stand.h"

#define DAY_S 86400

/* Its permit's id into dst. */
static void contractor(const char *mac, const char *end, char dst[ID_TEXT_MAX])
{
	char path[80], body[200];
	json_t *answer;

	(void)snprintf(body, sizeof(body),
		       "{\"mac\": \"%s\", \"interface\": \"office0\"}", mac);
	json_decref(stand_ask("POST", "/api/devices", body, 200));
	(void)snprintf(path, sizeof(path), "/api/devices/%s/approve", mac);
	(void)snprintf(body, sizeof(body),
		       "{\"kind\": \"contractor\", \"owner\": \"田中\", \"company\": "
		       "\"保守社\", \"reason\": \"点検\", %s}",
		       end);
	answer = stand_ask("POST", path, body, 200);
	(void)str_copy(dst, ID_TEXT_MAX,
		       stand_text(json_object_get(answer, "permit"), "id"));
	json_decref(answer);
}

static size_t days(const char *path)
{
	json_t *answer = stand_ask("GET", path, NULL, 200);
	size_t n = json_array_size(json_object_get(answer, "work"));

	json_decref(answer);
	return n;
}

static void test_days(void **state)
{
	char permit[ID_TEXT_MAX], body[300];
	const char *day = "2026-09-21"; /* FIXTURE_NOW in Tokyo */
	json_t *answer;

	(void)state;
	contractor("00163e000001", "\"seconds\": 172800", permit);
	f.now += 60;
	assert_int_equal(days("/api/work"), 0); /* no record: not used */
	recordd.shared->record[0] = (struct record){ .time_us = FIXTURE_NOW * 1000000LL,
						     .kind = RECORD_PROXY_OPEN };
	recordd.shared->record_count = 1;
	assert_int_equal(days("/api/work"), 1);
	f.now += DAY_S;
	recordd.shared->record[1] = recordd.shared->record[0];
	recordd.shared->record[1].time_us += DAY_S * 1000000LL;
	recordd.shared->record_count = 2;
	assert_int_equal(days("/api/work"), 2);
	(void)snprintf(body, sizeof(body),
		       "{\"permit\": \"%s\", \"day\": \"2026-09-01\", \"work\": \"w\","
		       " \"result\": \"r\", \"records\": \"x\"}",
		       permit);
	json_decref(stand_ask("POST", "/api/work/confirm", body, 409));
	(void)snprintf(body, sizeof(body),
		       "{\"permit\": \"%s\", \"day\": \"%s\", \"work\": \"更新\","
		       " \"result\": \"良好\", \"records\": \"異常なし\"}",
		       permit, day);
	answer = stand_ask("POST", "/api/work/confirm", body, 200);
	assert_string_equal(stand_text(answer, "confirmed_by"), "root");
	assert_string_equal(stand_text(answer, "company"), "保守社");
	json_decref(answer);
	json_decref(stand_ask("POST", "/api/work/confirm", body, 409));
	assert_int_equal(days("/api/work"), 1);
	assert_int_equal(days("/api/work?state=all"), 2);
	json_decref(stand_ask("GET", "/api/work?from=2026-09-31", NULL, 400));
}

static void add_record(const char *device, int64_t s)
{
	struct record *rec = &recordd.shared->record[recordd.shared->record_count++];

	*rec = (struct record){ .time_us = s * 1000000, .kind = RECORD_PROXY_OPEN };
	(void)str_copy(rec->device, sizeof(rec->device), device);
}

/* recordd was away for days, and reads what was written meanwhile: nothing is unused yet. */
static void test_records_behind(void **state)
{
	char permit[ID_TEXT_MAX];
	json_t *answer;

	(void)state;
	contractor("00163e000001", "\"seconds\": 86400", permit);
	f.now += 5 * DAY_S;
	answer = stand_get("/api/work");
	assert_int_equal(json_array_size(json_object_get(answer, "work")), 0);
	assert_true(json_integer_value(json_object_get(answer, "unchecked")) > 0);
	json_decref(answer);
	recordd.shared->record[0] = (struct record){ .time_us = FIXTURE_NOW * 1000000LL,
						     .kind = RECORD_PROXY_OPEN };
	recordd.shared->record[1] =
		(struct record){ .time_us = f.now * 1000000LL, .kind = RECORD_SIGN_IN };
	recordd.shared->record_count = 2;
	answer = stand_get("/api/work");
	assert_int_equal(json_array_size(json_object_get(answer, "work")), 1);
	assert_int_equal(json_integer_value(json_object_get(answer, "unchecked")), 0);
	json_decref(answer);
}

/* One spool cannot be read, or is not read yet, while the records of others are stored. */
static void test_one_producer_behind(void **state)
{
	struct proto_query_end *end = &recordd.shared->query_end;
	char permit[ID_TEXT_MAX];
	json_t *answer;

	(void)state;
	contractor("00163e000001", "\"seconds\": 86400", permit);
	f.now += 5 * DAY_S;
	recordd.shared->record[0] =
		(struct record){ .time_us = f.now * 1000000LL, .kind = RECORD_SIGN_IN };
	recordd.shared->record_count = 1;
	for (int i = 0; i < 2; i++) {
		end->behind = 1;
		end->until_us = i * (FIXTURE_NOW + DAY_S) * 1000000LL;
		answer = stand_get("/api/work");
		assert_true(json_integer_value(json_object_get(answer, "unchecked")) > 0);
		json_decref(answer);
	}
	*end = (struct proto_query_end){ 0 };
	recordd.shared->record_count = 2; /* and then they are */
	recordd.shared->record[1] = recordd.shared->record[0];
	recordd.shared->record[0] = (struct record){ .time_us = FIXTURE_NOW * 1000000LL,
						     .kind = RECORD_PROXY_OPEN };
	answer = stand_get("/api/work");
	assert_int_equal(json_array_size(json_object_get(answer, "work")), 1);
	assert_int_equal(json_integer_value(json_object_get(answer, "unchecked")), 0);
	json_decref(answer);
}

/* What was lost may have been this device's: somebody is to say whether it was there. */
static void test_gap(void **state)
{
	char permit[ID_TEXT_MAX];
	json_t *answer;

	(void)state;
	contractor("00163e000001", "\"seconds\": 172800", permit);
	recordd.shared->record[0] =
		(struct record){ .time_us = (FIXTURE_NOW + DAY_S) * 1000000LL,
				 .kind = RECORD_GAP,
				 .count = 7 };
	recordd.shared->record[1] =
		(struct record){ .time_us = (FIXTURE_NOW + 5 * DAY_S) * 1000000LL,
				 .kind = RECORD_SIGN_IN };
	recordd.shared->record_count = 2;
	f.now += 5 * DAY_S;
	answer = stand_get("/api/work");
	assert_int_equal(json_array_size(json_object_get(answer, "work")), 1);
	assert_string_equal(
		stand_text(json_array_get(json_object_get(answer, "work"), 0), "day"),
		"2026-09-22");
	json_decref(answer);
}

/* The machine was off over the night: what it lost before is told with the next record. */
static void test_gap_told_later(void **state)
{
	const int64_t next = (FIXTURE_NOW + 3 * DAY_S) * 1000000LL;
	struct record *rec = recordd.shared->record;
	char permit[ID_TEXT_MAX];
	json_t *answer;

	(void)state;
	contractor("00163e000001", "\"seconds\": 86400", permit);
	rec[0] = (struct record){ .time_us = next, .kind = RECORD_GAP, .count = 7 };
	rec[1] = (struct record){ .time_us = next, .kind = RECORD_PROXY_OPEN };
	rec[2] = (struct record){ .time_us = (FIXTURE_NOW + 5 * DAY_S) * 1000000LL,
				  .kind = RECORD_SIGN_IN };
	recordd.shared->record_count = 3;
	f.now += 5 * DAY_S;
	answer = stand_get("/api/work");
	assert_int_equal(json_array_size(json_object_get(answer, "work")), 2);
	assert_int_equal(json_integer_value(json_object_get(answer, "unchecked")), 0);
	json_decref(answer);
}

/* But not behind records of who wrote what is missing. */
static void test_gap_of_another_day(void **state)
{
	struct record *rec = recordd.shared->record;
	char permit[ID_TEXT_MAX];

	(void)state;
	contractor("00163e000001", "\"seconds\": 86400", permit);
	for (int i = 0; i < 3; i++)
		rec[i] =
			(struct record){ .time_us = (FIXTURE_NOW + (2 + i) * DAY_S) *
						    1000000LL,
					 .kind = i == 1 ? RECORD_GAP : RECORD_FLOW_DENY };
	recordd.shared->record_count = 3;
	f.now += 5 * DAY_S;
	assert_int_equal(days("/api/work"), 0);
}

/* All of a day is read for that, which may take too long. */
static void test_gap_looked_for_too_long(void **state)
{
	char permit[ID_TEXT_MAX];
	json_t *answer;

	(void)state;
	contractor("00163e000001", "\"seconds\": 86400", permit);
	add_record("", FIXTURE_NOW);
	add_record("", FIXTURE_NOW + 5 * DAY_S);
	recordd.shared->slow_kinds = 1u << RECORD_GAP;
	f.now += 5 * DAY_S;
	answer = stand_get("/api/work");
	assert_int_equal(json_array_size(json_object_get(answer, "work")), 1);
	assert_int_equal(json_integer_value(json_object_get(answer, "unchecked")), 1);
	json_decref(answer);
}

/* On a full disk what is known is shown, and the rest is not said to be nothing. */
static void test_nothing_can_be_stored(void **state)
{
	char permit[ID_TEXT_MAX];
	json_t *answer;

	(void)state;
	contractor("00163e000001", "\"seconds\": 172800", permit);
	add_record("", FIXTURE_NOW);
	f.now += 60;
	assert_int_equal(days("/api/work"), 1);
	add_record("", FIXTURE_NOW + DAY_S);
	f.now += DAY_S;
	assert_int_equal(db_script(f.app.db, "PRAGMA query_only=ON"), 0);
	answer = stand_get("/api/work");
	assert_int_equal(json_array_size(json_object_get(answer, "work")), 1);
	assert_int_equal(json_integer_value(json_object_get(answer, "unchecked")), 1);
	json_decref(answer);
	assert_int_equal(db_script(f.app.db, "PRAGMA query_only=OFF"), 0);
	assert_int_equal(days("/api/work"), 2);
}

/* A permit of two cards: its records name the first, and later the one that is left. */
static void test_second_card(void **state)
{
	char card[2][ID_TEXT_MAX], path[80], body[200];
	json_t *answer, *list;

	(void)state;
	answer = stand_post("/api/assets",
			    "{'owner': 'x', 'kind': 'contractor', 'cards':"
			    " [{'mac': '00163e000001', 'interface': 'office0'},"
			    " {'mac': '00163e000002', 'interface': 'office1'}]}",
			    200);
	list = json_object_get(answer, "cards");
	for (size_t i = 0; i < 2; i++)
		(void)str_copy(card[i], ID_TEXT_MAX,
			       stand_text(json_array_get(list, i), "id"));
	json_decref(answer);
	(void)snprintf(path, sizeof(path), "/api/devices/%s/approve", card[0]);
	(void)snprintf(body, sizeof(body),
		       "{'kind': 'contractor', 'owner': 'o', 'reason': 'r',"
		       " 'seconds': 864000, 'cards': ['%s']}",
		       card[1]);
	json_decref(stand_post(path, body, 200));
	add_record(card[0], f.now);
	f.now += DAY_S;
	json_decref(stand_post(path, "{'kind': 'business', 'owner': 'o', 'reason': 'r'}",
			       200));
	add_record(card[0], f.now + DAY_S); /* as a business device */
	f.now += 2 * DAY_S;
	add_record(card[1], f.now - 3600);
	answer = stand_get("/api/work");
	list = json_object_get(answer, "work");
	assert_int_equal(json_array_size(list), 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(stand_text(json_array_get(list, i), "device"),
				    card[i]);
	json_decref(answer);
}

static size_t due(const char *part)
{
	json_t *answer = stand_ask("GET", "/api/assets/due?days=3", NULL, 200);
	size_t n = json_array_size(json_object_get(answer, part));

	json_decref(answer);
	return n;
}

static void sight(uint8_t last, int64_t s)
{
	struct proto_sighting m = { .time_us = s * 1000000,
				    .mac = { 0, 0x16, 0x3e, 0, 0, last },
				    .source = PROTO_SOURCE_ARP };

	(void)str_copy(m.interface, sizeof(m.interface), "office0");
	assert_int_equal(sight_take(&f.app.sight, &m), 0);
	assert_int_equal(sight_store(&f.app.sight, f.app.db), 0);
}

static void test_due_and_dormant(void **state)
{
	char permit[ID_TEXT_MAX];
	json_t *answer;

	(void)state;
	contractor("00163e000001", "\"seconds\": 7776000", permit);
	sight(1, f.now);
	json_decref(stand_ask("POST", "/api/admission",
			      "{\"reason\": \"r\", \"dormant_days\": 20}", 200));
	assert_int_equal(due("ending") + due("dormant") + due("recertify"), 0);
	f.now += 18 * DAY_S;
	assert_int_equal(due("dormant"), 1);
	f.now += 3 * DAY_S;
	chores_run(&f.app, f.now); /* nothing is seen there: the sensor is blind */
	assert_int_equal(due("dormant"), 1);
	sight(2, f.now);
	chores_run(&f.app, f.now);
	answer = stand_ask("GET", "/api/assets?state=suspended", NULL, 200);
	assert_int_equal(json_array_size(json_object_get(answer, "assets")), 1);
	json_decref(answer);
	json_decref(stand_ask("POST", "/api/devices/00163e000001/resume",
			      "{\"reason\": \"r\"}", 200));
	chores_run(&f.app, f.now); /* it has its time again */
	assert_int_equal(due("dormant"), 0);
	f.now += 68 * DAY_S;
	assert_int_equal(due("ending"), 1);
	f.now += 277 * DAY_S;
	assert_int_equal(due("recertify"), 1);
	json_decref(stand_ask("POST", "/api/devices/00163e000001/certify",
			      "{\"result\": \"現物を確認\"}", 200));
	assert_int_equal(due("recertify"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND_RECORDD(test_days),
		ON_STAND_RECORDD(test_records_behind),
		ON_STAND_RECORDD(test_one_producer_behind),
		ON_STAND_RECORDD(test_gap),
		ON_STAND_RECORDD(test_gap_told_later),
		ON_STAND_RECORDD(test_gap_of_another_day),
		ON_STAND_RECORDD(test_gap_looked_for_too_long),
		ON_STAND_RECORDD(test_nothing_can_be_stored),
		ON_STAND_RECORDD(test_second_card),
		ON_STAND_RECORDD(test_due_and_dormant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
