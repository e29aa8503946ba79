/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A ledger that takes nothing, as on a full disk: who only reads is answered all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/addr.h"
#include "lib/str.h"
#include "mgmt/mgmtd/session.h"
#include "tests/unit/mgmtd/people.h"
#include "tests/unit/mgmtd/stand.h"

#define PC     "00:16:3e:00:00:0a"
#define DEVICE "{'mac': '" PC "', 'interface': 'office0'}"
#define DAY_S  86400

/* What needs no other daemon's answer. */
static const char *const reads[] = {
	"/api/status",         "/api/policy",
	"/api/policy/history", "/api/probes",
	"/api/flows",          "/api/allow",
	"/api/allow/export",   "/api/lists",
	"/api/devices",        "/api/devices?state=admitted",
	"/api/assets",         "/api/assets?state=admitted",
	"/api/assets/export",  "/api/assets/draft?zone=office",
	"/api/assets/due",     "/api/alarms",
	"/api/admission",      "/api/users",
};

static void writable(bool yes)
{
	assert_int_equal(db_script(f.app.db, yes ? "PRAGMA query_only=OFF"
						 : "PRAGMA query_only=ON"),
			 0);
}

/* A permit whose end the ledger has not noted, and a card that is new. */
static void wait_with_news(void)
{
	const struct proto_sighting m = { .time_us = FIXTURE_NOW * 1000000LL,
					  .interface = "office0",
					  .mac = { 2, 0, 0, 1, 0, 0 } };

	json_decref(stand_post("/api/devices", DEVICE, 200));
	json_decref(stand_post("/api/devices/" PC "/approve",
			       "{'kind': 'business', 'owner': 'o', 'reason': 'r',"
			       " 'until': '2026-09-23'}",
			       200));
	f.now += 5 * DAY_S;
	assert_int_equal(sight_take(&f.app.sight, &m), 0);
}

static size_t listed(const char *path, const char *key)
{
	json_t *answer = stand_get(path);
	size_t n = json_array_size(json_object_get(answer, key));

	json_decref(answer);
	return n;
}

static void test_reads(void **state)
{
	(void)state;
	wait_with_news();
	writable(false);
	stand_refused("/api/devices", "{'mac': '00163e00000b', 'interface': 'office0'}",
		      500, "internal");
	for (size_t i = 0; i < ARRAY_LEN(reads); i++)
		json_decref(stand_get(reads[i]));
	/* what is known is shown, what is new waits */
	assert_int_equal(listed("/api/devices", "devices"), 1);
	assert_int_equal(f.app.sight.count, 1);
	writable(true);
	assert_int_equal(listed("/api/devices", "devices"), 2);
	assert_int_equal(listed("/api/devices?state=admitted", "devices"), 0);
	assert_int_equal(listed("/api/devices?state=expired", "devices"), 1);
}

/* Whose session is over is asked to sign in, and nothing is wrong inside. */
static void test_session_that_is_over(void **state)
{
	struct person taro;
	json_t *answer;

	(void)state;
	people_enter(&f, &taro, "taro", "manager");
	writable(false);
	f.now += 5;
	assert_int_equal(people_ask(&f, &taro, "GET", "/api/session", NULL, NULL), 200);
	f.now += SESSION_IDLE_S;
	assert_int_equal(people_ask(&f, &taro, "GET", "/api/session", NULL, &answer),
			 401);
	assert_string_equal(people_code(answer), "not-signed-in");
	json_decref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_reads),
		ON_STAND(test_session_that_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
