/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/recordd/box.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mgmt/recordd/verify.h"

#define DECEMBER_US (1701356400 * (int64_t)1000000)

/* Ten rows in November, ten in December, with numbers 1 to 20. */
static int setup(void **state)
{
	int r = box_setup(state);

	if (r == 0) {
		box_fill(*state, "proxyd", DECEMBER_US - 10 * (int64_t)1000000, 20, 1);
		box_ingest(*state);
	}
	return r;
}

static struct proto_verify verify(const struct box *b)
{
	struct proto_verify v;
	struct store *s = NULL;

	assert_int_equal(store_open(b->records_dir, &s), 0);
	verify_run(b->records_dir, store_state(s), NULL, NULL, &v);
	store_close(s);
	return v;
}

static void assert_broken_at(const struct box *b, uint64_t id)
{
	struct proto_verify v = verify(b);

	assert_int_equal(v.code, -EBADMSG);
	assert_int_equal(v.bad_id, id);
	assert_true(strlen(v.text) > 0);
}

static void test_whole(void **state)
{
	struct proto_verify v = verify(*state);

	assert_string_equal(v.text, "");
	assert_int_equal(v.code, 0);
	assert_int_equal(v.checked, 20);
	assert_int_equal(v.bad_id, 0);
	assert_int_equal(strlen(v.head), 64);
}

static void test_empty(void **state)
{
	struct proto_verify v = verify(*state);

	assert_int_equal(v.code, 0);
	assert_int_equal(v.checked, 0);
}

/* Every column of a row is covered. */
static void test_edited_row(void **state)
{
	static const char *const columns[] = {
		"producer = 'gated'",
		"seq = 900",
		"time_us = time_us + 1",
		"kind = 6",
		"reason = 20",
		"zone = 'x'",
		"device = 'x'",
		"mac = 'x'",
		"src = 'x'",
		"dst = 'x'",
		"host = 'b.example'",
		"host = NULL",
		"user = 'x'",
		"rule = 'x'",
		"detail = 'x'",
		"hash = zeroblob(32)",
		"hash = x'00'",
		"record = CAST(record || x'00' AS BLOB)",
		"record = zeroblob(10)",
		"record = x''",
	};
	char sql[128];

	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		(void)box_sql(*state, "2023-11.db",
			      "CREATE TABLE kept AS SELECT * FROM row");
		(void)snprintf(sql, sizeof(sql), "UPDATE row SET %s WHERE n = 5",
			       columns[i]);
		(void)box_sql(*state, "2023-11.db", sql);
		assert_broken_at(*state, 202311000000000005ull);
		(void)box_sql(*state, "2023-11.db",
			      "REPLACE INTO row SELECT * FROM kept; DROP TABLE kept");
		assert_int_equal(verify(*state).code, 0);
	}
}

static void test_deleted_row(void **state)
{
	(void)box_sql(*state, "2023-11.db", "DELETE FROM row WHERE n = 5");
	assert_broken_at(*state, 202311000000000006ull);
	/* closing the gap in the numbers does not help */
	(void)box_sql(*state, "2023-11.db", "UPDATE row SET n = n - 1 WHERE n > 5");
	assert_broken_at(*state, 202311000000000005ull);
}

static void test_deleted_tail(void **state)
{
	(void)box_sql(*state, "2023-12.db", "DELETE FROM row WHERE n > 18");
	assert_broken_at(*state, 0);
}

static void test_deleted_month(void **state)
{
	const struct box *b = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/2023-11.db", b->records_dir);
	assert_int_equal(unlink(path), 0);
	assert_broken_at(b, 202312000000000011ull);
}

static void test_row_in_another_month(void **state)
{
	const struct box *b = *state;
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "ATTACH '%s/2023-11.db' AS other;"
		       "INSERT INTO other.row SELECT * FROM main.row WHERE n = 11;"
		       "DELETE FROM main.row WHERE n = 11",
		       b->records_dir);
	(void)box_sql(b, "2023-12.db", sql);
	assert_broken_at(b, 202311000000000011ull);
}

static void test_file_that_is_no_database(void **state)
{
	const struct box *b = *state;
	struct proto_verify v;
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/2023-11.db", b->records_dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs("this is no database, whatever its name says", f) >= 0);
	assert_int_equal(fclose(f), 0);
	verify_run(b->records_dir, NULL, NULL, NULL, &v);
	assert_int_equal(v.code, -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_whole, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_empty, box_setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_edited_row, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_deleted_row, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_deleted_tail, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_deleted_month, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_row_in_another_month, setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_file_that_is_no_database, setup,
						box_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
