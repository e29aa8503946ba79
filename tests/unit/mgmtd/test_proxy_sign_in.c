/* SPDX-License-Identifier: GPL-3.0-or-later */
/* people who sign in at the proxy */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/str.h"
#include "mgmt/mgmtd/proxy_sign_in.h"
#include "tests/unit/mgmtd/people.h"
#include "tests/unit/mgmtd/stand.h"

#define PASSWORD "Correct:horse-1 馬"

static void add(const char *login, bool must_change)
{
	struct account a = { .role = ROLE_REQUESTER, .must_change = must_change };

	(void)str_copy(a.login, sizeof(a.login), login);
	(void)str_copy(a.name, sizeof(a.name), login);
	assert_int_equal(auth_hash(PASSWORD, a.hash), 0);
	assert_int_equal(store_account_add(f.app.db, &a), 0);
}

static int setup(void **state)
{
	(void)stand_open(state);
	add("sato", false);
	add("suzuki", true);
	return 0;
}

static struct proto_sign_in message(const char *login, const char *password)
{
	struct proto_sign_in m;

	memset(&m, 0, sizeof(m));
	m.addr_family = 4;
	memcpy(m.addr, ((const uint8_t[]){ 10, 30, 0, 5 }), 4);
	(void)str_copy(m.zone, sizeof(m.zone), "office");
	(void)str_copy(m.login, sizeof(m.login), login);
	(void)str_copy(m.password, sizeof(m.password), password);
	return m;
}

static struct proto_sign_in_reply ask_at(const char *login, const char *password,
					 int64_t now)
{
	struct proto_sign_in m = message(login, password);
	struct proto_sign_in_reply reply;

	assert_int_equal(proxy_sign_in(&f.app, &m, now, &reply), 0);
	assert_int_equal(reply.code, 0);
	return reply;
}

static uint32_t ask(const char *login, const char *password)
{
	return ask_at(login, password, FIXTURE_NOW).verdict;
}

static void test_verdicts(void **state)
{
	struct proto_sign_in_reply r = ask_at("sato", PASSWORD, FIXTURE_NOW);
	unsigned before = fixture_records(&f, RECORD_SIGN_IN);

	(void)state;
	assert_int_equal(r.verdict, PROTO_VERDICT_OK);
	assert_string_equal(r.login, "sato");
	assert_int_equal(r.keep_s, PROXY_SIGN_IN_GOOD_S);
	assert_int_equal(ask("suzuki", PASSWORD), PROTO_VERDICT_MUST_CHANGE);
	assert_int_equal(fixture_records(&f, RECORD_SIGN_IN), before);
	r = ask_at("sato", "x", FIXTURE_NOW);
	assert_int_equal(r.verdict, PROTO_VERDICT_REFUSED);
	assert_string_equal(r.login, "");
	assert_int_equal(r.keep_s, PROXY_SIGN_IN_BAD_S);
	/* that the password is a first one is told to who knows it only */
	assert_int_equal(ask("suzuki", "x"), PROTO_VERDICT_REFUSED);
	assert_int_equal(ask("nobody", PASSWORD), PROTO_VERDICT_REFUSED);
	assert_int_equal(ask("SATO", PASSWORD), PROTO_VERDICT_REFUSED);
	assert_int_equal(store_account_disable(f.app.db, "sato"), 0);
	assert_int_equal(ask("sato", PASSWORD), PROTO_VERDICT_REFUSED);
	assert_int_equal(fixture_records(&f, RECORD_SIGN_IN), before + 5);
}

/* As at the management door, and apart from it. */
static void test_lock(void **state)
{
	bool locked = true;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(ask("sato", "x"), PROTO_VERDICT_REFUSED);
	assert_int_equal(ask("sato", PASSWORD), PROTO_VERDICT_OK); /* counts anew */
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask("sato", "x"), PROTO_VERDICT_REFUSED);
	assert_int_equal(ask("sato", PASSWORD), PROTO_VERDICT_LOCKED);
	assert_int_equal(store_attempt_locked(f.app.db, "sato", FIXTURE_NOW, &locked), 0);
	assert_false(locked);
	assert_int_equal(ask_at("sato", PASSWORD, FIXTURE_NOW + 300).verdict,
			 PROTO_VERDICT_OK);
}

/* Who is given a new password can use it, here too. */
static void test_reset(void **state)
{
	char body[200];
	json_t *answer;

	(void)state;
	for (int i = 0; i < 6; i++)
		(void)ask("sato", "x");
	assert_int_equal(ask("sato", "x"), PROTO_VERDICT_LOCKED);
	answer = stand_post("/api/users/sato/reset", "{'reason': 'r'}", 200);
	(void)str_copy(body, sizeof(body), stand_text(answer, "initial_password"));
	json_decref(answer);
	assert_int_equal(ask("sato", body), PROTO_VERDICT_MUST_CHANGE);
}

/* Who fails at the management's door locks nobody out of the proxy, whatever the login. */
static void test_other_door(void **state)
{
	const struct person stranger = { 0 };

	(void)state;
	for (int i = 0; i < 6; i++)
		assert_true(people_ask(&f, &stranger, "POST", "/api/session",
				       "{\"login\": \"proxy:sato\", \"password\": \"x\"}",
				       NULL) >= 401);
	assert_int_equal(people_ask(&f, &stranger, "POST", "/api/session",
				    "{\"login\": \"\\u0001proxy:sato\","
				    " \"password\": \"x\"}",
				    NULL),
			 422);
	assert_int_equal(ask("sato", PASSWORD), PROTO_VERDICT_OK);
}

/* Whoever fills the disk is not given free guesses. */
static void test_no_record(void **state)
{
	struct proto_sign_in m = message("sato", "x");
	struct proto_sign_in_reply reply;
	char path[PATH_TEXT_MAX + 16];

	(void)state;
	journal_close(&f.app.journal);
	(void)snprintf(path, sizeof(path), "%s.moved", f.app.journal.dir);
	assert_int_equal(rename(f.app.journal.dir, path), 0);
	assert_int_equal(proxy_sign_in(&f.app, &m, FIXTURE_NOW, &reply), 0);
	assert_int_equal(reply.code, -ENOBUFS);
	assert_int_equal(reply.verdict, 0);
}

static void test_malformed(void **state)
{
	const struct proto_sign_in good = message("sato", PASSWORD);
	struct proto_sign_in m[11];
	struct proto_sign_in_reply reply;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(m); i++)
		m[i] = good;
	memset(m[n++].login, 'l', sizeof(good.login));
	memset(m[n++].password, 'p', sizeof(good.password));
	memset(m[n++].zone, 'z', sizeof(good.zone));
	m[n++].login[0] = '\0';
	m[n++].password[0] = '\0';
	m[n++].login[0] = '\n';
	m[n++].password[0] = '\x1b';
	m[n++].password[0] = (char)0xff;
	m[n++].zone[0] = '\r';
	m[n++].addr_family = 0;
	m[n++].addr_family = 5;
	assert_int_equal(n, ARRAY_LEN(m));
	for (size_t i = 0; i < n; i++) {
		if (proxy_sign_in(&f.app, &m[i], FIXTURE_NOW, &reply) != -EBADMSG)
			fail_msg("message %zu was taken", i);
	}
}

/* A disabled account is not signed in at the proxy any more. */
static void test_signed_out(void **state)
{
	struct fake_shared *proxyd = f.proxyd.shared;
	unsigned status;

	(void)state;
	json_decref(fixture_root(&f, "POST", "/api/users/sato/disable",
				 "{\"reason\": \"left\"}", &status));
	assert_int_equal(status, 200);
	assert_int_equal(proxyd->sign_outs, 1);
	assert_string_equal(proxyd->signed_out.login, "sato");
	json_decref(fixture_root(&f, "POST", "/api/users/suzuki/reset",
				 "{\"reason\": \"forgot\"}", &status));
	assert_int_equal(status, 200);
	assert_string_equal(proxyd->signed_out.login, "suzuki");
	/* one that hangs is told later, and then forgets everybody */
	add("tanaka", false);
	proxyd->mode = FAKE_HANGS;
	json_decref(fixture_root(&f, "POST", "/api/users/tanaka/disable",
				 "{\"reason\": \"left\"}", &status));
	assert_int_equal(status, 200);
	assert_true(f.app.sign_out_owed);
	proxyd->mode = FAKE_ACCEPTS;
	app_tick(&f.app, FIXTURE_NOW);
	assert_false(f.app.sign_out_owed);
	assert_int_equal(proxyd->sign_outs, 3);
	assert_string_equal(proxyd->signed_out.login, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_verdicts, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_lock, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_reset, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_other_door, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_no_record, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_malformed, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_signed_out, setup, stand_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
