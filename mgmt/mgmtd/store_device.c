/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_device.h"

#include <errno.h>
#include <stdbool.h>

#include "lib/str.h"

#define COLUMNS \
	"id, mac, name, interface, address, first_seen, last_seen, grp," \
	" asset, mac_given"

static struct device read_row(struct db_rows *rows)
{
	struct device d = { 0 };

	(void)str_copy(d.id, sizeof(d.id), db_text(rows, 0));
	(void)str_copy(d.mac, sizeof(d.mac), db_text(rows, 1));
	(void)str_copy(d.name, sizeof(d.name), db_text(rows, 2));
	(void)str_copy(d.interface, sizeof(d.interface), db_text(rows, 3));
	(void)str_copy(d.address, sizeof(d.address), db_text(rows, 4));
	d.first_seen = db_int(rows, 5);
	d.last_seen = db_int(rows, 6);
	(void)str_copy(d.group, sizeof(d.group), db_text(rows, 7));
	(void)str_copy(d.asset, sizeof(d.asset), db_text(rows, 8));
	(void)str_copy(d.mac_given, sizeof(d.mac_given), db_text(rows, 9));
	return d;
}

static int room(struct db *db, bool owned)
{
	int64_t n;
	int r = db_number(db, &n,
			  owned ? "SELECT count(*) FROM device WHERE asset > ''"
				: "SELECT count(*) FROM device WHERE asset = ''",
			  "");

	if (r < 0)
		return r;
	return n >= (owned ? DEVICES_OWNED_MAX : DEVICES_MAX) ? -EDQUOT : 0;
}

int store_device_add(struct db *db, const struct device *d)
{
	int r = room(db, d->asset[0] != '\0');

	if (r < 0)
		return r;
	return db_run(db,
		      "INSERT INTO device (" COLUMNS
		      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      "sssssiisss", d->id, d->mac, d->name, d->interface, d->address,
		      d->first_seen, d->last_seen, d->group, d->asset, d->mac_given);
}

int store_device_get(struct db *db, const char *id, struct device *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows, "SELECT " COLUMNS " FROM device WHERE id = ?", "s",
			 id);

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	*ret = read_row(rows);
	return 0;
}

int store_device_find(struct db *db, const char *mac, const char *interface,
		      struct device *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	struct device d;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM device WHERE mac = ?1"
			 " AND (?2 IS NULL OR interface = ?2) LIMIT 2",
			 "ss", mac, interface);

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	d = read_row(rows);
	r = db_next(rows);
	if (r != 0)
		return r < 0 ? r : -ENOTUNIQ;
	*ret = d;
	return 0;
}

int store_device_set_group(struct db *db, const char *id, const char *group)
{
	return db_run(db, "UPDATE device SET grp = ? WHERE id = ?", "ss", group, id);
}

int store_device_set_asset(struct db *db, const char *id, const char *asset)
{
	int r = room(db, true);

	return r < 0 ? r
		     : db_run(db, "UPDATE device SET asset = ? WHERE id = ?", "ss", asset,
			      id);
}

int store_device_of_asset(struct db *db, const char *asset,
			  int (*fn)(const struct device *d, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM device WHERE asset = ?"
			 " ORDER BY mac, interface",
			 "s", asset);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct device d = read_row(rows);

		r = fn(&d, user);
	}
	return r;
}

int store_device_update(struct db *db, const struct device *d)
{
	return db_run(db,
		      "UPDATE device SET name = ?, address = ?, first_seen = ?,"
		      " last_seen = ? WHERE id = ?",
		      "ssiis", d->name, d->address, d->first_seen, d->last_seen, d->id);
}

int store_device_each(struct db *db, int (*fn)(const struct device *d, void *user),
		      void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT " COLUMNS " FROM device ORDER BY mac, interface", "");

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct device d = read_row(rows);

		r = fn(&d, user);
	}
	return r;
}
