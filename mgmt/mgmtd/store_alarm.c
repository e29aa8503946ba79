/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_alarm.h"

#include <errno.h>
#include <stdio.h>

#include "lib/str.h"

#define COLUMNS \
	"id, kind, action, raised, closed, interface, other_interface, mac, other_mac," \
	" address, detail, frames, asset, quarantined, held_back, acked, acked_by, done"
#define DROP_AT_ONCE 1000

static struct alarm read_row(struct db_rows *rows)
{
	struct alarm a = { .id = db_int(rows, 0),
			   .kind = (enum event_kind)db_int(rows, 1),
			   .raised = db_int(rows, 3),
			   .closed = db_int(rows, 4),
			   .frames = db_int(rows, 11),
			   .quarantined = db_int(rows, 13) != 0,
			   .acked = db_int(rows, 15) };

	if (event_action_parse(db_text(rows, 2), &a.action) < 0)
		a.action = EVENT_ACTION_ALARM;
	(void)str_copy(a.interface, sizeof(a.interface), db_text(rows, 5));
	(void)str_copy(a.other_interface, sizeof(a.other_interface), db_text(rows, 6));
	(void)str_copy(a.mac, sizeof(a.mac), db_text(rows, 7));
	(void)str_copy(a.other_mac, sizeof(a.other_mac), db_text(rows, 8));
	(void)str_copy(a.address, sizeof(a.address), db_text(rows, 9));
	(void)str_copy(a.detail, sizeof(a.detail), db_text(rows, 10));
	(void)str_copy(a.asset, sizeof(a.asset), db_text(rows, 12));
	(void)str_copy(a.held_back, sizeof(a.held_back), db_text(rows, 14));
	(void)str_copy(a.acked_by, sizeof(a.acked_by), db_text(rows, 16));
	(void)str_copy(a.done, sizeof(a.done), db_text(rows, 17));
	return a;
}

static int make_room(struct db *db)
{
	int64_t n;
	int r = db_number(db, &n, "SELECT count(*) FROM alarm", "");

	if (r < 0 || n < ALARMS_MAX)
		return r;
	r = db_run(db,
		   "DELETE FROM alarm WHERE id IN (SELECT id FROM alarm"
		   " WHERE acked <> 0 OR action = 'record' ORDER BY id LIMIT ?)",
		   "i", (int64_t)DROP_AT_ONCE);
	return r == 0 && db_changed(db) == 0 ? -EDQUOT : r;
}

int store_alarm_add(struct db *db, struct alarm *a)
{
	int r = make_room(db);

	if (r == 0)
		r = db_run(db,
			   "INSERT INTO alarm (kind, action, raised, interface,"
			   " other_interface, mac, other_mac, address, detail, frames,"
			   " asset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			   "isissssssis", (int64_t)a->kind, event_action_name(a->action),
			   a->raised, a->interface, a->other_interface, a->mac,
			   a->other_mac, a->address, a->detail, a->frames, a->asset);
	if (r == 0)
		a->id = db_last_id(db);
	return r;
}

int store_alarm_open(struct db *db, const struct alarm *like, int64_t *ret_id)
{
	int64_t id;
	int r = db_number(db, &id,
			  "SELECT id FROM alarm WHERE closed = 0 AND kind = ? AND mac = ?"
			  " AND interface = ? AND address = ? ORDER BY id DESC LIMIT 1",
			  "isss", (int64_t)like->kind, like->mac, like->interface,
			  like->address);

	if (r == 0 && id == 0)
		return -ENOENT;
	if (r == 0)
		*ret_id = id;
	return r;
}

int store_alarm_count(struct db *db, int64_t id, int64_t frames)
{
	return db_run(db, "UPDATE alarm SET frames = ? WHERE id = ?", "ii", frames, id);
}

int store_alarm_close(struct db *db, int64_t id, int64_t now)
{
	return db_run(db, "UPDATE alarm SET closed = ? WHERE id = ?", "ii", now, id);
}

int store_alarm_outcome(struct db *db, const struct alarm *a)
{
	return db_run(db,
		      "UPDATE alarm SET quarantined = ?, held_back = ?, asset = ?"
		      " WHERE id = ?",
		      "issi", (int64_t)a->quarantined, a->held_back, a->asset, a->id);
}

int store_alarm_isolated(struct db *db, int64_t since, int64_t *ret_count)
{
	/* the newest few only: there are no more than the ceiling in that time */
	return db_number(db, ret_count,
			 "SELECT count(*) FROM alarm WHERE quarantined = 1"
			 " AND raised > ?",
			 "i", since);
}

int store_alarm_get(struct db *db, int64_t id, struct alarm *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows, "SELECT " COLUMNS " FROM alarm WHERE id = ?", "i",
			 id);

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret = read_row(rows);
	return 0;
}

int store_alarm_ack(struct db *db, int64_t id, const char *who, int64_t now,
		    const char *done)
{
	return db_run(db,
		      "UPDATE alarm SET acked = ?, acked_by = ?, done = ? WHERE id = ?",
		      "issi", now, who, done, id);
}

int store_alarm_totals(struct db *db, int64_t *ret_open, int64_t *ret_unacked)
{
	int r = db_number(db, ret_open, "SELECT count(*) FROM alarm WHERE closed = 0",
			  "");

	return r < 0 ? r
		     : db_number(db, ret_unacked,
				 "SELECT count(*) FROM alarm WHERE acked = 0"
				 " AND action <> 'record'",
				 "");
}

int store_alarm_each(struct db *db, enum alarm_view view, enum event_kind kind,
		     int64_t after, int64_t limit,
		     int (*fn)(const struct alarm *a, void *user), void *user)
{
	static const char *const where[] = {
		[ALARM_VIEW_OPEN] = "SELECT " COLUMNS " FROM alarm WHERE closed = 0",
		[ALARM_VIEW_UNACKED] = "SELECT " COLUMNS " FROM alarm WHERE acked = 0"
				       " AND action <> 'record'",
		[ALARM_VIEW_ALL] = "SELECT " COLUMNS " FROM alarm WHERE TRUE",
	};
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	char sql[512];
	int r;

	(void)snprintf(sql, sizeof(sql),
		       "%s AND (?1 = 0 OR kind = ?1) AND (?2 = 0 OR id < ?2)"
		       " ORDER BY id DESC LIMIT ?3",
		       where[view]);
	r = db_query(db, &rows, sql, "iii", (int64_t)kind, after, limit);
	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct alarm a = read_row(rows);

		r = fn(&a, user);
	}
	return r;
}
