/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/chores.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/str.h"
#include "mgmt/mgmtd/hold.h"
#include "mgmt/mgmtd/register.h"
#include "mgmt/mgmtd/store_permit.h"

#define DAY_S    86400
#define AT_ONCE  20 /* devices that one run suspends */
#define EACH_MAX 1000

/* ?1 days in seconds, ?2 until, ?3 how many */
static const char *const due_sql[] = {
	[CHORES_ENDING] =
		("SELECT a.id, min(p.until) AS due FROM permit p JOIN device d"
		 " ON d.id = p.device JOIN asset a ON a.id = d.asset"
		 " WHERE p.state = 'active' AND p.until <> 0 AND p.until <= ?2 AND ?1 = 0"
		 " GROUP BY a.id ORDER BY due LIMIT ?3"),
	[CHORES_DORMANT] =
		("SELECT a.id, max(a.since, max(d.last_seen)) + ?1 AS due FROM asset a"
		 " JOIN device d ON d.asset = a.id WHERE a.state = 'admitted'"
		 " AND a.kind NOT IN ('infrastructure', 'printer') AND ?1 > 0"
		 " GROUP BY a.id HAVING due <= ?2 ORDER BY due LIMIT ?3"),
	[CHORES_CERTIFY] =
		("SELECT id, max(certified, created) + ?1 AS due FROM asset"
		 " WHERE retired = 0 AND ?1 > 0 AND due <= ?2 ORDER BY due LIMIT ?3"),
};

static int64_t days_of(enum chores_due what, const struct terms *t)
{
	switch (what) {
	case CHORES_ENDING:
		break;
	case CHORES_DORMANT:
		return t->dormant_days;
	case CHORES_CERTIFY:
		return t->certify_days;
	}
	return 0;
}

int chores_each(struct db *db, enum chores_due what, const struct terms *terms,
		int64_t until, int (*fn)(const struct due *due, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows, due_sql[what], "iii", days_of(what, terms) * DAY_S,
			 until, (int64_t)EACH_MAX);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct due due = { .at = db_int(rows, 1) };

		r = store_asset_get(db, db_text(rows, 0), &due.asset);
		if (r == 0)
			r = fn(&due, user);
	}
	return r;
}

struct dormant {
	struct db *db;
	int64_t now;
	struct asset asset[AT_ONCE];
	size_t count;
};

/* Does the sensor see anything where this device has its cards? */
static int is_watched(struct db *db, const char *asset, int64_t now)
{
	int64_t n;
	int r = db_number(db, &n,
			  "SELECT count(*) FROM (SELECT 1 FROM device d JOIN device o"
			  " ON o.interface = d.interface AND o.last_seen > ?1"
			  " WHERE d.asset = ?2 LIMIT 1)",
			  "is", now - DAY_S, asset);

	return r < 0 ? r : n != 0;
}

static int keep_dormant(const struct due *due, void *user)
{
	struct dormant *dormant = user;
	int watched;

	if (dormant->count == AT_ONCE)
		return 0;
	watched = is_watched(dormant->db, due->asset.id, dormant->now);
	if (watched == 1)
		dormant->asset[dormant->count++] = due->asset;
	return watched < 0 ? watched : 0;
}

static int suspend(struct app *app, struct asset *a, int64_t days, int64_t now)
{
	struct publish_result result;
	char reason[64];
	const struct hold_order order = {
		.verb = HOLD_SUSPEND,
		.publish = { .change = { .who = CHANGE_BY_TIMER,
					 .what = hold_name(HOLD_SUSPEND),
					 .object = a->id,
					 .about = a->name,
					 .reason = reason },
			     .now = now },
	};

	(void)snprintf(reason, sizeof(reason), "not seen for %lld days", (long long)days);
	return hold_set(&app->publisher, a, &order, &result);
}

static int suspend_dormant(struct app *app, int64_t now)
{
	static struct dormant dormant; /* 100 kB, and mgmtd has one thread */
	struct terms terms;
	int r = store_terms_get(app->db, &terms);

	dormant.db = app->db;
	dormant.now = now;
	dormant.count = 0;
	if (r == 0 && terms.dormant_days != 0)
		r = chores_each(app->db, CHORES_DORMANT, &terms, now, keep_dormant,
				&dormant);
	for (size_t i = 0; r == 0 && i < dormant.count; i++)
		r = suspend(app, &dormant.asset[i], terms.dormant_days, now);
	return r;
}

/* A revision without the permits that the clock has taken away. */
static int withdraw_lapsed(struct app *app, int64_t now)
{
	struct publisher *p = &app->publisher;
	struct publish_result result;
	const struct publish_order order = {
		.change = { .who = CHANGE_BY_TIMER,
			    .what = "permit-lapse",
			    .object = "permits",
			    .reason = "by the clock they are over, or not checked" },
		.now = now,
		.withdrawal = true,
	};
	int64_t n = 0;
	int r = store_permit_stale(app->db, now, &n);

	if (r < 0 || n == 0)
		return r;
	r = publish_begin(p);
	return r < 0 ? r : publish_commit(p, &order, &result);
}

void chores_run(struct app *app, int64_t now)
{
	int r = register_believes(app->db, now);

	if (r <= 0) {
		log_warn("mgmtd", "%s",
			 r < 0 ? "the ledger cannot be read"
			       : "the clock is a year ahead of the last change: is it "
				 "right? Permits that are over by it are not ended yet");
		return;
	}
	r = app->policy != NULL ? suspend_dormant(app, now) : 0;
	if (r < 0)
		log_warn("mgmtd", "dormant devices are not suspended: %s", strerror(-r));
	r = app->policy != NULL ? withdraw_lapsed(app, now) : 0;
	if (r < 0)
		log_warn("mgmtd", "lapsed permits are not withdrawn: %s", strerror(-r));
}
