/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_setting.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX 40

const struct terms terms_default = {
	.contractor_days = 90,
	.private_days = 30,
	.maintenance_days = 90,
	.dormant_days = 0,
	.certify_days = 365,
	.quarantine_per_hour = 3,
};

const struct terms_row terms_rows[] = {
	{ "contractor_days", offsetof(struct terms, contractor_days), 1, 366 },
	{ "private_days", offsetof(struct terms, private_days), 1, 366 },
	{ "maintenance_days", offsetof(struct terms, maintenance_days), 1, 366 },
	{ "dormant_days", offsetof(struct terms, dormant_days), 0, 366 },
	{ "certify_days", offsetof(struct terms, certify_days), 0, 1100 },
	{ "quarantine_per_hour", offsetof(struct terms, quarantine_per_hour), 0, 20 },
};
const size_t terms_row_count = ARRAY_LEN(terms_rows);

static int set(struct db *db, const char *key, const char *value)
{
	return db_run(db, "INSERT OR REPLACE INTO setting (key, value) VALUES (?, ?)",
		      "ss", key, value);
}

int store_terms_get(struct db *db, struct terms *ret)
{
	struct terms t = terms_default;

	for (size_t i = 0; i < terms_row_count; i++) {
		const struct terms_row *row = &terms_rows[i];
		CLEANUP(db_rows_free) struct db_rows *rows = NULL;
		int r = db_query(db, &rows,
				 "SELECT CAST(value AS INTEGER) FROM setting"
				 " WHERE key = ?",
				 "s", row->key);

		if (r == 0)
			r = db_next(rows);
		if (r < 0)
			return r;
		if (r == 1 && db_int(rows, 0) >= row->min && db_int(rows, 0) <= row->max)
			*terms_value(&t, row) = db_int(rows, 0);
	}
	*ret = t;
	return 0;
}

int store_terms_set(struct db *db, const struct terms *t)
{
	struct terms copy = *t;
	int r = 0;

	for (size_t i = 0; r == 0 && i < terms_row_count; i++) {
		char value[24];

		(void)snprintf(value, sizeof(value), "%" PRId64,
			       *terms_value(&copy, &terms_rows[i]));
		r = set(db, terms_rows[i].key, value);
	}
	return r;
}

static const char *const actions[] = {
	[EVENT_ACTION_RECORD] = "record",
	[EVENT_ACTION_ALARM] = "alarm",
	[EVENT_ACTION_QUARANTINE] = "quarantine",
};

const char *event_action_name(enum event_action a)
{
	return actions[a];
}

int event_action_parse(const char *name, enum event_action *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (strcmp(actions[i], name) == 0) {
			*ret = (enum event_action)i;
			return 0;
		}
	}
	return -EINVAL;
}

static void key_of(enum event_kind kind, char dst[KEY_MAX])
{
	(void)snprintf(dst, KEY_MAX, "event:%.30s", event_name(kind));
}

int store_action_get(struct db *db, enum event_kind kind, enum event_action *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	char key[KEY_MAX];
	int r;

	key_of(kind, key);
	r = db_query(db, &rows, "SELECT value FROM setting WHERE key = ?", "s", key);
	if (r == 0)
		r = db_next(rows);
	if (r < 0)
		return r;
	if (r == 1 && event_action_parse(db_text(rows, 0), ret) == 0)
		return 0;
	*ret = event_severity(kind) == EVENT_NOTICE ? EVENT_ACTION_RECORD
						    : EVENT_ACTION_ALARM;
	return 0;
}

int store_action_set(struct db *db, enum event_kind kind, enum event_action action)
{
	char key[KEY_MAX];

	key_of(kind, key);
	return set(db, key, actions[action]);
}
