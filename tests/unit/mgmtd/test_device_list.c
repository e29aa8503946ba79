/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GET /api/devices: pages, filters, orders; and as many as the register may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/str.h"
#include "mgmt/mgmtd/store_device.h"
#include "tests/unit/mgmtd/stand.h"

#define CARDS  7
#define MANY   3000
#define LISTED 512 /* bytes of an answer's addresses */
#define PATH   "/api/devices"

static void put(const struct device *d)
{
	assert_int_equal(store_device_add(f.app.db, d), 0);
}

/* Seven cards, the last seen first; the fifth and sixth are on another interface. */
static void add_cards(void)
{
	for (int i = 1; i <= CARDS; i++) {
		struct device d = { .first_seen = 1000 + i, .last_seen = 3000 - i };

		id_new('d', d.id);
		(void)snprintf(d.mac, sizeof(d.mac), "00:16:3e:00:0a:%02x", i);
		(void)snprintf(d.name, sizeof(d.name), "PC_%d 50%%", i);
		(void)str_copy(d.interface, sizeof(d.interface),
			       i == 5 || i == 6 ? "lab0" : "office0");
		put(&d);
	}
}

/* The last two signs of each address, in the answer's order. */
static const char *listed(const char *query, bool more)
{
	static char text[LISTED];
	char path[256];
	json_t *answer;
	size_t i, n = 0;
	const json_t *d;

	(void)snprintf(path, sizeof(path), PATH "%s", query);
	answer = stand_get(path);
	text[0] = '\0';
	json_array_foreach(json_object_get(answer, "devices"), i, d)
	{
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
				      i != 0 ? " " : "", stand_text(d, "mac") + 15);
	}
	assert_int_equal(json_is_true(json_object_get(answer, "more")), more);
	assert_true(json_array_size(json_object_get(answer, "places")) > 0);
	json_decref(answer);
	return text;
}

static void refused(const char *path)
{
	json_t *answer = stand_ask("GET", path, NULL, 400);

	assert_string_equal(stand_text(json_object_get(answer, "error"), "code"),
			    "bad-query");
	json_decref(answer);
}

static void test_pages(void **state)
{
	char query[128], id[ID_TEXT_MAX];
	json_t *answer;

	(void)state;
	add_cards();
	assert_string_equal(listed("", false), "01 02 03 04 05 06 07");
	assert_string_equal(listed("?limit=7", false), "01 02 03 04 05 06 07");
	assert_string_equal(listed("?limit=3", true), "01 02 03");
	answer = stand_get(PATH "?limit=3");
	(void)str_copy(
		id, sizeof(id),
		stand_text(json_array_get(json_object_get(answer, "devices"), 2), "id"));
	json_decref(answer);
	(void)snprintf(query, sizeof(query), "?limit=3&after=%s", id);
	assert_string_equal(listed(query, true), "04 05 06");
	(void)snprintf(query, sizeof(query), "?limit=4&after=%s", id);
	assert_string_equal(listed(query, false), "04 05 06 07");
	(void)snprintf(query, sizeof(query), "?order=last-seen&after=%s", id);
	assert_string_equal(listed(query, false), "04 05 06 07");
	(void)snprintf(query, sizeof(query), "?order=first-seen&after=%s", id);
	assert_string_equal(listed(query, false), "02 01");
	/* that card has made room for another: not the end of the list */
	refused(PATH "?after=d0000000000000000");
}

static void test_filters(void **state)
{
	(void)state;
	add_cards();
	assert_string_equal(listed("?order=first-seen&limit=2", true), "07 06");
	assert_string_equal(listed("?zone=lab", false), "05 06");
	assert_string_equal(listed("?zone=nowhere", false), "");
	assert_string_equal(listed("?text=pc_3", false), "03");
	assert_string_equal(listed("?text=5%", false), "");
	assert_string_equal(listed("?text=50%", false), "01 02 03 04 05 06 07");
	assert_string_equal(listed("?text=3e000a02", false), "02");
	assert_string_equal(listed("?text=0A-04", false), "04");
	assert_string_equal(listed("?text=lab", false), "05 06");
	assert_string_equal(listed("?device=0016.3e00.0a03", false), "03");
	assert_string_equal(listed("?device=d0000000000000000", false), "");
	json_decref(stand_post(PATH "/00163e000a02/request",
			       "{'kind': 'business', 'owner': 'o', 'reason': 'r'}", 200));
	json_decref(stand_post(PATH "/00163e000a04/approve",
			       "{'kind': 'business', 'owner': 'o', 'reason': 'r'}", 200));
	assert_string_equal(listed("?requested=true", false), "02");
	assert_string_equal(listed("?requested=false&limit=1", true), "01");
	assert_string_equal(listed("?registered=true", false), "02 04");
	assert_string_equal(listed("?registered=false", false), "01 03 05 06 07");
	assert_string_equal(listed("?state=requested", false), "02");
	assert_string_equal(listed("?state=admitted&zone=office", false), "04");
	assert_string_equal(listed("?state=admitted&zone=lab", false), "");
	assert_string_equal(listed("?state=seen&text=PC", false), "01 03 05 06 07");
}

static void test_bad_queries(void **state)
{
	static const char *const queries[] = {
		"?limit=0",        "?limit=1001",    "?limit=x",    "?order=name",
		"?registered=yes", "?requested=all", "?device=car", "?color=red",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), PATH "%s", queries[i]);
		refused(path);
	}
}

/* A page is a page, however many there are. */
static void test_many(void **state)
{
	json_t *answer;

	(void)state;
	assert_int_equal(db_begin(f.app.db), 0);
	for (unsigned i = 0; i < MANY; i++) {
		struct device d = { 0 };

		id_new('d', d.id);
		(void)snprintf(d.mac, sizeof(d.mac), "06:00:00:00:%02x:%02x", i >> 8,
			       i & 0xff);
		(void)str_copy(d.interface, sizeof(d.interface), "office0");
		put(&d);
	}
	assert_int_equal(db_commit(f.app.db), 0);
	answer = stand_get(PATH);
	assert_int_equal(json_array_size(json_object_get(answer, "devices")), 100);
	json_decref(answer);
	answer = stand_get(PATH "?limit=1000");
	assert_int_equal(json_array_size(json_object_get(answer, "devices")), 1000);
	assert_true(json_is_true(json_object_get(answer, "more")));
	json_decref(answer);
	assert_string_equal(listed("?text=0bb7", false), "b7");
}

/* Looked for, seen by the sensor in that moment, and registered: no quarrel about it. */
static void test_seen_meanwhile(void **state)
{
	const struct proto_sighting m = { .time_us = 5000000,
					  .mac = { 0, 0x16, 0x3e, 0, 0x0a, 1 },
					  .source = PROTO_SOURCE_ARP,
					  .interface = "office0",
					  .addr_family = 4,
					  .addr = { 10, 30, 0, 9 } };
	const char *body = "{'mac': '00163e000a01', 'interface': 'office0'}";
	json_t *answer;

	(void)state;
	assert_string_equal(listed("", false), "");
	assert_int_equal(sight_take(&f.app.sight, &m), 0);
	json_decref(stand_post(PATH, body, 200));
	answer = stand_get(PATH);
	assert_int_equal(json_array_size(json_object_get(answer, "devices")), 1);
	assert_string_equal(
		stand_text(json_array_get(json_object_get(answer, "devices"), 0),
			   "address"),
		"10.30.0.9");
	json_decref(answer);
	stand_refused(PATH, body, 409, "already-known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_pages),   ON_STAND(test_seen_meanwhile),
		ON_STAND(test_filters), ON_STAND(test_bad_queries),
		ON_STAND(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
