/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/record.h"
#include "tests/unit/mgmtd/fake_tunnels.h"
#include "tests/unit/mgmtd/stand.h"

#define LIST   "/api/proxy/connections"
#define REASON "{\"reason\": \"looks wrong\"}"

/* A list by root, with a query. *ret_status is set; the caller frees. */
static json_t *list(const char *after, const char *limit, unsigned *ret_status)
{
	struct api_request req = {
		.door = API_DOOR_LOCAL,
		.root = true,
		.now = f.now,
		.method = "GET",
		.path = LIST,
	};
	struct api_response res;
	json_t *value;

	if (after != NULL)
		req.query[req.query_count++] = (struct api_pair){ "after", after };
	if (limit != NULL)
		req.query[req.query_count++] = (struct api_pair){ "limit", limit };
	api_handle(&f.app, &req, &res);
	assert_non_null(res.body);
	*ret_status = res.status;
	value = json_loadb(res.body, res.len, 0, NULL);
	free(res.body);
	return value;
}

static long long first_id(const json_t *answer)
{
	const json_t *row = json_array_get(json_object_get(answer, "connections"), 0);

	return (long long)json_integer_value(json_object_get(row, "id"));
}

static void check_page(const char *after, const char *limit, size_t count,
		       long long first, bool more)
{
	unsigned status;
	json_t *answer = list(after, limit, &status);

	assert_int_equal(status, 200);
	assert_int_equal(json_array_size(json_object_get(answer, "connections")), count);
	assert_int_equal(first_id(answer), first);
	assert_int_equal(json_is_true(json_object_get(answer, "more")), more);
	json_decref(answer);
}

static void test_pages(void **state)
{
	unsigned status;
	json_t *answer;
	const json_t *row;

	(void)state;
	check_page(NULL, NULL, FAKE_TUNNELS, 1, false);
	check_page(NULL, "20", 20, 1, true);
	check_page("20", "20", 20, 21, false);
	check_page("20", "14", 14, 21, true);
	check_page("39", NULL, 1, 40, false);
	check_page("40", NULL, 0, 0, false);
	/* who looks is on record, each time */
	assert_int_equal(fixture_records(&f, RECORD_READ), 6);
	answer = list(NULL, "1", &status);
	row = json_array_get(json_object_get(answer, "connections"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "host")),
			    "site1.example");
	assert_string_equal(json_string_value(json_object_get(row, "src")), "10.30.0.10");
	assert_string_equal(json_string_value(json_object_get(row, "state")), "relay");
	assert_string_equal(json_string_value(json_object_get(row, "opened")),
			    "2026-09-21T14:13:20.000000Z");
	assert_int_equal(json_integer_value(json_object_get(row, "bytes_up")), 1001);
	assert_null(json_object_get(row, "dst"));
	json_decref(answer);
}

static void refused(const char *after, const char *limit, unsigned want)
{
	unsigned status;

	json_decref(list(after, limit, &status));
	assert_int_equal(status, want);
}

static void test_odd_questions(void **state)
{
	(void)state;
	refused("x", NULL, 400);
	refused("-1", NULL, 400);
	refused("99999999999999999999", NULL, 400);
	refused(NULL, "0", 400);
	refused(NULL, "1001", 400);
	assert_int_equal(fixture_records(&f, RECORD_READ), 0);
}

/* A proxyd that answers nonsense keeps nobody busy for ever. */
static void test_odd_answers(void **state)
{
	(void)state;
	for (int d = FAKE_STANDS_STILL; d <= FAKE_EMPTY_MORE; d++) {
		f.proxyd.shared->tunnels_damage = d;
		refused("0", NULL, 503);
	}
	f.proxyd.shared->tunnels_damage = FAKE_WHOLE;
	refused(NULL, NULL, 200);
}

static unsigned cut(const char *id, const char *body)
{
	char path[128];
	unsigned status;

	(void)snprintf(path, sizeof(path), LIST "/%s/cut", id);
	json_decref(fixture_root(&f, "POST", path, body, &status));
	return status;
}

static void test_cut(void **state)
{
	unsigned before, status;

	(void)state;
	before = fixture_records(&f, RECORD_CHANGE);
	assert_int_equal(cut("7", REASON), 200);
	assert_int_equal(f.proxyd.shared->cut, 7);
	assert_string_equal((const char *)f.proxyd.shared->cut_by, "root");
	assert_int_equal(fixture_records(&f, RECORD_CHANGE), before + 1);
	assert_int_equal(cut("41", REASON), 404);
	assert_int_equal(cut("0", REASON), 404);
	assert_int_equal(cut("x", REASON), 404);
	assert_int_equal(cut("7", "{}"), 400);
	assert_int_equal(cut("7", NULL), 400);
	json_decref(fixture_root(&f, "GET", LIST "/7/cut", NULL, &status));
	assert_int_equal(status, 405);
	assert_int_equal(fixture_records(&f, RECORD_CHANGE), before + 1);
}

/* It has happened: nobody is told that nothing was changed, and the history has it. */
static void test_cut_without_a_record(void **state)
{
	char dir[PATH_TEXT_MAX], away[PATH_TEXT_MAX];
	int64_t told = 0;

	(void)state;
	assert_int_equal(path_join(dir, f.root, PATH_SPOOL "/mgmtd"), 0);
	assert_int_equal(path_join(away, f.root, PATH_SPOOL "/away"), 0);
	journal_close(&f.app.journal);
	assert_int_equal(rename(dir, away), 0);
	assert_int_equal(cut("7", REASON), 200);
	assert_int_equal(f.proxyd.shared->cut, 7);
	assert_int_equal(db_number(f.app.db, &told,
				   "SELECT count(*) FROM change WHERE what = ?", "s",
				   "proxy-cut"),
			 0);
	assert_int_equal(told, 1);
	assert_int_equal(f.app.journal.missing, 1);
	assert_int_equal(rename(away, dir), 0);
	assert_int_equal(cut("8", REASON), 200);
	assert_int_equal(fixture_records(&f, RECORD_GAP), 1);
}

static void test_proxyd_is_away(void **state)
{
	unsigned before = fixture_records(&f, RECORD_CHANGE);

	(void)state;
	fake_stop(&f.proxyd, f.app.parts.path[PART_PROXYD]);
	refused(NULL, NULL, 503);
	assert_int_equal(cut("7", REASON), 503);
	assert_int_equal(fixture_records(&f, RECORD_CHANGE), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_pages),
		ON_STAND(test_odd_questions),
		ON_STAND(test_odd_answers),
		ON_STAND(test_cut),
		ON_STAND(test_cut_without_a_record),
		ON_STAND(test_proxyd_is_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
