/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_device.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
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
	const int64_t max = owned ? DEVICES_OWNED_MAX : DEVICES_MAX;
	int64_t n;
	/* there are no more rows than that, and it is found at once */
	int r = db_number(db, &n, "SELECT max(rowid) FROM device", "");

	if (r == 0 && n >= max)
		r = db_number(db, &n,
			      owned ? "SELECT count(*) FROM device WHERE asset > ''"
				    : "SELECT count(*) FROM device WHERE asset = ''",
			      "");
	if (r < 0)
		return r;
	return n >= max ? -EDQUOT : 0;
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

/* What is asked for as SQL, only with the conditions that are: then indexes are used. */
static char *filter_sql(const struct device_filter *f)
{
	static const struct {
		const char *key, *order;
	} orders[] = {
		[DEVICE_BY_MAC] = { "mac, interface", "d.mac, d.interface" },
		[DEVICE_BY_FIRST_SEEN] = { "-first_seen, id", "-d.first_seen, d.id" },
		[DEVICE_BY_LAST_SEEN] = { "-last_seen, id", "-d.last_seen, d.id" },
	};
	const struct {
		bool wanted;
		const char *sql;
	} conditions[] = {
		{ f->device != NULL, " AND (d.id = ?1 OR d.mac = ?1)" },
		{ f->state != NULL,
		  " AND (d.asset IN (SELECT id FROM asset WHERE state = ?2)"
		  " OR (d.asset = '' AND ?2 = 'seen'))" },
		{ f->interfaces != NULL,
		  " AND d.interface IN (SELECT value FROM json_each(?3))" },
		{ f->text != NULL,
		  " AND (d.name LIKE ?4 ESCAPE '!' OR d.interface LIKE ?4 ESCAPE '!'"
		  " OR d.address LIKE ?4 ESCAPE '!' OR d.mac_given LIKE ?4 ESCAPE '!'"
		  " OR d.grp LIKE ?4 ESCAPE '!' OR d.mac LIKE ?5 ESCAPE '!')" },
		{ f->owned == DEVICE_OF_ENTRY, " AND d.asset > ''" },
		{ f->owned == DEVICE_OF_NONE, " AND d.asset = ''" },
		{ f->requested,
		  " AND d.id IN (SELECT device FROM permit WHERE state = 'requested')" },
	};
	char *sql = NULL;
	size_t len;
	FILE *out = open_memstream(&sql, &len);

	if (out == NULL)
		return NULL;
	(void)fputs("SELECT " COLUMNS " FROM device d WHERE TRUE", out);
	for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
		(void)fputs(conditions[i].wanted ? conditions[i].sql : "", out);
	if (f->after != NULL)
		(void)fprintf(out, " AND (%s) > (SELECT %s FROM device WHERE id = ?6)",
			      orders[f->order].order, orders[f->order].key);
	/* a search reads all rows: in the order of the disk, and sorts what it finds */
	(void)fprintf(out, " ORDER BY %s%s LIMIT ?7", f->text != NULL ? "+" : "",
		      orders[f->order].order);
	if (fclose(out) == 0)
		return sql;
	free(sql);
	return NULL;
}

/* "%text%" for LIKE, with its own signs escaped. */
static char *pattern_of(const char *text)
{
	char *pattern = NULL;
	size_t len;
	FILE *out = open_memstream(&pattern, &len);

	if (out == NULL)
		return NULL;
	(void)fputc('%', out);
	for (const char *p = text; *p != '\0'; p++) {
		if (strchr("%_!", *p) != NULL)
			(void)fputc('!', out);
		(void)fputc(*p, out);
	}
	(void)fputc('%', out);
	if (fclose(out) == 0)
		return pattern;
	free(pattern);
	return NULL;
}

/* Pairs of hexadecimal digits, however they are separated, as MAC addresses have them. */
static char *mac_pattern_of(const char *text)
{
	char mac[MAC_TEXT_MAX];
	size_t used = 0, digits = 0;

	for (const char *p = text; *p != '\0' && used + 3 < sizeof(mac); p++) {
		if (strchr(":-. ", *p) != NULL)
			continue;
		if (!isxdigit((unsigned char)*p))
			return pattern_of(text);
		if (digits != 0 && digits % 2 == 0)
			mac[used++] = ':';
		mac[used++] = *p;
		digits++;
	}
	mac[used] = '\0';
	return pattern_of(mac);
}

int store_device_each(struct db *db, const struct device_filter *f,
		      int (*fn)(const struct device *d, void *user), void *user)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	const char *text = f->text != NULL ? f->text : "";
	CLEANUP(free_p) char *sql = filter_sql(f);
	CLEANUP(free_p) char *like = pattern_of(text);
	CLEANUP(free_p) char *mac = mac_pattern_of(text);
	int r = -ENOMEM;

	if (sql != NULL && like != NULL && mac != NULL)
		r = db_query(db, &rows, sql, "ssssssi", f->device, f->state,
			     f->interfaces, like, mac, f->after, f->limit);
	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct device d = read_row(rows);

		r = fn(&d, user);
	}
	return r;
}
