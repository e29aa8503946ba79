/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_asset.h"

#include <errno.h>

#include "lib/str.h"

#define COLUMNS \
	"id, number, name, owner, organisation, kind, zone, note, state, who, why," \
	" certified_by, release_by, release_role, release_why, retired, quarantined," \
	" suspended, since, created, certified, release_at"

static struct asset read_row(struct db_rows *rows)
{
	struct asset a = { 0 };
	const struct {
		char *dst;
		size_t size;
	} text[] = {
		{ a.id, sizeof(a.id) },
		{ a.number, sizeof(a.number) },
		{ a.name, sizeof(a.name) },
		{ a.owner, sizeof(a.owner) },
		{ a.organisation, sizeof(a.organisation) },
		{ a.kind, sizeof(a.kind) },
		{ a.zone, sizeof(a.zone) },
		{ a.note, sizeof(a.note) },
		{ a.state, sizeof(a.state) },
		{ a.who, sizeof(a.who) },
		{ a.why, sizeof(a.why) },
		{ a.certified_by, sizeof(a.certified_by) },
		{ a.release_by, sizeof(a.release_by) },
		{ a.release_role, sizeof(a.release_role) },
		{ a.release_why, sizeof(a.release_why) },
	};

	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		(void)str_copy(text[i].dst, text[i].size, db_text(rows, (int)i));
	a.retired = db_int(rows, 15) != 0;
	a.quarantined = db_int(rows, 16) != 0;
	a.suspended = db_int(rows, 17) != 0;
	a.since = db_int(rows, 18);
	a.created = db_int(rows, 19);
	a.certified = db_int(rows, 20);
	a.release_at = db_int(rows, 21);
	return a;
}

int store_asset_add(struct db *db, const struct asset *a)
{
	return db_run(db,
		      "INSERT INTO asset (id, number, name, owner, organisation, kind,"
		      " zone, note, state, since, who, why, created)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?9, '', '', ?9)",
		      "ssssssssi", a->id, a->number, a->name, a->owner, a->organisation,
		      a->kind, a->zone, a->note, a->created);
}

static int get(struct db *db, const char *sql, const char *key, struct asset *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows, sql, "s", key);

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret = read_row(rows);
	return 0;
}

int store_asset_get(struct db *db, const char *id, struct asset *ret)
{
	return get(db, "SELECT " COLUMNS " FROM asset WHERE id = ?", id, ret);
}

int store_asset_by_number(struct db *db, const char *number, struct asset *ret)
{
	return get(db, "SELECT " COLUMNS " FROM asset WHERE number = ?1 AND number <> ''",
		   number, ret);
}

int store_asset_describe(struct db *db, const struct asset *a)
{
	return db_run(db,
		      "UPDATE asset SET number = ?, name = ?, owner = ?,"
		      " organisation = ?, kind = ?, zone = ?, note = ? WHERE id = ?",
		      "ssssssss", a->number, a->name, a->owner, a->organisation, a->kind,
		      a->zone, a->note, a->id);
}

int store_asset_hold(struct db *db, const struct asset *a)
{
	return db_run(db,
		      "UPDATE asset SET retired = ?, quarantined = ?, suspended = ?,"
		      " certified = ?, certified_by = ?, release_by = ?,"
		      " release_role = ?, release_at = ?, release_why = ? WHERE id = ?",
		      "iiiisssiss", (int64_t)a->retired, (int64_t)a->quarantined,
		      (int64_t)a->suspended, a->certified, a->certified_by, a->release_by,
		      a->release_role, a->release_at, a->release_why, a->id);
}

int store_asset_step(struct db *db, const struct asset *a, const char *was)
{
	int r = db_run(db,
		       "UPDATE asset SET state = ?, since = ?, who = ?, why = ?"
		       " WHERE id = ?",
		       "sisss", a->state, a->since, a->who, a->why, a->id);

	return r < 0 ? r
		     : db_run(db,
			      "INSERT INTO asset_history (asset, at, who, was, state,"
			      " why) VALUES (?, ?, ?, ?, ?, ?)",
			      "sissss", a->id, a->since, a->who, was, a->state, a->why);
}

int store_asset_each(struct db *db, const struct asset_filter *f,
		     int (*fn)(const struct asset *a, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM asset WHERE id > coalesce(?1, '')"
			 " AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR kind = ?3)"
			 " AND (?4 IS NULL OR zone = ?4) AND (?5 IS NULL"
			 " OR instr(lower(number || ' ' || name || ' ' || owner || ' '"
			 " || organisation || ' ' || note), lower(?5)) > 0)"
			 " ORDER BY id LIMIT ?6",
			 "sssssi", f->after, f->state, f->kind, f->zone, f->text,
			 f->limit);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct asset a = read_row(rows);

		r = fn(&a, user);
	}
	return r;
}

int store_asset_history(struct db *db, const char *id,
			int (*fn)(const struct asset_step *step, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT at, who, was, state, why FROM asset_history"
			 " WHERE asset = ? ORDER BY id DESC LIMIT ?",
			 "si", id, (int64_t)ASSET_HISTORY_MAX);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		const struct asset_step step = {
			.at = db_int(rows, 0),
			.who = db_text(rows, 1),
			.was = db_text(rows, 2),
			.state = db_text(rows, 3),
			.why = db_text(rows, 4),
		};

		r = fn(&step, user);
	}
	return r;
}
