/* SPDX-License-Identifier: GPL-3.0-or-later */
/* a draft of the register: what stands in it, and that it comes back */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/mem.h"
#include "lib/str.h"
#include "mgmt/mgmtd/charset.h"
#include "mgmt/mgmtd/csv.h"
#include "mgmt/mgmtd/draft.h"
#include "mgmt/mgmtd/maker.h"
#include "tests/unit/mgmtd/stand.h"

#define DAY_S 86400

/* The zone lab detects, the zone office enforces. */
static int setup(void **state)
{
	static const char makers[] =
		"Registry,Assignment,Organization Name,Organization Address\n"
		"MA-L,001BA9,\"Brother industries, LTD.\",x\n";
	struct oui *lists = NULL;
	char text[1024];
	const char *off = strstr(fixture_policy, "admission: off");
	json_t *body;
	char *dump;

	(void)stand_open(state);
	(void)snprintf(text, sizeof(text), "%.*sadmission: detect%s",
		       (int)(off - fixture_policy), fixture_policy,
		       off + strlen("admission: off"));
	body = json_pack("{s:s, s:s}", "text", text, "reason", "look first");
	dump = json_dumps(body, 0);
	json_decref(stand_ask("POST", "/api/policy", dump, 200));
	free(dump);
	json_decref(body);
	/* not what this machine's lists say */
	assert_int_equal(oui_parse(makers, sizeof(makers) - 1, &lists), 0);
	maker_use(lists);
	return 0;
}

static void saw(const char *mac, const char *interface, const char *name, int64_t first,
		int64_t last)
{
	struct device d = { .first_seen = first, .last_seen = last };

	id_new('d', d.id);
	(void)str_copy(d.mac, sizeof(d.mac), mac);
	(void)str_copy(d.interface, sizeof(d.interface), interface);
	(void)str_copy(d.name, sizeof(d.name), name);
	(void)str_copy(d.address, sizeof(d.address), "10.40.0.9");
	assert_int_equal(store_device_add(f.app.db, &d), 0);
}

static struct api_response draft(const char *zone, const char *since,
				 const char *encoding)
{
	struct api_request req = { .door = API_DOOR_LOCAL,
				   .root = true,
				   .now = FIXTURE_NOW,
				   .method = "GET",
				   .language = "ja",
				   .path = "/api/assets/draft" };
	struct api_response res;
	const struct api_pair pairs[] = { { "zone", zone },
					  { "since", since },
					  { "encoding", encoding } };

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (pairs[i].value != NULL)
			req.query[req.query_count++] = pairs[i];
	}
	api_handle(&f.app, &req, &res);
	return res;
}

static bool has(const struct api_response *res, const char *text)
{
	return strstr(res->body, text) != NULL;
}

static void test_content(void **state)
{
	const int64_t now = FIXTURE_NOW;
	struct api_response res;

	(void)state;
	res = draft(NULL, NULL, NULL); /* nobody was seen: a head alone */
	assert_int_equal(res.status, 200);
	assert_ptr_equal(strchr(res.body, '\n') + 1, res.body + res.len);
	free(res.body);
	saw("00:16:3e:00:00:01", "lab0", "pc-1", now - 9 * DAY_S, now);
	saw("0a:16:3e:00:00:02", "office0", "PC-1", now - 9 * DAY_S, now);
	saw("00:1b:a9:00:00:03", "lab0", "BRN001ba9000003", now - 9 * DAY_S, now);
	saw("00:16:3e:00:00:04", "lab0", "", now - 40, now);
	saw("00:16:3e:00:00:05", "lab0", "", now - 100, now);
	saw("00:16:3e:00:00:06", "lab0", "old", 1000, now - 99 * DAY_S);
	saw("00:16:3e:00:00:07", "wan0", "outside", now - DAY_S, now);
	saw("00:16:3e:00:00:08", "lab0", "never", 0, 0);
	json_decref(stand_post("/api/assets",
			       "{'number': 'PC-9', 'owner': 'o', 'kind': 'business',"
			       " 'cards': [{'mac': '00163e000009', 'interface': "
			       "'office0'}]}",
			       200));
	saw("00:16:3e:00:00:09", "office1", "nine", now - 9 * DAY_S, now);

	res = draft(NULL, "2026-09-01", NULL);
	assert_int_equal(res.status, 200);
	/* the two of one name stand together and ask for one number */
	assert_true(has(&res, "00:16:3e:00:00:01 も同じ名前"));
	assert_true(has(&res, "0a:16:3e:00:00:02 も同じ名前"));
	assert_true(has(&res, "ランダムMAC"));
	assert_true(has(&res, ",BRN001ba9000003,,,printer,lab,"));
	assert_true(has(&res, ",\"Brother industries, LTD.\",10.40.0.9,"));
	assert_true(has(&res, "1回だけ検知"));
	assert_true(has(&res, "1日だけ検知"));
	assert_true(has(&res, "登録済みのカード: PC-9"));
	assert_false(has(&res, "old") || has(&res, "outside") || has(&res, "never"));
	free(res.body);

	res = draft("office", NULL, NULL);
	assert_true(has(&res, "PC-1"));
	assert_false(has(&res, "pc-1"));
	free(res.body);
	res = draft("internet", NULL, NULL);
	assert_int_equal(res.status, 422);
	free(res.body);
	res = draft("nowhere", NULL, NULL);
	assert_int_equal(res.status, 400);
	free(res.body);
	res = draft(NULL, "yesterday", NULL);
	assert_int_equal(res.status, 400);
	free(res.body);
	res = draft(NULL, NULL, "ebcdic");
	assert_int_equal(res.status, 400);
	free(res.body);
}

/* Before a zone enforces, its devices have their permits already. */
static void test_permit_while_detecting(void **state)
{
	json_t *answer;
	char path[96];

	(void)state;
	answer = stand_post("/api/devices",
			    "{'mac': '00163e000001', 'interface': 'lab0'}", 200);
	(void)snprintf(path, sizeof(path), "/api/devices/%s/approve",
		       stand_text(answer, "id"));
	json_decref(answer);
	answer = stand_post(path, "{'kind': 'business', 'owner': 'o', 'reason': 'r'}",
			    200);
	assert_string_equal(stand_text(answer, "state"), "admitted");
	json_decref(answer);
}

/* Everywhere a card is shown; a made-up address has no maker, and says what it is. */
static void test_maker_is_shown(void **state)
{
	json_t *answer, *list;

	(void)state;
	saw("00:1b:a9:00:00:03", "lab0", "BRN", FIXTURE_NOW, FIXTURE_NOW);
	saw("02:1b:a9:00:00:03", "lab0", "", FIXTURE_NOW, FIXTURE_NOW);
	answer = stand_get("/api/devices");
	list = json_object_get(answer, "devices");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(stand_text(json_array_get(list, 0), "manufacturer"),
			    "Brother industries, LTD.");
	assert_string_equal(stand_text(json_array_get(list, 0), "mac_text"), "");
	assert_string_equal(stand_text(json_array_get(list, 1), "manufacturer"), "");
	assert_string_not_equal(stand_text(json_array_get(list, 1), "mac_text"), "");
	json_decref(answer);
}

static void test_kind(void **state)
{
	static const struct {
		const char *mac, *name, *maker, *kind;
	} rows[] = {
		{ "00:1b:a9:0a:bc:de", "BRN001BA90ABCDE", "Brother Ind.", "printer" },
		{ "00:1b:a9:0a:bc:de", "brw001ba90abcde", "Brother Ind.", "printer" },
		{ "00:1b:a9:0a:bc:de", "BRN001BA90ABCDF", "Brother Ind.", "" },
		{ "00:1b:a9:0a:bc:de", "BRN001BA90ABCDE", "Other", "" },
		{ "00:1b:a9:0a:bc:de", "BRN001BA90ABCDE", "", "" },
		{ "00:1b:a9:0a:bc:de", "NPI0ABCDE", "HP Inc.", "printer" },
		{ "00:1b:a9:0a:bc:de", "NPI", "HP Inc.", "" },
		{ "", "NPI", "HP Inc.", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct device d = { 0 };

		(void)str_copy(d.mac, sizeof(d.mac), rows[i].mac);
		(void)str_copy(d.name, sizeof(d.name), rows[i].name);
		assert_string_equal(draft_kind(&d, rows[i].maker), rows[i].kind);
	}
}

/* What a section does with it: owner and kind where they are empty. */
static char *fill_in(const char *text, size_t len, size_t *ret_len, size_t *ret_rows)
{
	struct csv *c = malloc(sizeof(*c));
	char *filled = NULL;
	FILE *out = open_memstream(&filled, ret_len);
	size_t rows = 0;
	int r;

	assert_non_null(c);
	assert_non_null(out);
	csv_open(c, text, len);
	for (; (r = csv_next(c)) == 1; rows++) {
		assert_int_equal(c->count, 16);
		for (size_t i = 0; i < c->count; i++) {
			const char *field = c->field[i];

			if (rows == 0 && i == 3)
				assert_string_equal(field, "owner");
			if (rows == 0 && i == 5)
				assert_string_equal(field, "kind");
			if (field[0] == '\0' && (i == 3 || i == 5))
				field = i == 3 ? "総務課" : "business";
			csv_put(out, field, i + 1 < c->count);
		}
	}
	assert_int_equal(r, 0);
	assert_int_equal(fclose(out), 0);
	free(c);
	*ret_rows = rows - 1;
	return filled;
}

static void bring_back(const char *text, size_t len, const char *encoding, size_t rows)
{
	size_t room = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
	CLEANUP(free_p) char *base64 = malloc(room);
	json_t *body, *answer;
	char *dump;

	(void)sodium_bin2base64(base64, room, (const unsigned char *)text, len,
				sodium_base64_VARIANT_ORIGINAL);
	body = json_pack("{s:s, s:s, s:b}", "base64", base64, "encoding", encoding,
			 "check", 1);
	dump = json_dumps(body, 0);
	answer = stand_ask("POST", "/api/assets/import", dump, 200);
	assert_int_equal(json_integer_value(json_object_get(answer, "added")), rows);
	json_decref(answer);
	free(dump);
	json_decref(body);
}

static void round_trip(size_t rows_wanted)
{
	struct api_response res = draft(NULL, NULL, "utf-8-bom");
	size_t len, rows;
	char *filled = NULL, *sjis = NULL;

	assert_memory_equal(res.body, "\xef\xbb\xbf", 3);
	filled = fill_in(res.body, res.len, &len, &rows);
	assert_int_equal(rows, rows_wanted);
	bring_back(filled, len, "utf-8", rows);
	free(filled);
	free(res.body);

	res = draft(NULL, NULL, "shift_jis");
	assert_int_equal(charset_from_sjis(res.body, res.len, &sjis, &len), 0);
	free(res.body);
	filled = fill_in(sjis, len, &len, &rows);
	free(sjis);
	assert_int_equal(rows, rows_wanted);
	assert_int_equal(charset_to_sjis(filled, len, &sjis, &len), 0);
	bring_back(sjis, len, "shift_jis", rows);
	free(filled);
	free(sjis);
}

static void test_hostile_names(void **state)
{
	static const char *const names[] = {
		"=cmd|' /C calc'!A0",
		"+1-2",
		"-1",
		"@SUM(A1)",
		"'=1+1",
		"''''",
		"\"",
		"a\"b,c\"",
		",",
		" ",
		"\u3000 ",
		" lead and trail ",
		"😀=1",
		"한국어 ¥ ~ — 〜 ∥ －",
		"表示ソ能\\",
		"null",
		"id",
		"<script>alert(1)</script>",
		"a very long name that is as long as a name may "
		"be.............................."
		"..........................................",
	};
	struct proto_sighting m = { .time_us = (FIXTURE_NOW - 5) * 1000000LL,
				    .interface = "office0",
				    .mac = { 2, 0, 0, 1, 0, 0 },
				    .name = "a\r\nb\tc\x1b[31m\xff\xfe" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char mac[MAC_TEXT_MAX];

		(void)snprintf(mac, sizeof(mac), "02:00:00:00:00:%02x", (unsigned)i);
		saw(mac, i % 2 == 0 ? "lab0" : "office0", names[i], 1, FIXTURE_NOW);
		saw(mac, "office1", names[i], FIXTURE_NOW - 5, FIXTURE_NOW);
	}
	assert_int_equal(sight_take(&f.app.sight, &m), 0);
	round_trip(2 * ARRAY_LEN(names) + 1);
}

/* Every printable character of the first plane, alone, in front and in the middle. */
static void test_every_character(void **state)
{
	unsigned n = 0;

	(void)state;
	assert_int_equal(db_begin(f.app.db), 0);
	for (unsigned c = 0x20; c < 0x10000; c += 53) {
		char mac[MAC_TEXT_MAX], name[16];
		char sign[4] = { (char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)),
				 (char)(0x80 | (c & 0x3f)), '\0' };

		if (c < 0x80)
			(void)snprintf(sign, sizeof(sign), "%c", (int)c);
		if (c >= 0x80 && c < 0x800)
			continue;
		(void)snprintf(name, sizeof(name), "%s=a%s", sign,
			       n % 2 == 0 ? sign : "");
		if (!str_is_printable_utf8(name))
			continue;
		(void)snprintf(mac, sizeof(mac), "02:00:00:00:%02x:%02x", n >> 8 & 0xff,
			       n & 0xff);
		saw(mac, "lab0", name, 1, FIXTURE_NOW);
		n++;
	}
	assert_int_equal(db_commit(f.app.db), 0);
	assert_true(n > 900);
	round_trip(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_content, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_permit_while_detecting, setup,
						stand_close),
		cmocka_unit_test_setup_teardown(test_maker_is_shown, setup, stand_close),
		cmocka_unit_test(test_kind),
		cmocka_unit_test_setup_teardown(test_hostile_names, setup, stand_close),
		cmocka_unit_test_setup_teardown(test_every_character, setup, stand_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
