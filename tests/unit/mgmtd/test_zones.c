/* SPDX-License-Identifier: GPL-3.0-or-later */
/* how far zones are on their way to enforce, and who would be kept out */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/reason.h"
#include "lib/str.h"
#include "mgmt/mgmtd/store_device.h"
#include "tests/unit/mgmtd/people.h"
#include "tests/unit/mgmtd/stand.h"

#define DAY_S 86400

/* The policy with something else in a place; with another mode for the zone lab. */
static void apply_with(const char *what, const char *instead)
{
	const char *at = strstr(fixture_policy, what);
	char text[1024];
	json_t *body;
	char *dump;

	assert_non_null(at);
	(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - fixture_policy),
		       fixture_policy, instead, at + strlen(what));
	body = json_pack("{s:s, s:s}", "text", text, "reason", "r");
	dump = json_dumps(body, 0);
	json_decref(stand_ask("POST", "/api/policy", dump, 200));
	free(dump);
	json_decref(body);
}

static void apply(const char *mode)
{
	char instead[64];

	(void)snprintf(instead, sizeof(instead), "admission: %s", mode);
	apply_with("admission: off", instead);
}

static void saw(const char *mac, const char *interface, int64_t last)
{
	struct device d = { .first_seen = 1, .last_seen = last };

	id_new('d', d.id);
	(void)str_copy(d.mac, sizeof(d.mac), mac);
	(void)str_copy(d.interface, sizeof(d.interface), interface);
	assert_int_equal(store_device_add(f.app.db, &d), 0);
}

static json_t *zone(json_t *answer, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "zones"), i, one)
	{
		if (strcmp(stand_text(one, "name"), name) == 0)
			return one;
	}
	fail_msg("no zone %s", name);
	return NULL;
}

static long long number(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

static void test_modes(void **state)
{
	json_t *answer;

	(void)state;
	f.now = FIXTURE_NOW + 5 * DAY_S;
	apply("detect");
	f.now = FIXTURE_NOW + 9 * DAY_S;
	apply("detect"); /* again: still since the fifth day */
	answer = stand_get("/api/admission");
	assert_string_equal(stand_text(zone(answer, "lab"), "mode"), "detect");
	assert_string_equal(stand_text(zone(answer, "lab"), "since"),
			    "2026-09-26T14:13:20Z");
	assert_string_equal(stand_text(zone(answer, "office"), "mode"), "enforce");
	assert_string_equal(stand_text(zone(answer, "office"), "since"),
			    "2026-09-21T14:13:20Z");
	assert_string_equal(stand_text(zone(answer, "internet"), "mode"), "off");
	json_decref(answer);
	apply("off");
	apply("detect");
	answer = stand_get("/api/admission");
	assert_string_equal(stand_text(zone(answer, "lab"), "since"),
			    "2026-09-30T14:13:20Z");
	json_decref(answer);
}

static void test_counts(void **state)
{
	json_t *answer;

	(void)state;
	saw("00:16:3e:00:00:01", "office0", f.now);
	saw("00:16:3e:00:00:01", "office1", f.now);
	json_decref(stand_post("/api/assets",
			       "{'owner': 'o', 'kind': 'contractor', 'cards':"
			       " [{'mac': '00163e000002', 'interface': 'office0'}]}",
			       200));
	assert_int_equal(db_run(f.app.db,
				"UPDATE device SET last_seen = ? WHERE asset <> ''", "i",
				f.now),
			 0);
	saw("00:16:3e:00:00:03", "office0", f.now - 36 * DAY_S);
	json_decref(stand_post("/api/devices/00:16:3e:00:00:02/approve",
			       "{'kind': 'contractor', 'owner': 'o', 'reason': 'r',"
			       " 'seconds': 60}",
			       200));
	answer = stand_get("/api/admission");
	assert_int_equal(number(zone(answer, "office"), "seen"), 3);
	assert_int_equal(number(zone(answer, "office"), "registered"), 1);
	assert_int_equal(number(zone(answer, "office"), "permitted"), 1);
	assert_int_equal(number(zone(answer, "lab"), "seen"), 0);
	json_decref(answer);
	f.now += 61;
	answer = stand_get("/api/admission");
	assert_int_equal(number(zone(answer, "office"), "permitted"), 0);
	json_decref(answer);
}

static void record(uint8_t last, const char *zone, uint32_t count, int64_t time_s)
{
	struct record *rec = &recordd.shared->record[recordd.shared->record_count++];

	*rec = (struct record){ .kind = RECORD_FLOW_OPEN,
				.reason = REASON_WOULD_NOT_ADMIT,
				.time_us = time_s * 1000000,
				.count = count,
				.mac = { { 0, 0x16, 0x3e, 0, 0, last } } };
	if (last == 0)
		rec->mac = (struct mac){ 0 };
	(void)str_copy(rec->zone, sizeof(rec->zone), zone);
}

static json_t *unadmitted(const char *zone, unsigned want)
{
	struct api_request req = { .door = API_DOOR_LOCAL,
				   .root = true,
				   .now = f.now,
				   .method = "GET",
				   .path = "/api/admission/unadmitted" };
	struct api_response res;
	json_t *answer;

	if (zone != NULL)
		req.query[req.query_count++] = (struct api_pair){ "zone", zone };
	api_handle(&f.app, &req, &res);
	assert_int_equal(res.status, want);
	answer = json_loadb(res.body, res.len, 0, NULL);
	free(res.body);
	return answer;
}

static void test_unadmitted(void **state)
{
	const json_t *list, *one;
	json_t *answer;

	(void)state;
	apply("detect");
	saw("00:16:3e:00:00:01", "lab0", f.now);
	record(1, "lab", 2, f.now - 15 * DAY_S); /* too long ago */
	record(1, "lab", 3, f.now - 9 * DAY_S);
	record(1, "lab", 0, f.now - DAY_S);
	record(2, "lab", 7, f.now - DAY_S);
	record(2, "office", 1, f.now - DAY_S);
	record(0, "lab", 40, f.now - DAY_S);
	answer = unadmitted("lab", 200);
	list = json_object_get(answer, "devices");
	assert_int_equal(json_array_size(list), 2);
	assert_int_equal(number(answer, "total"), 2);
	assert_int_equal(number(answer, "unnamed"), 40);
	one = json_array_get(list, 0);
	assert_string_equal(stand_text(one, "mac"), "00:16:3e:00:00:02");
	assert_int_equal(number(one, "count"), 7);
	assert_true(json_is_null(json_object_get(one, "device")));
	one = json_array_get(list, 1);
	assert_int_equal(number(one, "count"), 4);
	assert_string_equal(stand_text(one, "first"), "2026-09-12T14:13:20Z");
	assert_string_equal(stand_text(one, "last"), "2026-09-20T14:13:20Z");
	assert_string_equal(stand_text(json_object_get(one, "device"), "state"), "seen");
	json_decref(answer);
	answer = unadmitted(NULL, 200);
	assert_int_equal(number(answer, "total"), 3);
	json_decref(answer);
	json_decref(unadmitted("nowhere", 400));
	assert_int_equal(fixture_records(&f, RECORD_READ), 2); /* reading is on record */
}

/* Where the gateway is the switch, cards are at its ports. */
static void test_unadmitted_at_a_port(void **state)
{
	const json_t *one;
	json_t *answer;

	(void)state;
	apply_with("admission: off", "ports: [lab1, lab2]\n    admission: detect");
	saw("00:16:3e:00:00:01", "lab2", f.now);
	record(1, "lab", 3, f.now - DAY_S);
	answer = unadmitted("lab", 200);
	one = json_array_get(json_object_get(answer, "devices"), 0);
	assert_int_equal(number(one, "count"), 3);
	assert_string_equal(stand_text(json_object_get(one, "device"), "interface"),
			    "lab2");
	json_decref(answer);
}

static const json_t *part(const json_t *status, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(status, "parts"), i, one)
	{
		if (strcmp(stand_text(one, "name"), name) == 0)
			return one;
	}
	return NULL;
}

static void test_switches_and_containment(void **state)
{
	struct fake sensord = { 0 }, switchd = { 0 };
	char sensor_path[PATH_TEXT_MAX], switch_path[PATH_TEXT_MAX];
	const json_t *containment;
	json_t *status;

	(void)state;
	assert_int_equal(path_join(sensor_path, f.root, PATH_SOCK_SENSORD), 0);
	assert_int_equal(path_join(switch_path, f.root, PATH_SOCK_SWITCHD), 0);
	status = stand_get("/api/status");
	assert_null(part(status, "switchd")); /* nobody asks it here */
	assert_true(json_is_null(json_object_get(status, "containment")));
	json_decref(status);

	apply_with("admission: enforce", "admission: enforce\n    vlan: 20\n"
					 "    containment: on");
	status = stand_get("/api/status");
	assert_non_null(part(status, "switchd"));
	assert_true(json_is_false(json_object_get(part(status, "switchd"), "ok")));
	assert_string_not_equal(stand_text(part(status, "switchd"), "text"), "");
	containment = json_object_get(status, "containment");
	assert_true(json_is_false(json_object_get(containment, "ok")));
	assert_int_equal(number(containment, "interfaces"), 2);
	json_decref(status);

	fake_start(&sensord, sensor_path);
	fake_start(&switchd, switch_path);
	sensord.shared->containing = 2;
	sensord.shared->contained = 3;
	sensord.shared->answers = 4000000000000;
	status = stand_get("/api/status");
	assert_true(json_is_true(json_object_get(part(status, "switchd"), "ok")));
	containment = json_object_get(status, "containment");
	assert_true(json_is_true(json_object_get(containment, "ok")));
	assert_int_equal(number(containment, "contained"), 3);
	assert_int_equal(number(containment, "answers"), 4000000000000);
	json_decref(status);
	sensord.shared->containing = 1;
	status = stand_get("/api/status");
	assert_true(json_is_false(
		json_object_get(json_object_get(status, "containment"), "ok")));
	json_decref(status);
	fake_stop(&sensord, sensor_path);
	fake_stop(&switchd, switch_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_modes),
		ON_STAND(test_counts),
		ON_STAND(test_switches_and_containment),
		ON_STAND_RECORDD(test_unadmitted),
		ON_STAND_RECORDD(test_unadmitted_at_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
