/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/register.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/store_change.h"
#include "mgmt/mgmtd/store_permit.h"

#define DUE_MAX 1000 /* entries of one round; the next comes in two seconds */

static const char *const names[] = {
	[REGISTER_SEEN] = "seen",           [REGISTER_REQUESTED] = "requested",
	[REGISTER_APPROVED] = "approved",   [REGISTER_ADMITTED] = "admitted",
	[REGISTER_SUSPENDED] = "suspended", [REGISTER_EXPIRED] = "expired",
	[REGISTER_REVOKED] = "revoked",     [REGISTER_QUARANTINED] = "quarantined",
	[REGISTER_RETIRED] = "retired",
};

const char *register_state_name(enum register_state s)
{
	return names[s];
}

/* What an active permit makes of its device; the clock decides. */
static enum register_state active_state(const struct permit *p, int64_t now)
{
	switch (permit_phase(p, now)) {
	case PERMIT_IN_FORCE:
		return REGISTER_ADMITTED;
	case PERMIT_NOT_YET:
	case PERMIT_UNCHECKED:
		return REGISTER_APPROVED;
	case PERMIT_OVER:
		break;
	}
	return REGISTER_EXPIRED;
}

static enum register_state state_of(const struct permit *p, int64_t now)
{
	if (strcmp(p->state, "active") == 0)
		return active_state(p, now);
	if (strcmp(p->state, "requested") == 0)
		return REGISTER_REQUESTED;
	if (strcmp(p->state, "expired") == 0)
		return REGISTER_EXPIRED;
	return strcmp(p->state, "revoked") == 0 ? REGISTER_REVOKED : REGISTER_SEEN;
}

/* The more a device may, the more it counts; of what is over, the newest. */
static unsigned rank(enum register_state s)
{
	return s == REGISTER_ADMITTED    ? 3
	       : s == REGISTER_APPROVED  ? 2
	       : s == REGISTER_REQUESTED ? 1
					 : 0;
}

/*
 * sql gives state, since, until, kind and check_until of permits: open and active
 * ones first, then the newest.
 */
static int from_permits(struct db *db, const char *sql, const char *key, int64_t now,
			enum register_state *ret_state)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	enum register_state best = REGISTER_SEEN;
	bool first = true;
	int r = db_query(db, &rows, sql, "s", key);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct permit p = { .since = db_int(rows, 1),
				    .until = db_int(rows, 2),
				    .check_until = db_int(rows, 4) };
		enum register_state s;

		(void)str_copy(p.state, sizeof(p.state), db_text(rows, 0));
		(void)str_copy(p.kind, sizeof(p.kind), db_text(rows, 3));
		s = state_of(&p, now);
		if (first || rank(s) > rank(best))
			best = s;
		first = false;
	}
	if (r == 0)
		*ret_state = best;
	return r;
}

#define PERMITS "p.state, p.since, p.until, p.kind, p.check_until FROM permit p"
#define ORDER   " ORDER BY p.state IN ('active', 'requested') DESC, p.number DESC LIMIT 64"

/* Returns true when what people said decides. */
static bool held(const struct asset *a, enum register_state *ret_state)
{
	if (a == NULL || !(a->retired || a->quarantined || a->suspended))
		return false;
	*ret_state = a->retired       ? REGISTER_RETIRED
		     : a->quarantined ? REGISTER_QUARANTINED
				      : REGISTER_SUSPENDED;
	return true;
}

int register_state(struct db *db, const struct asset *a, int64_t now,
		   enum register_state *ret_state)
{
	if (held(a, ret_state))
		return 0;
	return from_permits(db,
			    "SELECT " PERMITS " JOIN device d ON d.id = p.device"
			    " WHERE d.asset = ?" ORDER,
			    a->id, now, ret_state);
}

int register_card_state(struct db *db, const char *device, const struct asset *a,
			int64_t now, enum register_state *ret_state)
{
	if (held(a, ret_state))
		return 0;
	return from_permits(db, "SELECT " PERMITS " WHERE p.device = ?" ORDER, device,
			    now, ret_state);
}

int register_settle(struct db *db, const char *asset, const struct register_cause *cause)
{
	enum register_state state;
	struct asset a;
	char was[sizeof(a.state)];
	int r = store_asset_get(db, asset, &a);

	if (r == 0)
		r = register_state(db, &a, cause->now, &state);
	if (r < 0 || strcmp(a.state, names[state]) == 0)
		return r;
	memcpy(was, a.state, sizeof(was));
	(void)str_copy(a.state, sizeof(a.state), names[state]);
	(void)str_copy(a.who, sizeof(a.who), cause->who);
	(void)str_copy(a.why, sizeof(a.why), cause->why);
	a.since = cause->now;
	return store_asset_step(db, &a, was);
}

static void take(char *dst, size_t size, const char *src)
{
	if (dst[0] == '\0')
		(void)str_copy(dst, size, src);
}

static int complete(struct db *db, const char *id, const struct asset *draft)
{
	struct asset a;
	int r = store_asset_get(db, id, &a);

	if (r < 0)
		return r;
	take(a.name, sizeof(a.name), draft->name);
	take(a.owner, sizeof(a.owner), draft->owner);
	take(a.organisation, sizeof(a.organisation), draft->organisation);
	take(a.kind, sizeof(a.kind), draft->kind);
	return store_asset_describe(db, &a);
}

int register_own(struct db *db, struct device *d, const struct asset *draft,
		 const struct register_cause *cause)
{
	struct asset a = *draft;
	int r;

	if (d->asset[0] != '\0')
		return complete(db, d->asset, draft);
	id_new('r', a.id);
	a.created = cause->now;
	take(a.name, sizeof(a.name), d->name);
	r = store_asset_add(db, &a);
	if (r == 0)
		r = store_device_set_asset(db, d->id, a.id);
	if (r == 0)
		r = register_settle(db, a.id, cause);
	if (r == 0)
		memcpy(d->asset, a.id, sizeof(d->asset));
	return r;
}

/* The ids of a round, so that no statement reads while others write. */
struct due {
	char id[DUE_MAX][ID_TEXT_MAX];
	size_t count;
};

#define WITH_ASSET \
	" JOIN device d ON d.id = p.device JOIN asset a ON a.id = d.asset WHERE " \
	"p.state = 'active' AND "

/*
 * Entries of permits that are over, that have begun (or not, when the clock was set
 * back), or whose terminal's check has come to its end, where that is not what the
 * state says; and those that are new to the history.
 */
static int find_due(struct db *db, int64_t now, struct due *due)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT id FROM asset WHERE state = ''"
			 " UNION SELECT a.id FROM permit p" WITH_ASSET
			 "p.until <> 0 AND p.until <= ?1"
			 " UNION SELECT a.id FROM permit p" WITH_ASSET
			 "p.since <> 0 AND a.state IN ('admitted', 'approved')"
			 " AND (a.state = 'admitted') <> (p.since <= ?1)"
			 " UNION SELECT a.id FROM permit p" WITH_ASSET
			 "p.kind = 'maintenance' AND a.state IN ('admitted', 'approved')"
			 " AND (a.state = 'admitted') <> (p.check_until > ?1)"
			 " LIMIT ?2",
			 "ii", now, (int64_t)DUE_MAX);

	due->count = 0;
	while (r >= 0 && (r = db_next(rows)) == 1)
		(void)str_copy(due->id[due->count++], sizeof(due->id[0]),
			       db_text(rows, 0));
	return r;
}

int register_believes(struct db *db, int64_t now)
{
	int64_t newest;
	/* a sensor's alarm, a timer and a device's request have the clock that is in doubt */
	int r = db_number(db, &newest,
			  "SELECT at FROM change WHERE who = 'root' OR who IN"
			  " (SELECT login FROM account) ORDER BY id DESC LIMIT 1",
			  "");

	return r < 0 ? r : newest == 0 || now - newest <= REGISTER_AHEAD_MAX_S;
}

int register_tick(struct db *db, int64_t now)
{
	static struct due due; /* 18 kB, and mgmtd has one thread */
	const struct register_cause cause = { .who = CHANGE_BY_TIMER,
					      .why = "",
					      .now = now };
	int r = register_believes(db, now);

	if (r <= 0)
		return r;
	r = find_due(db, now, &due);
	if (r < 0 || due.count == 0)
		return r;
	r = db_begin(db);
	for (size_t i = 0; r == 0 && i < due.count; i++) {
		r = store_permit_expire(db, due.id[i], now);
		if (r == 0)
			r = register_settle(db, due.id[i], &cause);
	}
	if (r == 0)
		r = db_commit(db);
	if (r < 0)
		db_rollback(db);
	return r;
}
