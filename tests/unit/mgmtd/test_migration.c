/* SPDX-License-Identifier: GPL-3.0-or-later */
/* a ledger of the first schema, opened by this version */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "mgmt/mgmtd/register.h"
#include "mgmt/mgmtd/store_entry.h"
#include "mgmt/mgmtd/store_list.h"
#include "mgmt/mgmtd/store_permit.h"
#include "mgmt/mgmtd/store_policy.h"

/* A card with permits became an entry of the register, one that was seen did not. */
static void assert_register_migrated(struct db *db)
{
	struct permit p;
	struct device d;
	struct asset a;

	assert_int_equal(store_permit_of(db, "d1", "active", &p), 0);
	assert_int_equal(p.number, 9);
	assert_string_equal(p.bundle, "p9");
	assert_int_equal(p.until, 50);
	assert_int_equal(store_device_get(db, "d1", &d), 0);
	assert_string_equal(d.asset, "r1");
	assert_int_equal(store_asset_get(db, "r1", &a), 0);
	assert_string_equal(a.kind, "contractor");
	assert_int_equal(register_tick(db, 40), 0);
	assert_int_equal(store_asset_get(db, "r1", &a), 0);
	assert_string_equal(a.state, "admitted");
	assert_int_equal(register_tick(db, 50), 0);
	assert_int_equal(store_asset_get(db, "r1", &a), 0);
	assert_string_equal(a.state, "expired");
	assert_string_equal(a.who, "(timer)");
	assert_int_equal(register_tick(db, 45),
			 0); /* setting the clock back gives nothing */
	assert_int_equal(store_asset_get(db, "r1", &a), 0);
	assert_string_equal(a.state, "expired");
	assert_int_equal(store_device_get(db, "d2", &d), 0);
	assert_string_equal(d.asset, "");
}

/* A ledger of the first schema: entries with zones come to lists with these zones. */
static void test_migration(void **state)
{
	char path[] = "/tmp/mgmtd-ledger-XXXXXX";
	struct policy_version version;
	struct list list;
	struct entry e;
	struct db *db;
	int fd = mkstemp(path);
	int64_t n;

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(db_open(path, &db), 0);
	assert_int_equal(
		db_script(
			db,
			"DROP TABLE probe; DROP TABLE work; DROP TABLE alarm;"
			"DROP TABLE setting;"
			"DROP TABLE isolated; ALTER TABLE revision DROP COLUMN full;"
			"DROP TABLE asset_history; DROP TABLE asset;"
			"DROP INDEX device_asset; ALTER TABLE device DROP COLUMN asset;"
			"ALTER TABLE device DROP COLUMN mac_given; DROP TABLE permit;"
			"CREATE TABLE permit (number INTEGER PRIMARY KEY AUTOINCREMENT,"
			" id TEXT, device TEXT, interface TEXT, kind TEXT, owner TEXT,"
			" reason TEXT, destinations TEXT, until INTEGER, seconds INTEGER,"
			" state TEXT, requested_by TEXT, requested_role TEXT,"
			" requested INTEGER, approved_by TEXT, approved INTEGER,"
			" ended_by TEXT, ended INTEGER, ended_reason TEXT);"
			"INSERT INTO device (id, mac, name, interface, address,"
			" first_seen, last_seen) VALUES"
			" ('d1', '02:00:00:00:00:01', 'pc', 'office0', '', 1, 2),"
			" ('d2', '02:00:00:00:00:02', '', 'office0', '', 1, 2);"
			"INSERT INTO permit SELECT column1, 'p' || column1, 'd1',"
			" 'office0', column2, 'o', 'r', '[]', column3, 0, column4, 'a',"
			" 'admin', 5, 'b', 6, '', 0, '' FROM (VALUES"
			" (7, 'business', 0, 'replaced'),"
			" (9, 'contractor', 50, 'active'));"
			"DROP INDEX policy_trial; DROP TABLE lockdown;"
			"DROP TABLE flow_review; DROP TABLE policy_version;"
			"ALTER TABLE revision DROP COLUMN tried;"
			"CREATE TABLE policy_version (id INTEGER PRIMARY KEY"
			" AUTOINCREMENT, text TEXT NOT NULL, applied INTEGER NOT NULL,"
			" by TEXT NOT NULL, reason TEXT NOT NULL);"
			"INSERT INTO policy_version (text, applied, by, reason) VALUES"
			" ('lost', 10, 'a', ''), ('old', 20, 'b', ''),"
			" ('new', 30, 'c', '');"
			"INSERT INTO revision (number, created, why) VALUES"
			" (4, 20, 'policy-apply'), (5, 30, 'allow-approve'),"
			" (6, 30, 'policy-apply');"
			"DROP TABLE entry; DROP TABLE list; ALTER TABLE device"
			" DROP COLUMN grp; CREATE TABLE entry (id TEXT PRIMARY KEY,"
			" host TEXT NOT NULL, ports TEXT NOT NULL, zones TEXT NOT"
			" NULL, reason TEXT NOT NULL, state TEXT NOT NULL,"
			" requested_by TEXT, requested_role TEXT, requested INTEGER,"
			" approved_by TEXT, approved INTEGER, removed_by TEXT,"
			" removed INTEGER, removed_reason TEXT);"
			"INSERT INTO entry (id, host, ports, zones, reason, state)"
			" VALUES ('a1', 'a.jp', '[80]', '[]', 'p', 'active'),"
			" ('a2', 'b.jp', '[80]', '[\"office\"]', 'q', 'active'),"
			" ('a3', 'c.jp', '[80]', '[\"office\"]', 'r', 'requested'),"
			" ('a4', 'd.jp', '[80]', '[\"lab\"]', 's', 'removed');"
			"PRAGMA user_version=1"),
		0);
	db_close(db);
	assert_int_equal(db_open(path, &db), 0);
	assert_int_equal(db_number(db, &n, "SELECT count(*) FROM list", ""), 0);
	assert_int_equal(n, 2);
	assert_int_equal(store_entry_get(db, "a1", &e), 0);
	assert_string_equal(e.list, LIST_DEFAULT);
	assert_string_equal(e.purpose, "p");
	assert_int_equal(store_entry_get(db, "a2", &e), 0);
	assert_string_equal(e.list_name, "zones-1");
	assert_true(allow_list_id_is_valid(e.list));
	assert_int_equal(store_list_get(db, e.list, "active", &list), 0);
	assert_string_equal(list.zones, "[\"office\"]");
	assert_int_equal(store_entry_get(db, "a3", &e), 0);
	assert_string_equal(e.list, list.id);
	assert_int_equal(store_policy_get(db, &version), 0);
	assert_string_equal(version.text, "new");
	assert_int_equal(version.revision, 6);
	store_policy_free(&version);
	assert_int_equal(store_policy_of(db, 4, &version), 0);
	assert_string_equal(version.text, "old");
	store_policy_free(&version);
	assert_int_equal(store_policy_of(db, 0, &version), -ENOENT);
	assert_int_equal(store_policy_trial(db, &version), -ENOENT);
	assert_register_migrated(db);
	db_close(db);
	(void)unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_migration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
