/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/event.h"
#include "lib/str.h"
#include "mgmt/mgmtd/alarm.h"
#include "mgmt/mgmtd/store_alarm.h"
#include "tests/unit/mgmtd/stand.h"

static struct proto_event event(enum event_kind kind, uint8_t last, uint8_t state)
{
	struct proto_event m = { .time_us = FIXTURE_NOW * 1000000LL,
				 .kind = (uint16_t)kind,
				 .state = state,
				 .count = 1,
				 .mac = { 0, 0x16, 0x3e, 0, 0, last } };

	(void)str_copy(m.interface, sizeof(m.interface), "office0");
	return m;
}

static void take(struct proto_event m)
{
	assert_int_equal(alarm_take(&f.app.alarms, &m), 0);
	assert_int_equal(alarm_store(&f.app, f.now), 0);
	assert_int_equal(f.app.alarms.count, 0);
}

/* A registered device of that kind with a permit, on an interface with admission. */
static void add_device(uint8_t last, const char *kind)
{
	char path[64], body[160];

	(void)snprintf(body, sizeof(body),
		       "{\"mac\": \"00:16:3e:00:00:%02x\", \"interface\": \"office0\"}",
		       last);
	json_decref(stand_ask("POST", "/api/devices", body, 200));
	(void)snprintf(path, sizeof(path), "/api/devices/00:16:3e:00:00:%02x/approve",
		       last);
	(void)snprintf(body, sizeof(body),
		       "{\"kind\": \"%s\", \"owner\": \"o\", \"reason\": \"r\"}", kind);
	json_decref(stand_ask("POST", path, body, 200));
}

static json_t *alarms(const char *state)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/api/alarms?state=%s", state);
	return stand_ask("GET", path, NULL, 200);
}

static const json_t *nth(const json_t *answer, size_t i)
{
	return json_array_get(json_object_get(answer, "alarms"), i);
}

static void test_life(void **state)
{
	json_t *answer;

	(void)state;
	take(event(EVENT_SCAN, 1, PROTO_EVENT_RAISED));
	take(event(EVENT_SCAN, 1, PROTO_EVENT_RAISED)); /* the same goes on */
	take(event(EVENT_NEW_DEVICE, 2, PROTO_EVENT_RAISED)); /* recorded only */
	answer = alarms("unacknowledged");
	assert_int_equal(json_array_size(json_object_get(answer, "alarms")), 1);
	assert_string_equal(stand_text(nth(answer, 0), "kind"), "scan");
	assert_string_equal(stand_text(nth(answer, 0), "action"), "alarm");
	assert_int_equal(json_integer_value(json_object_get(answer, "open")), 2);
	json_decref(answer);
	answer = stand_ask("GET", "/api/status", NULL, 200);
	assert_int_equal(json_integer_value(json_object_get(answer, "alarms")), 1);
	json_decref(answer);
	take(event(EVENT_SCAN, 1, PROTO_EVENT_CLOSED));
	take(event(EVENT_SCAN, 1, PROTO_EVENT_CLOSED)); /* over already */
	answer = alarms("open");
	assert_int_equal(json_array_size(json_object_get(answer, "alarms")), 1);
	json_decref(answer);
	json_decref(stand_ask("POST", "/api/alarms/1/ack", "{\"done\": \"\"}", 422));
	json_decref(stand_ask("POST", "/api/alarms/9/ack", "{\"done\": \"見た\"}", 404));
	answer = stand_ask("POST", "/api/alarms/1/ack", "{\"done\": \"担当者に確認\"}",
			   200);
	assert_string_equal(stand_text(answer, "acknowledged_by"), "root");
	json_decref(answer);
	json_decref(stand_ask("POST", "/api/alarms/1/ack", "{\"done\": \"x\"}", 409));
	answer = alarms("unacknowledged");
	assert_int_equal(json_array_size(json_object_get(answer, "alarms")), 0);
	json_decref(answer);
}

/* Whom to call: from the register, or what the card called itself. */
static void test_who(void **state)
{
	json_t *answer;

	(void)state;
	json_decref(stand_ask("POST", "/api/assets",
			      "{\"number\": \"PC-7\", \"name\": \"会計端末\","
			      " \"owner\": \"佐藤\", \"kind\": \"business\","
			      " \"cards\": [{\"mac\": \"00:16:3e:00:00:01\","
			      " \"interface\": \"office0\"}]}",
			      200));
	take(event(EVENT_SCAN, 1, PROTO_EVENT_RAISED));
	take(event(EVENT_SCAN, 2, PROTO_EVENT_RAISED));
	answer = alarms("unacknowledged");
	assert_string_equal(stand_text(nth(answer, 0), "number"), "");
	assert_true(json_is_null(json_object_get(nth(answer, 0), "device")));
	assert_string_equal(stand_text(nth(answer, 1), "number"), "PC-7");
	assert_string_equal(stand_text(nth(answer, 1), "name"), "会計端末");
	assert_string_equal(stand_text(nth(answer, 1), "owner"), "佐藤");
	json_decref(answer);
}

static void test_malformed(void **state)
{
	struct proto_event good = event(EVENT_SCAN, 1, PROTO_EVENT_RAISED), m;

	(void)state;
	m = good;
	m.kind = EVENT_COUNT;
	assert_int_equal(alarm_take(&f.app.alarms, &m), -EBADMSG);
	m = good;
	m.kind = 0;
	assert_int_equal(alarm_take(&f.app.alarms, &m), -EBADMSG);
	m = good;
	m.state = 3;
	assert_int_equal(alarm_take(&f.app.alarms, &m), -EBADMSG);
	m = good;
	memset(m.detail, 'x', sizeof(m.detail));
	assert_int_equal(alarm_take(&f.app.alarms, &m), -EBADMSG);
	m = good;
	memset(m.interface, 'x', sizeof(m.interface));
	assert_int_equal(alarm_take(&f.app.alarms, &m), -EBADMSG);
	m = good;
	m.addr_family = 5;
	assert_int_equal(alarm_take(&f.app.alarms, &m), -EBADMSG);
	for (int i = 0; i < ALARM_RING_MAX + 2; i++)
		assert_int_equal(alarm_take(&f.app.alarms, &good), 0);
	assert_int_equal(f.app.alarms.lost, 2);
}

/* Whoever can make the sensor see things isolates a few, and never what matters. */
static void test_limits(void **state)
{
	static const struct {
		uint8_t last;
		bool isolated;
		const char *held_back;
	} want[] = {
		{ 1, true, "" },
		{ 2, true, "" },
		{ 3, false, "infrastructure and printers are never" },
		{ 4, true, "" },
		{ 5, false, "as many devices as the setting allows" },
		{ 99, false, "the device is not known" },
	};
	json_t *answer;

	(void)state;
	for (uint8_t i = 1; i <= 5; i++)
		add_device(i, i == 3 ? "printer" : "business");
	json_decref(stand_ask(
		"POST", "/api/admission",
		"{\"reason\": \"r\", \"events\": {\"scan\": \"quarantine\"}}", 200));
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		take(event(EVENT_SCAN, want[i].last, PROTO_EVENT_RAISED));
	answer = alarms("all");
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		const json_t *a = nth(answer, ARRAY_LEN(want) - 1 - i);

		assert_int_equal(json_is_true(json_object_get(a, "quarantined")),
				 want[i].isolated);
		assert_int_equal(strncmp(stand_text(a, "held_back"), want[i].held_back,
					 strlen(want[i].held_back)),
				 0);
	}
	json_decref(answer);
	answer = stand_ask("GET", "/api/assets?state=quarantined", NULL, 200);
	assert_int_equal(json_array_size(json_object_get(answer, "assets")), 3);
	assert_string_equal(
		stand_text(json_array_get(json_object_get(answer, "assets"), 0), "by"),
		"(sensor)");
	json_decref(answer);
	f.now += 3601; /* the next hour */
	take(event(EVENT_FOREIGN_DHCP, 5, PROTO_EVENT_RAISED)); /* an alarm only */
	take(event(EVENT_SCAN, 5, PROTO_EVENT_CLOSED));
	take(event(EVENT_SCAN, 5, PROTO_EVENT_RAISED));
	answer = alarms("open");
	assert_true(json_is_true(json_object_get(nth(answer, 0), "quarantined")));
	json_decref(answer);
}

/* The zones from which the management page is reached, whatever their kind. */
static void manage_from(const char *zones)
{
	char text[1024];
	json_t *body;
	char *dump;

	(void)snprintf(text, sizeof(text), "%smanagement: { port: 8443, zones: [%s] }\n",
		       fixture_policy, zones);
	body = json_pack("{s:s, s:s}", "text", text, "reason", "r");
	dump = json_dumps(body, 0);
	json_decref(stand_ask("POST", "/api/policy", dump, 200));
	json_decref(body);
	free(dump);
}

/* Is the device isolated by a new scan? */
static bool scan_isolates(uint8_t last)
{
	json_t *answer;
	bool isolated;

	take(event(EVENT_SCAN, last, PROTO_EVENT_CLOSED));
	take(event(EVENT_SCAN, last, PROTO_EVENT_RAISED));
	answer = alarms("open");
	isolated = json_is_true(json_object_get(nth(answer, 0), "quarantined"));
	if (!isolated)
		assert_non_null(strstr(stand_text(nth(answer, 0), "held_back"),
				       "the last admitted device"));
	json_decref(answer);
	return isolated;
}

static void test_last_manager(void **state)
{
	(void)state;
	json_decref(stand_ask(
		"POST", "/api/admission",
		"{\"reason\": \"r\", \"events\": {\"scan\": \"quarantine\"}}", 200));
	manage_from("office");
	add_device(1, "business");
	assert_false(scan_isolates(1));
	add_device(2, "business");
	assert_true(scan_isolates(1));
	assert_false(scan_isolates(2));
	manage_from("office, lab"); /* nobody in the lab needs a permit */
	assert_true(scan_isolates(2));
}

/* One device in quarantine does not use up what others have left of the hour. */
static void test_limit_counts_devices(void **state)
{
	static const enum event_kind kinds[] = { EVENT_SCAN, EVENT_MAC_FLOOD,
						 EVENT_FOREIGN_DHCP };
	json_t *answer;

	(void)state;
	add_device(1, "business");
	add_device(2, "business");
	json_decref(stand_post("/api/admission",
			       "{'reason': 'r', 'events': {'scan': 'quarantine',"
			       " 'mac-flood': 'quarantine',"
			       " 'foreign-dhcp': 'quarantine'}}",
			       200));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		take(event(kinds[i], 1, PROTO_EVENT_RAISED));
	take(event(EVENT_SCAN, 2, PROTO_EVENT_RAISED));
	answer = alarms("all");
	for (size_t i = 0; i <= ARRAY_LEN(kinds); i++) {
		bool first = i == 0 || i == ARRAY_LEN(kinds); /* of its device */

		assert_int_equal(
			json_is_true(json_object_get(nth(answer, i), "quarantined")),
			first);
		assert_string_equal(stand_text(nth(answer, i), "held_back"), "");
	}
	json_decref(answer);
	answer = stand_get("/api/assets?state=quarantined");
	assert_int_equal(json_array_size(json_object_get(answer, "assets")), 2);
	json_decref(answer);
}

/* A card of the register is told as what it is, and over when the sensor says so. */
static void test_known_card(void **state)
{
	json_t *answer;

	(void)state;
	add_device(1, "business");
	json_decref(stand_ask("POST", "/api/devices/00:16:3e:00:00:01/revoke",
			      "{\"reason\": \"r\"}", 200));
	take(event(EVENT_NEW_DEVICE, 1, PROTO_EVENT_RAISED));
	take(event(EVENT_NEW_DEVICE, 1, PROTO_EVENT_RAISED));
	take(event(EVENT_NEW_DEVICE, 2, PROTO_EVENT_RAISED));
	answer = alarms("open");
	assert_int_equal(json_array_size(json_object_get(answer, "alarms")), 2);
	assert_string_equal(stand_text(nth(answer, 0), "kind"), "new-device");
	assert_string_equal(stand_text(nth(answer, 1), "kind"), "no-permit");
	assert_string_equal(stand_text(nth(answer, 1), "detail"), "o, revoked");
	assert_int_equal(stand_text(nth(answer, 1), "asset")[0], 'r');
	json_decref(answer);
	take(event(EVENT_NEW_DEVICE, 1, PROTO_EVENT_CLOSED));
	answer = alarms("open");
	assert_int_equal(json_array_size(json_object_get(answer, "alarms")), 1);
	assert_string_equal(stand_text(nth(answer, 0), "kind"), "new-device");
	json_decref(answer);
}

static void test_settings(void **state)
{
	json_t *answer;

	(void)state;
	json_decref(stand_ask("POST", "/api/admission",
			      "{\"reason\": \"r\", \"contractor_days\": 0}", 422));
	json_decref(stand_ask("POST", "/api/admission",
			      "{\"reason\": \"r\", \"events\": {\"flood\": \"alarm\"}}",
			      422));
	json_decref(stand_ask("POST", "/api/admission",
			      "{\"reason\": \"r\", \"events\": {\"scan\": \"shoot\"}}",
			      422));
	answer = stand_ask("POST", "/api/admission",
			   "{\"reason\": \"r\", \"contractor_days\": 10}", 200);
	assert_int_equal(json_integer_value(json_object_get(answer, "contractor_days")),
			 10);
	assert_int_equal(json_integer_value(json_object_get(answer, "private_days")), 30);
	assert_int_equal(json_array_size(json_object_get(answer, "events")),
			 EVENT_COUNT - 1);
	json_decref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_life),         ON_STAND(test_who),
		ON_STAND(test_malformed),    ON_STAND(test_limits),
		ON_STAND(test_last_manager), ON_STAND(test_known_card),
		ON_STAND(test_settings),     ON_STAND(test_limit_counts_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
