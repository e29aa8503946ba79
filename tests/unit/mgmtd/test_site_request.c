/* SPDX-License-Identifier: GPL-3.0-or-later */
/* what devices ask for on the proxy's local page */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/str.h"
#include "mgmt/mgmtd/site_request.h"
#include "mgmt/mgmtd/store_device.h"
#include "mgmt/mgmtd/store_entry.h"
#include "tests/unit/mgmtd/people.h"
#include "tests/unit/mgmtd/stand.h"

#define DEVICE "d0000000000000001"

static int setup(void **state)
{
	struct device d = { .id = DEVICE,
			    .mac = "02:00:00:00:00:01",
			    .name = "window 3",
			    .interface = "office0" };

	(void)stand_open(state);
	return store_device_add(f.app.db, &d);
}

static struct proto_site_request message(const char *device, const char *host)
{
	struct proto_site_request m;

	memset(&m, 0, sizeof(m));
	m.reference = 0x1234;
	m.port = 443;
	m.addr_family = 4;
	memcpy(m.addr, ((const uint8_t[]){ 10, 30, 0, 5 }), 4);
	(void)str_copy(m.device, sizeof(m.device), device);
	(void)str_copy(m.zone, sizeof(m.zone), "office");
	(void)str_copy(m.host, sizeof(m.host), host);
	(void)str_copy(m.purpose, sizeof(m.purpose), "年末調整");
	return m;
}

static int take(const struct proto_site_request *m)
{
	int code = 1;

	assert_int_equal(site_request_take(&f.app, m, FIXTURE_NOW, &code), 0);
	assert_true(code <= 0);
	return code;
}

static int keep_last(const struct entry *e, void *user)
{
	*(struct entry *)user = *e;
	return 0;
}

static struct entry only_entry(const char *host)
{
	const struct entry_filter filter = { .text = host };
	struct entry e = { 0 };

	assert_int_equal(store_entry_find(f.app.db, &filter, keep_last, &e), 0);
	return e;
}

static void test_filed(void **state)
{
	struct proto_site_request m = message(DEVICE, "tax.example.jp");
	unsigned before = fixture_records(&f, RECORD_CHANGE);
	struct entry e;

	(void)state;
	assert_int_equal(take(&m), 0);
	e = only_entry("tax.example.jp");
	assert_string_equal(e.state, "requested");
	assert_string_equal(e.ports, "[443]");
	assert_string_equal(e.scheme, "any");
	assert_string_equal(e.list, LIST_DEFAULT);
	assert_string_equal(e.requested_by, "device:" DEVICE);
	assert_string_equal(e.requested_role, "requester");
	assert_string_equal(e.owner, "window 3");
	assert_string_equal(e.purpose, "年末調整 (10.30.0.5, office, 0000000000001234)");
	assert_int_equal(e.requested, FIXTURE_NOW);
	assert_int_equal(fixture_records(&f, RECORD_CHANGE), before + 1);
	/* the same from there or from anywhere else */
	assert_int_equal(take(&m), -EEXIST);
	m.addr[3] = 6;
	m.device[0] = '\0';
	assert_int_equal(take(&m), -EEXIST);
	m.port = 8443;
	assert_int_equal(take(&m), 0);
	assert_int_equal(fixture_records(&f, RECORD_CHANGE), before + 2);
}

/* A device is not a person who may approve, and its request takes the usual way. */
static void test_approved_by_people(void **state)
{
	const struct actor manager = { .login = "suzuki", .role = ROLE_MANAGER };
	const struct actor admin = { .login = "sato", .role = ROLE_ADMIN };
	struct proto_site_request m = message(DEVICE, "tax.example.jp");
	struct entry e;
	char path[96];
	unsigned status;

	(void)state;
	assert_int_equal(take(&m), 0);
	e = only_entry("tax.example.jp");
	assert_int_equal(workflow_approve(&manager, e.requested_by, ROLE_REQUESTER),
			 WORKFLOW_OK);
	assert_int_equal(workflow_approve(&admin, e.requested_by, ROLE_REQUESTER),
			 WORKFLOW_NEED_MANAGER);
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve", e.id);
	json_decref(fixture_root(&f, "POST", path, "{}", &status));
	assert_int_equal(status, 200);
	assert_string_equal(only_entry("tax.example.jp").state, "active");
	assert_int_equal(take(&m), -EEXIST); /* permitted already */
}

/* Who was signed in at the proxy has asked, and does not approve it herself. */
static void test_not_approved_by_who_asked(void **state)
{
	struct proto_site_request m = message(DEVICE, "tax.example.jp");
	struct person hanako, suzuki;
	json_t *answer;
	struct entry e;
	char path[96];

	(void)state;
	people_enter(&f, &hanako, "hanako", "manager");
	people_enter(&f, &suzuki, "suzuki", "manager");
	(void)str_copy(m.user, sizeof(m.user), "hanako");
	assert_int_equal(take(&m), 0);
	e = only_entry("tax.example.jp");
	assert_string_equal(e.requested_by, "device:" DEVICE " hanako");
	assert_string_equal(e.requested_role, "requester");
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve", e.id);
	assert_int_equal(people_ask(&f, &hanako, "POST", path, "{}", &answer), 403);
	assert_string_equal(people_code(answer), "four-eyes");
	json_decref(answer);
	(void)snprintf(path, sizeof(path), "{\"entries\": [\"%s\"]}", e.id);
	assert_int_equal(
		people_ask(&f, &hanako, "POST", "/api/allow/approve", path, &answer),
		403);
	assert_string_equal(people_code(answer), "four-eyes");
	json_decref(answer);
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve", e.id);
	assert_int_equal(people_ask(&f, &suzuki, "POST", path, "{}", NULL), 200);
}

/* Nobody was signed in: who sits at the device that asked may be who asked. */
static void test_not_approved_from_there(void **state)
{
	struct proto_site_request m = message(DEVICE, "tax.example.jp");
	struct person hanako;
	json_t *answer;
	char path[96];

	(void)state;
	people_enter(&f, &hanako, "hanako", "manager");
	assert_int_equal(take(&m), 0);
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve",
		       only_entry("tax.example.jp").id);
	assert_int_equal(addr_parse("10.30.0.5", &hanako.client), 0);
	assert_int_equal(people_ask(&f, &hanako, "POST", path, "{}", &answer), 403);
	assert_string_equal(people_code(answer), "four-eyes");
	json_decref(answer);
	assert_int_equal(addr_parse("10.30.0.50", &hanako.client), 0);
	assert_int_equal(people_ask(&f, &hanako, "POST", path, "{}", NULL), 200);
	/* signed in there: another person's request, whatever the device */
	m = message(DEVICE, "mail.example.jp");
	(void)str_copy(m.user, sizeof(m.user), "suzuki");
	assert_int_equal(take(&m), 0);
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve",
		       only_entry("mail.example.jp").id);
	assert_int_equal(addr_parse("10.30.0.5", &hanako.client), 0);
	assert_int_equal(people_ask(&f, &hanako, "POST", path, "{}", NULL), 200);
}

/* The longest address and login there are. */
static void test_longest_names(void **state)
{
	struct proto_site_request m = message("", "tax.example.jp");
	char login[LOGIN_MAX + 1];

	(void)state;
	memset(login, 'l', LOGIN_MAX);
	login[LOGIN_MAX] = '\0';
	m.addr_family = 6;
	memset(m.addr, 0xfd, sizeof(m.addr));
	(void)str_copy(m.user, sizeof(m.user), login);
	assert_int_equal(take(&m), 0);
	assert_string_equal(only_entry("tax.example.jp").requested_by,
			    "device:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd "
			    "llllllllllllllllllllllllllllllll");
}

static void test_addresses(void **state)
{
	struct proto_site_request m = message("", "192.0.2.7");
	struct entry e;

	(void)state;
	m.addr_family = 6;
	memset(m.addr, 0xfd, sizeof(m.addr));
	assert_int_equal(take(&m), 0);
	e = only_entry("192.0.2.7");
	assert_true(e.address);
	assert_string_equal(e.requested_by,
			    "device:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd:fdfd");
	m = message("", "127.0.0.1");
	assert_int_equal(take(&m), -EINVAL);
	m = message("", "::ffff:192.0.2.7");
	assert_int_equal(take(&m), -EEXIST);
}

static void test_ceilings(void **state)
{
	char host[32];
	int codes = 0;

	(void)state;
	for (int i = 0; i < SITE_REQUEST_MAX + 1; i++) {
		struct proto_site_request m;

		(void)snprintf(host, sizeof(host), "s%d.example.jp", i);
		m = message(DEVICE, host);
		/* whoever sits there, it is one device */
		if (i % 2 == 0)
			(void)snprintf(m.user, sizeof(m.user), "user%d", i);
		assert_int_equal(take(&m), i < SITE_REQUEST_MAX ? 0 : -EDQUOT);
	}
	for (int i = 0; i < SITE_REQUESTS_ALL; i++) {
		struct proto_site_request m;

		(void)snprintf(host, sizeof(host), "t%d.example.jp", i);
		m = message("", host);
		m.addr[2] = (uint8_t)(i / 200); /* another device each time */
		m.addr[3] = (uint8_t)(i % 200);
		codes += take(&m) == 0;
	}
	assert_int_equal(codes, SITE_REQUESTS_ALL - SITE_REQUEST_MAX);
}

/* What no proxy of ours sends ends its connection. */
static void test_malformed(void **state)
{
	const struct proto_site_request good = message(DEVICE, "tax.example.jp");
	struct proto_site_request m[16];
	size_t n = 0;
	int code;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(m); i++)
		m[i] = good;
	memset(m[n++].device, 'd', sizeof(good.device));
	memset(m[n++].user, 'u', sizeof(good.user));
	memset(m[n++].zone, 'z', sizeof(good.zone));
	memset(m[n++].host, 'h', sizeof(good.host));
	memset(m[n++].purpose, 'p', sizeof(good.purpose));
	m[n++].port = 0;
	m[n++].addr_family = 0;
	m[n++].addr_family = 5;
	m[n++].purpose[0] = '\0';
	m[n++].purpose[0] = '\n';
	m[n++].device[0] = 'x';
	m[n++].host[0] = 'T';
	m[n++].host[0] = '\0';
	m[n++].zone[0] = '\x1b';
	memcpy(m[n++].user, "two words", sizeof("two words"));
	memset(m[n++].user, 'u', LOGIN_MAX + 1);
	assert_int_equal(n, ARRAY_LEN(m));
	for (size_t i = 0; i < n; i++) {
		if (site_request_take(&f.app, &m[i], FIXTURE_NOW, &code) != -EBADMSG)
			fail_msg("message %zu was taken", i);
	}
	assert_string_equal(only_entry("tax.example.jp").id, "");
}

static void test_without_policy(void **state)
{
	struct proto_site_request m = message(DEVICE, "tax.example.jp");
	struct fixture empty;
	int code;

	(void)state;
	fixture_open(&empty);
	assert_int_equal(site_request_take(&empty.app, &m, FIXTURE_NOW, &code), 0);
	assert_int_equal(code, -ENOENT);
	fixture_close(&empty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_filed, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_approved_by_people, setup,
						stand_close),
		cmocka_unit_test_setup_teardown(test_not_approved_by_who_asked, setup,
						stand_close),
		cmocka_unit_test_setup_teardown(test_not_approved_from_there, setup,
						stand_close),
		cmocka_unit_test_setup_teardown(test_longest_names, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_addresses, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_ceilings, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_malformed, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_without_policy, setup, stand_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
