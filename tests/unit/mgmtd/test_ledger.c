/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mgmt/mgmtd/store_account.h"
#include "mgmt/mgmtd/store_change.h"
#include "mgmt/mgmtd/store_permit.h"
#include "mgmt/mgmtd/store_device.h"
#include "mgmt/mgmtd/store_policy.h"
#include "tests/support/alloc_fail.h"

static struct db *db;

static int setup(void **state)
{
	(void)state;
	return db_open(":memory:", &db);
}

static int teardown(void **state)
{
	(void)state;
	db_close(db);
	return 0;
}

static void test_newer_schema_is_refused(void **state)
{
	char path[] = "/tmp/mgmtd-ledger-XXXXXX";
	struct db *other;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(db_open(path, &other), 0);
	assert_int_equal(db_script(other, "PRAGMA user_version=99"), 0);
	db_close(other);
	assert_int_equal(db_open(path, &other), -ENOTSUP);
	(void)unlink(path);
}

static void test_damaged_file_is_refused(void **state)
{
	char path[] = "/tmp/mgmtd-ledger-XXXXXX";
	struct db *other;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "this is no database, whatever else it is", 40), 40);
	(void)close(fd);
	assert_int_equal(db_open(path, &other), -EIO);
	(void)unlink(path);
}

static void test_allocation_failures(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct policy_version v = { 0 };
		struct db *other = NULL;
		int r;

		alloc_fail_at(nth);
		r = db_open(":memory:", &other);
		if (r == 0)
			r = store_policy_add(other, "text", 1, "a", "b");
		if (r == 0)
			r = store_policy_get(other, &v);
		alloc_fail_at(0);
		if (r == 0)
			assert_string_equal(v.text, "text");
		else
			assert_int_equal(r, -ENOMEM);
		store_policy_free(&v);
		db_close(other);
		if (!alloc_fail_fired())
			break;
	}
}

static void test_attempts(void **state)
{
	const struct account account = { .login = "hanako", .role = ROLE_ADMIN };
	bool locked;
	int64_t n;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(store_attempt_failed(db, "a", 100), 0);
	assert_int_equal(store_attempt_locked(db, "a", 100, &locked), 0);
	assert_false(locked);
	assert_int_equal(store_attempt_failed(db, "a", 100), 0);
	assert_int_equal(store_attempt_locked(db, "a", 99, &locked), 0);
	assert_false(locked); /* the clock was set back: not for as long as that */
	assert_int_equal(store_attempt_locked(db, "a", 399, &locked), 0);
	assert_true(locked);
	assert_int_equal(store_attempt_locked(db, "a", 400, &locked), 0);
	assert_false(locked);
	assert_int_equal(store_attempt_failed(db, "a", 400), 0);
	assert_int_equal(store_attempt_locked(db, "a", 400, &locked), 0);
	assert_false(locked); /* five new ones */

	assert_int_equal(store_account_add(db, &account), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(store_attempt_failed(db, ATTEMPT_PROXY "hanako", 500),
				 0);
	for (int i = 0; i < 1100; i++) {
		char login[16];

		(void)snprintf(login, sizeof(login), "x%d", i);
		assert_int_equal(store_attempt_failed(db, login, 500), 0);
	}
	assert_int_equal(db_number(db, &n, "SELECT count(*) FROM attempt", ""), 0);
	assert_in_range(n, 900, 1001);
	/* strangers push out strangers only */
	assert_int_equal(store_attempt_locked(db, ATTEMPT_PROXY "hanako", 500, &locked),
			 0);
	assert_true(locked);
}

static void test_permit_numbers(void **state)
{
	struct permit p = { .id = "p1", .device = "d1", .kind = "business" }, q;
	const struct device d = { .id = "d1", .mac = "02:00:00:00:00:01" };

	(void)state;
	assert_int_equal(store_permit_request(db, &p), -EEXIST); /* no such device */
	assert_int_equal(store_device_add(db, &d), 0);
	assert_int_equal(store_permit_request(db, &p), 0);
	(void)memcpy(p.id, "p2", 3);
	assert_int_equal(store_permit_request(db, &p), -EEXIST); /* one open request */
	assert_int_equal(store_permit_end(db, "d1", "x", 5, "over"), 0);
	assert_int_equal(db_run(db, "DELETE FROM permit", ""), 0);
	assert_int_equal(store_permit_request(db, &p), 0);
	assert_int_equal(store_permit_of(db, "d1", "requested", &q), 0);
	assert_true(q.number >= 2); /* deleted or not: a number is not used twice */
	assert_int_equal(db_run(db,
				"UPDATE sqlite_sequence SET seq = 16777215"
				" WHERE name = 'permit'",
				""),
			 0);
	assert_int_equal(store_permit_withdraw(db, "d1", "x", 5, "over"), 0);
	(void)memcpy(p.id, "p3", 3);
	assert_int_equal(store_permit_request(db, &p), -EEXIST); /* no mark is left */
}

static void test_rollback(void **state)
{
	uint64_t number;

	(void)state;
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(store_revision_add(db, 7, 7, 1, "x"), 0);
	db_rollback(db);
	db_rollback(db); /* harmless */
	assert_int_equal(store_revision_current(db, &number), 0);
	assert_int_equal(number, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newer_schema_is_refused),
		cmocka_unit_test(test_damaged_file_is_refused),
		cmocka_unit_test(test_allocation_failures),
		cmocka_unit_test_setup_teardown(test_attempts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_permit_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rollback, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
