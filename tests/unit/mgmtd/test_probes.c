/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of gated's own packets: asked for, kept, shown, and due again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lib/record.h"
#include "lib/str.h"
#include "mgmt/mgmtd/probes.h"
#include "mgmt/mgmtd/store_probe.h"
#include "tests/unit/mgmtd/fixture.h"

#define HOUR 3600
#define DAY  86400

static const char good[] =
	"{\"revision\":1,\"result\":\"good\",\"elapsed_ms\":21.5,\"passed\":4,"
	"\"blocked\":30,\"contradictions\":0,\"untested\":1,\"left_out\":0,\"wrong\":[],"
	"\"not_tested\":[{\"kind\":\"flow\",\"from\":\"core\",\"to\":\"claims\","
	"\"flow\":\"core-claims\",\"family\":4,\"why\":\"no-permit\"}],"
	"\"refused\":null}";
static const char bad[] =
	"{\"revision\":1,\"result\":\"bad\",\"elapsed_ms\":21.5,\"passed\":3,"
	"\"blocked\":30,\"contradictions\":1,\"untested\":0,\"left_out\":0,"
	"\"wrong\":[{\"kind\":\"flow\",\"flow\":\"core-claims\"}],\"not_tested\":[],"
	"\"refused\":null}";

static struct fixture f;

static void set_answer(const char *text)
{
	(void)str_copy(f.gated.shared->probed, sizeof(f.gated.shared->probed), text);
}

static int setup(void **state)
{
	(void)state;
	fixture_open(&f);
	set_answer(good);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close(&f);
	return 0;
}

static json_t *ask(const char *method, const char *path, unsigned want)
{
	unsigned status;
	json_t *answer = fixture_root(&f, method, path,
				      strcmp(method, "POST") == 0 ? "{}" : NULL, &status);

	assert_int_equal(status, want);
	return answer;
}

static void post(unsigned want)
{
	json_decref(ask("POST", "/api/probes", want));
}

static size_t kept(void)
{
	json_t *answer = ask("GET", "/api/probes", 200);
	size_t n = json_array_size(json_object_get(answer, "runs"));

	json_decref(answer);
	return n;
}

static const char *text(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s != NULL ? s : "";
}

static void test_asked_for(void **state)
{
	json_t *answer, *run;

	(void)state;
	post(409); /* there is no policy yet */
	fixture_apply_policy(&f);
	answer = ask("GET", "/api/status", 200);
	assert_true(json_is_null(json_object_get(answer, "probes")));
	json_decref(answer);
	answer = ask("POST", "/api/probes", 200);
	assert_string_equal(text(answer, "result"), "good");
	assert_string_equal(text(answer, "who"), "root");
	assert_int_equal(json_integer_value(json_object_get(answer, "passed")), 4);
	json_decref(answer);
	assert_int_equal(fixture_records(&f, RECORD_READ), 1);
	set_answer(bad);
	post(200);
	answer = ask("GET", "/api/probes", 200);
	run = json_array_get(json_object_get(answer, "runs"), 0);
	assert_string_equal(text(run, "result"), "bad");
	assert_int_equal(json_array_size(json_object_get(run, "wrong")), 1);
	json_decref(answer);
	answer = ask("GET", "/api/status", 200);
	assert_true(json_is_false(json_object_get(answer, "ok")));
	run = json_object_get(answer, "probes");
	assert_string_equal(text(run, "result"), "bad");
	assert_int_equal(json_integer_value(json_object_get(run, "contradictions")), 1);
	json_decref(answer);
}

/* Whatever gated says: nothing is kept that is no answer, or contradicts itself. */
static void test_no_answer(void **state)
{
	static const char *const none[] = {
		"",
		"[]",
		"{}",
		"{\"error\":\"Device or resource busy\"}",
		"{\"result\":\"good\"}",
		"{\"result\":\"fine\",\"wrong\":[],\"not_tested\":[]}",
		"{\"result\":\"good\",\"wrong\":[{}],\"not_tested\":[]}",
		"{\"result\":\"bad\",\"wrong\":[],\"not_tested\":[]}",
		"{\"result\":\"good\",\"result\":\"bad\",\"wrong\":[],"
		"\"not_tested\":[]}",
	};
	char other[sizeof(good)];

	(void)state;
	fixture_apply_policy(&f);
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		set_answer(none[i]);
		post(503);
	}
	for (size_t len = 0; len < sizeof(good) - 1; len += 5) {
		memcpy(other, good, len);
		other[len] = '\0';
		set_answer(other);
		post(503);
	}
	assert_int_equal(kept(), 0);
}

static unsigned asked_at(int64_t now)
{
	unsigned before = f.gated.shared->probes;

	f.app.probes_next = (struct mono){ 0 };
	parts_poll(&f.app.parts);
	probes_tick(&f.app, now);
	return f.gated.shared->probes - before;
}

static void test_due(void **state)
{
	int64_t at = FIXTURE_NOW;

	(void)state;
	assert_int_equal(asked_at(at), 0); /* no policy */
	fixture_apply_policy(&f);
	assert_int_equal(asked_at(at), 1);
	assert_int_equal(asked_at(at + DAY - 1), 0);
	assert_int_equal(asked_at(at + DAY), 1);
	at += DAY;
	fixture_apply_policy(&f); /* a new version */
	assert_int_equal(asked_at(at + 1), 1);
	assert_int_equal(asked_at(at - DAY), 1); /* the clock was set back */
	set_answer(bad);
	assert_int_equal(asked_at(at + DAY), 1);
	at += DAY;
	assert_int_equal(asked_at(at + HOUR - 1), 0);
	set_answer(good);
	assert_int_equal(asked_at(at + HOUR), 1);
	at += HOUR;
	assert_int_equal(asked_at(at + HOUR), 0);
	/* gated has something else in force */
	f.gated.shared->revision += 1;
	f.app.parts.state[PART_GATED].ask_next = (struct mono){ 0 };
	assert_int_equal(asked_at(at + 2 * DAY), 0);
}

static void test_in_a_lockdown(void **state)
{
	unsigned status;

	(void)state;
	fixture_apply_policy(&f);
	json_decref(fixture_root(&f, "POST", "/api/lockdown",
				 "{\"on\":true,\"reason\":\"r\"}", &status));
	assert_int_equal(status, 200);
	post(409);
	assert_int_equal(asked_at(FIXTURE_NOW), 0);
	assert_int_equal(f.gated.shared->probes, 0);
}

static void test_list(void **state)
{
	json_t *answer;
	char path[64];
	int64_t n;

	(void)state;
	fixture_apply_policy(&f);
	for (int i = 0; i < PROBE_RUNS_MAX + 5; i++) {
		struct probe_run run = { .at = i, .result = "good", .answer = good };

		assert_int_equal(store_probe_add(f.app.db, &run), 0);
	}
	assert_int_equal(db_number(f.app.db, &n, "SELECT count(*) FROM probe", ""), 0);
	assert_int_equal(n, PROBE_RUNS_MAX);
	assert_int_equal(kept(), 31);
	(void)snprintf(path, sizeof(path), "/api/probes?limit=400&before=%d", 16);
	answer = ask("GET", path, 200);
	assert_int_equal(json_array_size(json_object_get(answer, "runs")), 10);
	json_decref(answer);
	json_decref(ask("GET", "/api/probes?limit=0", 400));
	json_decref(ask("GET", "/api/probes?limit=401", 400));
	json_decref(ask("GET", "/api/probes?before=x", 400));
	json_decref(ask("GET", "/api/probes?other=1", 400));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_due, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_a_lockdown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_list, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
