/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/record.h"
#include "lib/revision.h"
#include "tests/unit/mgmtd/stand.h"

static unsigned ask(const char *method, const char *path, const char *body, json_t **ret)
{
	unsigned status;
	json_t *value = fixture_root(&f, method, path, body, &status);

	if (ret != NULL)
		*ret = value;
	else
		json_decref(value);
	return status;
}

static unsigned post(const char *path, const char *body, json_t **ret)
{
	return ask("POST", path, body, ret);
}

/* fixture_policy with another site's name, on trial. */
static unsigned try_policy(int seconds)
{
	const char *at = strstr(fixture_policy, "  lab:\n");
	json_t *body;
	char *text, policy[4096];
	unsigned status;

	(void)snprintf(policy, sizeof(policy), "%.*s  # another\n%s",
		       (int)(at - fixture_policy), fixture_policy, at);
	body = json_pack("{s:s, s:s, s:i}", "text", policy, "reason", "try",
			 "confirm_within", seconds);
	text = json_dumps(body, 0);
	status = post("/api/policy", text, NULL);
	json_decref(body);
	free(text);
	return status;
}

static uint64_t linked(void)
{
	char dir[PATH_TEXT_MAX];
	struct diags diags = { 0 };
	struct revision *rev;
	uint64_t number;

	assert_int_equal(path_join(dir, f.root, PATH_REVISIONS), 0);
	assert_int_equal(revision_load(dir, 0, &rev, &diags), 0);
	number = rev->number;
	revision_free(rev);
	return number;
}

/* The state of the newest version of the policy. */
static const char *newest(void)
{
	static char state[32];
	json_t *answer;

	assert_int_equal(ask("GET", "/api/policy/history", NULL, &answer), 200);
	(void)snprintf(state, sizeof(state), "%s",
		       json_string_value(json_object_get(
			       json_array_get(json_object_get(answer, "versions"), 0),
			       "state")));
	json_decref(answer);
	return state;
}

static void is_back(const char *state)
{
	assert_int_equal(f.app.publisher.trial.number, 0);
	assert_int_equal(f.app.publisher.current, 1);
	assert_int_equal(linked(), 1);
	assert_int_equal(f.gated.shared->revision, 1);
	assert_int_equal(f.proxyd.shared->revision, 1);
	assert_string_equal(newest(), state);
	assert_false(fixture_has(&f, PATH_REVISIONS "/0000000002.json"));
	assert_true(fixture_has(&f, PATH_REVISIONS "/0000000001.allow"));
}

static void test_confirmed(void **state)
{
	json_t *answer, *trial;

	(void)state;
	assert_int_equal(try_policy(90), 200);
	assert_int_equal(f.gated.shared->confirm_s, 90);
	assert_int_equal(f.proxyd.shared->confirm_s, 90);
	assert_int_equal(f.gated.shared->revision, 2);
	assert_int_equal(linked(), 1);
	assert_int_equal(f.app.publisher.current, 1);
	assert_string_equal(newest(), "trial");
	assert_int_equal(ask("GET", "/api/policy", NULL, &answer), 200);
	trial = json_object_get(answer, "trial");
	assert_int_equal(json_integer_value(json_object_get(trial, "revision")), 2);
	assert_int_equal(json_integer_value(json_object_get(trial, "seconds")), 90);
	assert_null(
		strstr(json_string_value(json_object_get(answer, "text")), "another"));
	json_decref(answer);
	app_tick(&f.app, f.now + 80); /* nothing is sent anew meanwhile */
	assert_int_equal(f.gated.shared->loads, 2);
	assert_int_equal(f.app.publisher.trial.number, 2);

	assert_int_equal(post("/api/policy/confirm", "{}", NULL), 200);
	assert_int_equal(f.gated.shared->confirms, 1);
	assert_int_equal(f.proxyd.shared->confirms, 1);
	assert_int_equal(linked(), 2);
	assert_int_equal(f.app.publisher.current, 2);
	assert_string_equal(newest(), "in-force");
	assert_false(fixture_has(&f, PATH_REVISIONS "/0000000001.allow"));
	assert_int_equal(post("/api/policy/confirm", "{}", NULL), 409);
	assert_int_equal(fixture_records(&f, RECORD_CHANGE), 3);
}

static void test_rolled_back(void **state)
{
	(void)state;
	assert_int_equal(post("/api/policy/rollback", "{\"reason\": \"no\"}", NULL), 409);
	assert_int_equal(try_policy(90), 200);
	assert_int_equal(post("/api/policy/rollback", "{\"reason\": \"no\"}", NULL), 200);
	assert_int_equal(f.gated.shared->rollbacks, 1);
	is_back("rolled-back");
	assert_int_equal(try_policy(90), 200); /* a number is not used twice */
	assert_int_equal(f.gated.shared->revision, 3);
}

/* Who has read of one trial does not confirm the next. */
static void test_another_trial(void **state)
{
	json_t *answer;

	(void)state;
	assert_int_equal(try_policy(90), 200);
	assert_int_equal(post("/api/policy/rollback", "{\"reason\": \"no\"}", NULL), 200);
	assert_int_equal(try_policy(90), 200);
	assert_int_equal(post("/api/policy/confirm", "{\"revision\": 2}", &answer), 409);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(answer, "error"), "code")),
			    "trial");
	json_decref(answer);
	assert_string_equal(newest(), "trial");
	assert_int_equal(post("/api/policy/confirm", "{\"revision\": 0}", NULL), 400);
	assert_int_equal(post("/api/policy/confirm", "{\"revision\": 3}", NULL), 200);
	assert_string_equal(newest(), "in-force");
}

static void test_time_is_over(void **state)
{
	(void)state;
	assert_int_equal(try_policy(90), 200);
	app_tick(&f.app, f.now + 89);
	assert_int_equal(f.app.publisher.trial.number, 2);
	app_tick(&f.app, f.now + 90);
	is_back("unconfirmed");
	assert_int_equal(post("/api/policy/confirm", "{}", NULL), 409);
	assert_int_equal(fixture_records(&f, RECORD_CHANGE), 3);
}

/* gated's own timer was first, and we were away meanwhile. */
static void test_gated_was_first(void **state)
{
	json_t *answer;

	(void)state;
	assert_int_equal(try_policy(90), 200);
	f.gated.shared->trial = 0;
	f.gated.shared->revision = 1;
	assert_int_equal(post("/api/policy/confirm", "{}", &answer), 409);
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(answer, "error"), "code")),
			    "trial-over");
	json_decref(answer);
	is_back("rolled-back");
	assert_int_equal(try_policy(90), 200);
	f.gated.shared->trial = 0;
	f.gated.shared->revision = 1;
	app_tick(&f.app, f.now);
	assert_int_equal(f.app.publisher.trial.number, 0);
	assert_int_equal(f.proxyd.shared->revision, 1);
}

static void test_restart(void **state)
{
	(void)state;
	assert_int_equal(try_policy(90), 200);
	fixture_restart(&f);
	assert_int_equal(f.app.publisher.trial.number, 2);
	assert_int_equal(f.app.publisher.current, 1);
	assert_true(fixture_has(&f, PATH_REVISIONS "/0000000002.json"));
	app_tick(&f.app, f.now);
	assert_int_equal(f.gated.shared->revision, 2);
	assert_int_equal(post("/api/policy/confirm", "{}", NULL), 200);
	assert_int_equal(linked(), 2);
	assert_int_equal(try_policy(90), 200);
	fixture_restart(&f);
	app_tick(&f.app, f.now + 100);
	assert_int_equal(f.app.publisher.current, 2);
	assert_int_equal(f.gated.shared->revision, 2);
	assert_string_equal(newest(), "unconfirmed");
}

/* Everything else that would publish waits; what withdraws does not. */
static void test_others(void **state)
{
	char path[96];
	json_t *answer;
	const char *message;

	(void)state;
	assert_int_equal(
		post("/api/allow", "{\"host\": \"a.jp\", \"reason\": \"r\"}", &answer),
		200);
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve",
		       json_string_value(json_object_get(answer, "id")));
	json_decref(answer);
	assert_int_equal(post(path, "{}", NULL), 200);
	assert_int_equal(try_policy(90), 200);
	assert_int_equal(try_policy(90), 409);
	assert_int_equal(
		post("/api/devices",
		     "{\"mac\": \"02:00:00:00:00:0a\", \"interface\": \"office1\"}",
		     NULL),
		200);
	assert_int_equal(post("/api/devices/02:00:00:00:00:0a/approve",
			      "{\"kind\": \"business\", \"owner\": \"o\","
			      " \"reason\": \"r\"}",
			      &answer),
			 409);
	message = json_string_value(
		json_object_get(json_object_get(answer, "error"), "message"));
	assert_non_null(strstr(message, "revision 3, by root, until 2026-"));
	json_decref(answer);
	assert_int_equal(f.gated.shared->revision, 3);

	memcpy(strstr(path, "/approve"), "/remove", 8);
	assert_int_equal(post(path, "{\"reason\": \"leak\"}", &answer), 200);
	assert_int_equal(json_integer_value(json_object_get(answer, "rolled_back")), 3);
	assert_int_equal(json_integer_value(json_object_get(answer, "revision")), 4);
	assert_non_null(json_object_get(answer, "warning"));
	json_decref(answer);
	assert_int_equal(f.gated.shared->rollbacks, 1);
	assert_int_equal(f.gated.shared->revision, 4);
	assert_int_equal(f.gated.shared->confirm_s, 0);
	assert_int_equal(linked(), 4);
	assert_string_equal(newest(), "rolled-back");
	assert_false(fixture_has(&f, PATH_REVISIONS "/0000000003.json"));
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(try_policy(9), 422);
	assert_int_equal(try_policy(86401), 422);
	f.proxyd.shared->mode = FAKE_REFUSES;
	assert_int_equal(try_policy(90), 422);
	assert_int_equal(f.gated.shared->rollbacks, 1);
	assert_int_equal(f.gated.shared->revision, 1);
	assert_int_equal(f.app.publisher.trial.number, 0);
	assert_string_equal(newest(), "in-force");
	assert_false(fixture_has(&f, PATH_REVISIONS "/0000000002.json"));
}

/* The answer to a confirmation gets lost: asked again, it is one. */
static void test_confirmation_lost(void **state)
{
	(void)state;
	assert_int_equal(try_policy(90), 200);
	f.gated.shared->mode = FAKE_CONFIRM_LOST;
	assert_int_equal(post("/api/policy/confirm", "{}", NULL), 503);
	assert_int_equal(linked(), 1);
	f.gated.shared->mode = FAKE_ACCEPTS;
	assert_int_equal(post("/api/policy/confirm", "{}", NULL), 200);
	assert_int_equal(linked(), 2);
	assert_int_equal(f.proxyd.shared->confirms, 1);
}

/* gated holds it for good and decides; proxyd, which went back, gets it again. */
static void test_proxyd_follows(void **state)
{
	json_t *answer;

	(void)state;
	assert_int_equal(try_policy(90), 200);
	f.proxyd.shared->trial = 0;
	f.proxyd.shared->revision = 1;
	assert_int_equal(post("/api/policy/confirm", "{}", &answer), 200);
	assert_null(json_object_get(answer, "pending"));
	json_decref(answer);
	assert_int_equal(f.proxyd.shared->revision, 2);
	assert_int_equal(f.proxyd.shared->trial, 0);
}

static void test_first_policy(void **state)
{
	(void)state;
	fixture_close(&f);
	fixture_open(&f);
	assert_int_equal(try_policy(90), 409);
	assert_int_equal(f.gated.shared->asked, 0);
}

static void test_diff(void **state)
{
	(void)state;
	assert_int_equal(try_policy(90), 200);
	assert_int_equal(post("/api/policy/diff", "{\"from\": 1, \"to\": 2}", NULL), 200);
	assert_int_equal(post("/api/policy/diff", "{\"text\": \"version: 1\\n\"}", NULL),
			 200);
	assert_int_equal(post("/api/policy/diff", "{\"from\": 7}", NULL), 404);
	assert_int_equal(post("/api/policy/diff", "{\"from\": \"x\"}", NULL), 400);
	assert_int_equal(post("/api/policy/diff", "{\"text\": \"\", \"to\": 1}", NULL),
			 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_confirmed),
		ON_STAND(test_rolled_back),
		ON_STAND(test_another_trial),
		ON_STAND(test_time_is_over),
		ON_STAND(test_gated_was_first),
		ON_STAND(test_restart),
		ON_STAND(test_others),
		ON_STAND(test_refused),
		ON_STAND(test_confirmation_lost),
		ON_STAND(test_proxyd_follows),
		ON_STAND(test_first_policy),
		ON_STAND(test_diff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
