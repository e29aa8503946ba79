/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_probe.h"

#include <errno.h>

#include "lib/str.h"

#define COLUMNS \
	"id, at, who, policy, revision, result, passed, blocked, contradictions, " \
	"untested, answer"

int store_probe_add(struct db *db, struct probe_run *run)
{
	int r = db_run(db,
		       "INSERT INTO probe (at, who, policy, revision, result, passed,"
		       " blocked, contradictions, untested, answer)"
		       " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		       "isiisiiiis", run->at, run->who, run->policy, run->revision,
		       run->result, run->passed, run->blocked, run->contradictions,
		       run->untested, run->answer);

	if (r < 0)
		return r;
	run->id = db_last_id(db);
	return db_run(db, "DELETE FROM probe WHERE id <= ?", "i",
		      run->id - PROBE_RUNS_MAX);
}

static struct probe_run run_of(struct db_rows *rows)
{
	struct probe_run run = {
		.id = db_int(rows, 0),
		.at = db_int(rows, 1),
		.policy = db_int(rows, 3),
		.revision = db_int(rows, 4),
		.passed = db_int(rows, 6),
		.blocked = db_int(rows, 7),
		.contradictions = db_int(rows, 8),
		.untested = db_int(rows, 9),
		.answer = db_text(rows, 10),
	};

	(void)str_copy(run.who, sizeof(run.who), db_text(rows, 2));
	(void)str_copy(run.result, sizeof(run.result), db_text(rows, 5));
	return run;
}

int store_probe_last(struct db *db, struct probe_run *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM probe ORDER BY id DESC LIMIT 1", "");

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret = run_of(rows);
	ret->answer = NULL;
	return 0;
}

int store_probe_each(struct db *db, int64_t before, int64_t limit,
		     int (*fn)(const struct probe_run *run, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM probe WHERE ?1 = 0 OR id < ?1"
			 " ORDER BY id DESC LIMIT ?2",
			 "ii", before, limit);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct probe_run run = run_of(rows);

		r = fn(&run, user);
	}
	return r;
}

int store_probe_policy(struct db *db, int64_t *ret_version)
{
	return db_number(db, ret_version, "SELECT max(id) FROM policy_version", "");
}
