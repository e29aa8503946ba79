/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/recordd/box.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "mgmt/recordd/merge.h"
#include "mgmt/recordd/serve.h"

#define SECOND_US   ((int64_t)1000000)
#define NOVEMBER_US BOX_NOVEMBER_US
#define DECEMBER_US (1701356400 * SECOND_US)

/* Five records: n 1 to 3 in November, 4 in December, 5 again in November (late). */
static int setup(void **state)
{
	struct spool *s;
	struct record r;

	if (box_setup(state) != 0)
		return -1;
	s = box_spool(*state, "proxyd");
	r = box_record(NOVEMBER_US, RECORD_PROXY_OPEN, "www.example.jp");
	r.reason = REASON_ENTRY;
	assert_int_equal(addr_parse("192.0.2.10", &r.src), 0);
	assert_int_equal(addr_parse("2001:db8::5", &r.dst), 0);
	assert_int_equal(mac_parse("02:00:00:00:00:0a", &r.mac), 0);
	record_set_str(r.zone, sizeof(r.zone), "office");
	record_set_str(r.device, sizeof(r.device), "d0000000000000001");
	record_set_str(r.rule, sizeof(r.rule), "a0000000000000001");
	assert_int_equal(spool_append(s, &r), 0);
	r = box_record(NOVEMBER_US + SECOND_US, RECORD_PROXY_DENY, "example.jp");
	r.reason = REASON_NOT_LISTED;
	assert_int_equal(addr_parse("192.0.2.11", &r.src), 0);
	assert_int_equal(spool_append(s, &r), 0);
	r = box_record(NOVEMBER_US + 2 * SECOND_US, RECORD_CHANGE, "");
	record_set_str(r.user, sizeof(r.user), "suzuki");
	record_set_str(r.detail, sizeof(r.detail),
		       "100%_ sure: \xe5\x8f\x97\xe4\xbb\x98");
	assert_int_equal(spool_append(s, &r), 0);
	r = box_record(DECEMBER_US, RECORD_PROXY_OPEN, "badexample.jp");
	assert_int_equal(spool_append(s, &r), 0);
	r = box_record(DECEMBER_US - 1, RECORD_PROXY_OPEN, "late.example.jp");
	assert_int_equal(spool_append(s, &r), 0);
	spool_close(s);
	box_ingest(*state);
	return 0;
}

/* The numbers of the rows found, as text: "1 2 5". */
static const char *ask(void **state, const struct proto_query *q)
{
	static char found[256];
	const struct box *b = *state;
	struct merge *m = NULL;
	struct merge_row row;
	size_t len = 0;
	int r;

	found[0] = '\0';
	assert_int_equal(merge_open(b->records_dir, q, (struct mono){ 0 }, &m), 0);
	while ((r = merge_next(m, &row)) == 1)
		len += (size_t)snprintf(found + len, sizeof(found) - len, "%s%u",
					len != 0 ? " " : "", (unsigned)row.row.n);
	assert_int_equal(r, 0);
	merge_free(m);
	return found;
}

#define FOUND(list, ...) \
	do { \
		struct proto_query q_ = { .limit = 100, __VA_ARGS__ }; \
\
		assert_string_equal(ask(state, &q_), list); \
	} while (0)

static void test_order_over_months(void **state)
{
	FOUND("1 2 3 4 5", .from_us = 0);
	FOUND("5 4 3 2 1", .newest_first = 1);
}

static void test_time(void **state)
{
	FOUND("2 3", .from_us = NOVEMBER_US + 1, .to_us = NOVEMBER_US + 3 * SECOND_US);
	FOUND("1", .to_us = NOVEMBER_US + SECOND_US);
	FOUND("4", .from_us = DECEMBER_US);
	FOUND("5", .from_us = NOVEMBER_US + 3 * SECOND_US, .to_us = DECEMBER_US);
	FOUND("", .from_us = INT64_MAX);
	FOUND("", .to_us = INT64_MIN);
	FOUND("1 2 3 4 5", .from_us = INT64_MIN, .to_us = INT64_MAX);
}

static void test_after(void **state)
{
	FOUND("4 5", .after_id = 202311000000000003ull);
	/* a late row of an earlier month is still after a row of a later one */
	FOUND("5", .after_id = 202312000000000004ull);
	FOUND("2 1", .after_id = 202311000000000003ull, .newest_first = 1);
	FOUND("4 3 2 1", .after_id = 202312000000000005ull, .newest_first = 1);
}

static void test_filters(void **state)
{
	FOUND("1 4 5", .kinds = 1u << RECORD_PROXY_OPEN);
	FOUND("2 3", .kinds = 1u << RECORD_PROXY_DENY | 1u << RECORD_CHANGE);
	FOUND("2", .reason = REASON_NOT_LISTED);
	FOUND("1", .mac = { 2, 0, 0, 0, 0, 0x0a });
	FOUND("1", .addr_family = 4, .addr = { 192, 0, 2, 10 });
	FOUND("1", .addr_family = 6, .addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = 5 });
	FOUND("", .addr_family = 6, .addr = { 192, 0, 2, 10 });
	FOUND("1", .zone = "office");
	FOUND("1", .device = "d0000000000000001");
	FOUND("1", .rule = "a0000000000000001");
	FOUND("3", .user = "suzuki");
	FOUND("", .user = "suzuki' OR '1'='1");
	FOUND("", .zone = "office", .user = "suzuki");
}

static void test_host(void **state)
{
	FOUND("2", .host = "example.jp");
	FOUND("1 5", .host = ".example.jp");
	FOUND("", .host = ".");
	FOUND("", .host = "%");
}

static void test_text(void **state)
{
	FOUND("1 2 4 5", .text = "EXAMPLE");
	FOUND("3", .text = "100%_");
	FOUND("", .text = "1%sure");
	FOUND("3", .text = "\xe5\x8f\x97");
	FOUND("3", .text = "suz");
	FOUND("", .text = "\\");
	FOUND("1", .text = "a00000000");
}

/* All conditions at once: their text fits, and they narrow together. */
static void test_everything(void **state)
{
	struct proto_query q = {
		.from_us = 1,
		.to_us = DECEMBER_US,
		.after_id = 1,
		.limit = 1,
		.kinds = ~0u,
		.reason = 1,
		.mac = { 2, 0, 0, 0, 0, 0x0a },
		.addr_family = 4,
		.addr = { 192, 0, 2, 10 },
		.zone = "office",
		.device = "d",
		.user = "u",
		.rule = "r",
	};

	memset(q.host, 'h', sizeof(q.host) - 1);
	memset(q.text, '%', sizeof(q.text) - 1);
	assert_string_equal(ask(state, &q), "");
	q.host[0] = '.';
	q.newest_first = 1;
	assert_string_equal(ask(state, &q), "");
}

static void test_deadline(void **state)
{
	const struct box *b = *state;
	struct proto_query q = { .limit = 1, .text = "nothing has this" };
	struct merge *m = NULL;

	box_fill(b, "gated", NOVEMBER_US, 3000, 1);
	box_ingest(b);
	assert_int_equal(merge_open(b->records_dir, &q, (struct mono){ 1 }, &m),
			 -ETIMEDOUT);
}

/* Many rows in no order: those of a time are the same, however they are looked for. */
static void test_many_rows_out_of_order(void **state)
{
	const struct box *b = *state;
	const int64_t from = NOVEMBER_US + 3000 * SECOND_US;
	struct proto_query q = { .from_us = from };
	static const unsigned begins[] = { 6000, 0, 4000, 2000, 8000 };
	char sql[128];

	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		box_fill(b, "gated", NOVEMBER_US + begins[i] * SECOND_US, 3000, 1);
		box_ingest(b);
	}
	for (int i = 0; i < 4; i++) {
		struct merge *m = NULL;
		struct merge_row row;
		int64_t found = 0, sum = 0;

		q.newest_first = (uint32_t)(i % 2);
		q.to_us = from + (i < 2 ? 1800 : 6000) * SECOND_US;
		assert_int_equal(merge_open(b->records_dir, &q, (struct mono){ 0 }, &m),
				 0);
		while (merge_next(m, &row) == 1) {
			found++;
			sum += (int64_t)row.row.n;
		}
		merge_free(m);
		(void)snprintf(sql, sizeof(sql),
			       "SELECT count(*) * 100000000 + sum(n) FROM row WHERE"
			       " time_us >= %lld AND time_us < %lld",
			       (long long)q.from_us, (long long)q.to_us);
		assert_int_equal(found * 100000000 + sum, box_sql(b, "2023-11.db", sql));
		assert_true((found < 5000) == (i < 2)); /* both ways are taken */
	}
}

static uint64_t steps; /* of SQLite's machine, in statements that ended */

static int count_steps(unsigned what, void *user, void *stmt, void *ns)
{
	(void)what;
	(void)user;
	(void)ns;
	steps += (uint64_t)sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
	return 0;
}

static int watch(sqlite3 *handle, const char **error,
		 const struct sqlite3_api_routines *api)
{
	(void)error;
	(void)api;
	return sqlite3_trace_v2(handle, SQLITE_TRACE_PROFILE, count_steps, NULL);
}

/* What the first row of the answer costs. */
static uint64_t cost(const struct box *b, const struct proto_query *q)
{
	struct merge *m = NULL;
	struct merge_row row;

	steps = 0;
	assert_int_equal(merge_open(b->records_dir, q, (struct mono){ 0 }, &m), 0);
	assert_int_equal(merge_next(m, &row), 1);
	merge_free(m);
	return steps;
}

/* Neither does a day of weeks ago cost the days since, nor a year all its rows. */
static void test_cost(void **state)
{
	const struct box *b = *state;
	const int64_t day = 10000 * SECOND_US;
	struct proto_query q = { .newest_first = 1 };

	box_fill(b, "gated", NOVEMBER_US, 1, 1);
	box_ingest(b);
	(void)box_sql(b, "2023-11.db",
		      "WITH RECURSIVE c(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM c"
		      " WHERE i < 100000) INSERT INTO row (n, producer, seq, time_us,"
		      " kind, reason, hash, record) SELECT n + i, producer, seq + i,"
		      " time_us + i * 1000000, kind, reason, hash, record FROM row, c");
	assert_int_equal(box_sql(b, "2023-11.db", "SELECT count(*) FROM row"), 100001);
	assert_int_equal(sqlite3_auto_extension((void (*)(void))watch), 0);
	q.from_us = NOVEMBER_US + day;
	q.to_us = NOVEMBER_US + 2 * day;
	assert_in_range(cost(b, &q), 1, 200000);
	q.from_us = NOVEMBER_US - day;
	q.to_us = 0;
	assert_in_range(cost(b, &q), 1, 100000);
	q.newest_first = 0;
	assert_in_range(cost(b, &q), 1, 100000);
	sqlite3_reset_auto_extension();
}

static void test_malformed_questions(void **state)
{
	struct proto_query q = { .limit = 1 };

	(void)state;
	assert_true(serve_query_ok(&q));
	q.limit = 0;
	assert_false(serve_query_ok(&q));
	q.limit = PROTO_QUERY_LIMIT_MAX + 1;
	assert_false(serve_query_ok(&q));
	q.limit = PROTO_QUERY_LIMIT_MAX;
	q.addr_family = 5;
	assert_false(serve_query_ok(&q));
	q.addr_family = 0;
	memset(q.text, 'x', sizeof(q.text));
	assert_false(serve_query_ok(&q));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order_over_months, setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_time, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_after, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_filters, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_host, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_text, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_everything, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_deadline, setup, box_teardown),
		cmocka_unit_test_setup_teardown(test_many_rows_out_of_order, box_setup,
						box_teardown),
		cmocka_unit_test_setup_teardown(test_cost, box_setup, box_teardown),
		cmocka_unit_test(test_malformed_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
