/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/record.h"
#include "lib/revision.h"
#include "lib/str.h"
#include "mgmt/mgmtd/site_request.h"
#include "tests/unit/mgmtd/people.h"
#include "tests/unit/mgmtd/stand.h"

#define DAY_S 86400

static struct person admin, manager;

static int setup(void **state)
{
	(void)stand_open(state);
	people_enter(&f, &admin, "taro", "admin");
	people_enter(&f, &manager, "hanako", "manager");
	return 0;
}

/* By p, or by root for NULL; the status must be that. The answer is the caller's. */
static json_t *post(const struct person *p, const char *path, const char *body,
		    unsigned want)
{
	json_t *answer = NULL;
	unsigned status;

	if (p == NULL)
		answer = fixture_root(&f, "POST", path, body, &status);
	else
		status = people_ask(&f, p, "POST", path, body, &answer);
	if (status != want)
		fail_msg("%s: %u %s", path, status, people_code(answer));
	return answer;
}

static void refused(const struct person *p, const char *path, const char *body,
		    unsigned want, const char *code)
{
	json_t *answer = post(p, path, body, want);

	assert_string_equal(people_code(answer), code);
	json_decref(answer);
}

/* A new entry with two cards; the ids into dst. */
static void add_asset(char asset[ID_TEXT_MAX], char card[2][ID_TEXT_MAX])
{
	json_t *answer = post(
		&admin, "/api/assets",
		"{\"number\": \"PC-0042\", \"name\": \"会計端末\", \"owner\": \"佐藤\","
		" \"organisation\": \"総務課\", \"kind\": \"business\","
		" \"zone\": \"office\", \"cards\": ["
		" {\"mac\": \"0A-00-5E-00-00-01\", \"interface\": \"office0\"},"
		" {\"mac\": \"０ａ００．５ｅ００．０００２\", \"interface\": "
		"\"office1\"}]}",
		200);
	const json_t *cards = json_object_get(answer, "cards");

	assert_int_equal(json_array_size(cards), 2);
	(void)str_copy(asset, ID_TEXT_MAX, stand_text(answer, "id"));
	for (size_t i = 0; i < 2; i++)
		(void)str_copy(card[i], ID_TEXT_MAX,
			       stand_text(json_array_get(cards, i), "id"));
	assert_string_equal(stand_text(json_array_get(cards, 1), "mac"),
			    "0a:00:5e:00:00:02");
	assert_string_equal(stand_text(json_array_get(cards, 1), "mac_given"),
			    "０ａ００．５ｅ００．０００２");
	assert_true(json_is_true(json_object_get(json_array_get(cards, 0), "mac_local")));
	assert_non_null(
		strstr(stand_text(json_array_get(cards, 0), "mac_text"), "random"));
	assert_string_equal(stand_text(answer, "state"), "seen");
	json_decref(answer);
}

static struct revision *load(uint64_t number)
{
	struct diags diags = { 0 };
	struct revision *rev = NULL;

	assert_int_equal(revision_load(f.app.publisher.dir, number, &rev, &diags), 0);
	return rev;
}

static void assert_state(const char *asset, const char *want)
{
	char path[64];
	unsigned status;
	json_t *answer;

	(void)snprintf(path, sizeof(path), "/api/assets/%s", asset);
	answer = fixture_root(&f, "GET", path, NULL, &status);
	assert_int_equal(status, 200);
	assert_string_equal(stand_text(answer, "state"), want);
	assert_string_equal(
		stand_text(json_array_get(json_object_get(answer, "history"), 0), "to"),
		want);
	json_decref(answer);
}

/* Ask for a permit as admin, approve it as manager. */
static void permit(const char *device, const char *body)
{
	char path[64], approval[64];
	json_t *answer;

	(void)snprintf(path, sizeof(path), "/api/devices/%s/request", device);
	answer = post(&admin, path, body, 200);
	(void)snprintf(approval, sizeof(approval), "{\"permit\": \"%s\"}",
		       stand_text(json_object_get(answer, "request"), "id"));
	json_decref(answer);
	(void)snprintf(path, sizeof(path), "/api/devices/%s/approve", device);
	json_decref(post(&manager, path, approval, 200));
}

/* One permit for two cards is one permit of the revision, and comes as a small one. */
static void test_two_cards(void **state)
{
	char asset[ID_TEXT_MAX], card[2][ID_TEXT_MAX], body[256];
	struct revision *rev;

	(void)state;
	add_asset(asset, card);
	(void)snprintf(
		body, sizeof(body),
		"{\"kind\": \"business\", \"owner\": \"佐藤\", \"reason\": \"会計\","
		" \"address\": \"10.30.0.21\", \"ticket\": \"T-7\","
		" \"cards\": [\"%s\"]}",
		card[1]);
	permit(card[0], body);
	assert_state(asset, "admitted");
	rev = load(0);
	assert_int_equal(rev->permit_count, 1);
	assert_int_equal(rev->permit[0].card_count, 2);
	assert_int_equal(rev->permit[0].address.family, 4);
	revision_free(rev);
	/* the policy was a full one; the two since rest on it */
	(void)snprintf(body, sizeof(body), "/api/devices/%s/revoke", card[1]);
	json_decref(post(&manager, body, "{\"reason\": \"r\"}", 200));
	rev = load(0);
	assert_int_equal(rev->permit_count, 0);
	assert_int_equal(rev->behind, 2);
	revision_free(rev);
	assert_state(asset, "revoked");
}

static void test_quarantine(void **state)
{
	char asset[ID_TEXT_MAX], card[2][ID_TEXT_MAX], path[80];
	struct revision *rev;
	json_t *answer;

	(void)state;
	add_asset(asset, card);
	permit(card[0], "{\"kind\": \"business\", \"owner\": \"o\", \"reason\": \"r\"}");
	answer = post(&admin, "/api/devices/0a005e000002/quarantine",
		      "{\"reason\": \"感染の疑い\"}", 200);
	assert_string_equal(stand_text(answer, "state"), "quarantined");
	assert_string_equal(stand_text(answer, "by"), "taro");
	json_decref(answer);
	rev = load(0);
	assert_int_equal(rev->behind, 2);
	assert_int_equal(rev->quarantine_count, 2);
	assert_true(rev->permit[0].quarantined);
	revision_free(rev);
	(void)snprintf(path, sizeof(path), "/api/devices/%s/quarantine", asset);
	refused(&admin, path, "{\"reason\": \"r\"}", 409, "held");

	(void)snprintf(path, sizeof(path), "/api/devices/%s/release/approve", asset);
	refused(&manager, path, "{\"requested_by\": \"taro\"}", 409, "no-release");
	path[strlen(path) - strlen("/approve")] = '\0';
	json_decref(post(&admin, path, "{\"reason\": \"調査済み\"}", 200));
	refused(&manager, path, "{\"reason\": \"r\"}", 409, "release-asked");
	(void)str_copy(path + strlen(path), 9, "/approve");
	refused(&admin, path, "{\"requested_by\": \"taro\"}", 403, "four-eyes");
	refused(&manager, path, "{\"requested_by\": \"jiro\"}", 409, "no-release");
	refused(&manager, path,
		"{\"requested_by\": \"taro\", \"requested\":"
		" \"2026-09-20T00:00:00Z\"}",
		409, "no-release");
	answer = post(&manager, path,
		      "{\"requested_by\": \"taro\", \"requested\":"
		      " \"2026-09-21T14:13:20Z\"}",
		      200);
	json_decref(answer);
	assert_state(asset, "admitted");
	rev = load(0);
	assert_int_equal(rev->quarantine_count, 0);
	assert_false(rev->permit[0].quarantined);
	revision_free(rev);
}

/* A card that was only seen; the daemons are away, and it is stored all the same. */
static void test_quarantine_unknown(void **state)
{
	struct proto_sighting m = { .time_us = FIXTURE_NOW * 1000000LL,
				    .mac = { 0, 0x16, 0x3e, 0, 0, 9 },
				    .source = PROTO_SOURCE_ARP };
	struct revision *rev;
	json_t *answer;

	(void)state;
	(void)str_copy(m.interface, sizeof(m.interface), "lab0");
	assert_int_equal(sight_take(&f.app.sight, &m), 0);
	f.gated.shared->mode = FAKE_HANGS;
	answer = post(&admin, "/api/devices/00:16:3e:00:00:09/quarantine",
		      "{\"reason\": \"r\"}", 200);
	assert_string_equal(stand_text(answer, "kind"), "");
	assert_int_equal(json_array_size(json_object_get(answer, "pending")), 1);
	json_decref(answer);
	f.gated.shared->mode = FAKE_ACCEPTS;
	rev = load(0);
	assert_int_equal(rev->quarantine_count, 1);
	revision_free(rev);
	/* after a restart the next one is full again, and still holds it */
	fixture_restart(&f);
	json_decref(post(NULL, "/api/devices",
			 "{\"mac\": \"00163e00000a\", \"interface\": \"office0\"}", 200));
	json_decref(post(NULL, "/api/devices/00163e00000a/approve",
			 "{\"kind\": \"business\", \"owner\": \"o\", \"reason\": \"r\"}",
			 200));
	rev = load(0);
	assert_int_equal(rev->behind, 0);
	assert_int_equal(rev->quarantine_count, 1);
	revision_free(rev);
	json_decref(post(NULL, "/api/devices/00163e000009/release", "{\"reason\": \"r\"}",
			 200));
	rev = load(0);
	assert_int_equal(rev->quarantine_count, 0);
	revision_free(rev);
}

static void test_suspend_and_retire(void **state)
{
	char asset[ID_TEXT_MAX], card[2][ID_TEXT_MAX], path[80];
	struct revision *rev;

	(void)state;
	add_asset(asset, card);
	permit(card[0], "{\"kind\": \"business\", \"owner\": \"o\", \"reason\": \"r\"}");
	(void)snprintf(path, sizeof(path), "/api/devices/%s/suspend", asset);
	json_decref(post(&manager, path, "{\"reason\": \"r\"}", 200));
	assert_state(asset, "suspended");
	rev = load(0);
	assert_int_equal(rev->permit_count, 0);
	revision_free(rev);
	(void)snprintf(path, sizeof(path), "/api/devices/%s/resume", asset);
	json_decref(post(&manager, path, "{\"reason\": \"r\"}", 200));
	refused(&manager, path, "{\"reason\": \"r\"}", 409, "not-held");
	assert_state(asset, "admitted");
	(void)snprintf(path, sizeof(path), "/api/devices/%s/retire", asset);
	json_decref(post(&manager, path, "{\"reason\": \"廃棄\"}", 200));
	assert_state(asset, "retired");
	rev = load(0);
	assert_int_equal(rev->permit_count, 0);
	revision_free(rev);
	(void)snprintf(path, sizeof(path), "/api/devices/%s/request", card[0]);
	refused(&admin, path,
		"{\"kind\": \"business\", \"owner\": \"o\", \"reason\": \"r\"}", 409,
		"held");
}

/* A permit that begins tomorrow is in the revision, and the device waits for it. */
static void test_begins_later(void **state)
{
	char asset[ID_TEXT_MAX], card[2][ID_TEXT_MAX];
	struct revision *rev;

	(void)state;
	add_asset(asset, card);
	permit(card[0], "{\"kind\": \"contractor\", \"owner\": \"o\", \"reason\": \"r\","
			" \"company\": \"保守社\", \"from\": \"2026-09-23\","
			" \"until\": \"2026-09-23\"}");
	assert_state(asset, "approved");
	rev = load(0);
	assert_int_equal(rev->permit[0].from, 1790089200); /* midnight in Tokyo */
	assert_int_equal(rev->permit[0].until, 1790089200 + DAY_S);
	revision_free(rev);
	f.now = 1790089200;
	app_tick(&f.app, f.now);
	assert_state(asset, "admitted");
	f.now += DAY_S;
	app_tick(&f.app, f.now);
	assert_state(asset, "expired");
}

/* How many permits of the revision in force hold at that time, for whoever asks the clock. */
static unsigned in_force(int64_t now)
{
	struct revision *rev = load(0);
	unsigned n = 0;

	for (size_t i = 0; i < rev->permit_count; i++)
		n += revision_permit_holds(&rev->permit[i], now);
	revision_free(rev);
	return n;
}

/* Over is over: when the clock goes back, and at a boot with a clock that went wrong. */
static void test_stays_over(void **state)
{
	char asset[ID_TEXT_MAX], card[2][ID_TEXT_MAX];
	uint64_t before;

	(void)state;
	add_asset(asset, card);
	permit(card[0], "{\"kind\": \"contractor\", \"owner\": \"o\", \"reason\": \"r\","
			" \"company\": \"保守社\", \"seconds\": 3600}");
	assert_int_equal(in_force(f.now), 1);
	f.now += 3600;
	app_tick(&f.app, f.now);
	before = f.app.publisher.current;
	app_tick(&f.app, f.now + 1); /* an end alone is no reason for a revision */
	assert_int_equal(f.app.publisher.current, before);
	app_tick(&f.app, f.now - 600);
	assert_int_equal(in_force(f.now - 600), 0);
	before = f.app.publisher.current;
	app_tick(&f.app, f.now - 700);
	assert_int_equal(f.app.publisher.current, before);
}

static void test_stays_over_at_boot(void **state)
{
	char asset[ID_TEXT_MAX], card[2][ID_TEXT_MAX];

	(void)state;
	add_asset(asset, card);
	permit(card[0], "{\"kind\": \"contractor\", \"owner\": \"o\", \"reason\": \"r\","
			" \"company\": \"保守社\", \"seconds\": 3600}");
	f.now += 3600;
	app_tick(&f.app, f.now);
	fixture_restart(&f);
	app_tick(&f.app, DAY_S);
	assert_int_equal(in_force(DAY_S), 0);
}

/* A clock that is years ahead ends nothing for good, and suspends nobody. */
static void test_far_ahead(void **state)
{
	static const struct change nobody[] = {
		{ CHANGE_BY_TIMER, "revision-renew", "permits", NULL, "", false },
		{ CHANGE_BY_SENSOR, "device-quarantine", "r1", NULL, "", false },
		{ SITE_REQUEST_BY "10.30.0.10", "allow-request", "a1", NULL, "", false },
	};
	char asset[ID_TEXT_MAX], card[2][ID_TEXT_MAX];
	int64_t ahead = f.now + INT64_C(3000) * DAY_S;

	(void)state;
	add_asset(asset, card);
	permit(card[0], "{\"kind\": \"contractor\", \"owner\": \"o\", \"reason\": \"r\","
			" \"company\": \"保守社\", \"seconds\": 36000}");
	fixture_restart(&f);
	app_tick(&f.app, ahead);
	app_tick(&f.app, ahead + 600);
	/* what nobody did makes it no truer */
	for (size_t i = 0; i < ARRAY_LEN(nobody); i++)
		assert_int_equal(store_change_add(f.app.db, &nobody[i], ahead + 601), 0);
	app_tick(&f.app, ahead + 1200);
	assert_int_equal(in_force(ahead), 0);
	app_tick(&f.app, f.now + 60);
	assert_int_equal(in_force(f.now + 60), 1);
	f.now += 36000;
	app_tick(&f.app, f.now);
	app_tick(&f.app, f.now - 60);
	assert_int_equal(in_force(f.now - 60), 0);
}

static void test_refusals(void **state)
{
	char asset[ID_TEXT_MAX], card[2][ID_TEXT_MAX], path[80];

	(void)state;
	add_asset(asset, card);
	refused(&admin, "/api/assets",
		"{\"number\": \"PC-0042\", \"owner\": \"o\", \"kind\": \"printer\","
		" \"cards\": [{\"mac\": \"02:00:00:00:00:07\","
		" \"interface\": \"office0\"}]}",
		409, "number-taken");
	refused(&admin, "/api/assets",
		"{\"owner\": \"o\", \"kind\": \"pet\", \"cards\": []}", 422, "bad-kind");
	(void)snprintf(path, sizeof(path), "/api/devices/%s/request", card[0]);
	refused(&admin, path,
		"{\"kind\": \"business\", \"owner\": \"o\", \"reason\": \"r\","
		" \"address\": \"192.0.2.1\"}",
		422, "bad-device-address");
	refused(&admin, path,
		"{\"kind\": \"maintenance\", \"owner\": \"o\", \"reason\": \"r\","
		" \"seconds\": 60, \"terminal\": \"t\"}",
		422, "not-vpn");
	refused(&admin, path,
		"{\"kind\": \"business\", \"owner\": \"o\", \"reason\": \"r\","
		" \"cards\": [\"d0000000000000000\"]}",
		422, "bad-cards");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_two_cards, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_quarantine, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_quarantine_unknown, setup,
						stand_close),
		cmocka_unit_test_setup_teardown(test_suspend_and_retire, setup,
						stand_close),
		cmocka_unit_test_setup_teardown(test_begins_later, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_stays_over, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_far_ahead, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_stays_over_at_boot, setup,
						stand_close),
		cmocka_unit_test_setup_teardown(test_refusals, setup, stand_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
