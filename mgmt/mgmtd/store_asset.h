/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_asset - the table of the register: devices as people know them, with history
 *
 * An entry owns cards (store_device.h). Its state is worked out by register.h and kept
 * here with who brought it about; only register.h writes it.
 */
#ifndef MGMT_MGMTD_STORE_ASSET_H
#define MGMT_MGMTD_STORE_ASSET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/id.h"
#include "lib/policy/policy.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input.h"

#define ASSET_CARDS_MAX   REVISION_CARDS_MAX
#define ASSET_HISTORY_MAX 500 /* lines of one answer */

struct asset {
	char id[ID_TEXT_MAX];
	char number[INPUT_NAME_MAX + 1]; /* the office's own, "" none */
	char name[INPUT_NAME_MAX + 1];
	char owner[INPUT_NAME_MAX + 1];
	char organisation[INPUT_NAME_MAX + 1];
	char kind[16]; /* "" not known */
	char zone[POLICY_NAME_MAX + 1]; /* "" not said */
	char note[INPUT_REASON_MAX + 1];
	bool retired, quarantined, suspended;
	char state[16]; /* register_state_name() */
	int64_t since;
	char who[LOGIN_MAX + 1];
	char why[INPUT_REASON_MAX + 1];
	int64_t created;
	int64_t certified; /* 0: never, then created counts */
	char certified_by[LOGIN_MAX + 1];
	char release_by[LOGIN_MAX + 1]; /* who asked for the end of the quarantine */
	char release_role[16];
	int64_t release_at;
	char release_why[INPUT_REASON_MAX + 1];
};

struct asset_filter { /* NULL: any */
	const char *state, *kind, *zone;
	const char *text; /* in number, name, owner, organisation, note */
	const char *after; /* ids above this one */
	int64_t limit;
};

struct asset_step { /* a line of history */
	int64_t at;
	const char *who, *was, *state, *why;
};

/* -EEXIST: another one has that number. */
int store_asset_add(struct db *db, const struct asset *a) MUST_CHECK;
/* -ENOENT: no such entry. */
int store_asset_get(struct db *db, const char *id, struct asset *ret) MUST_CHECK;
int store_asset_by_number(struct db *db, const char *number,
			  struct asset *ret) MUST_CHECK;

/* Number, name, owner, organisation, kind, zone, note. -EEXIST as above. */
int store_asset_describe(struct db *db, const struct asset *a) MUST_CHECK;
/* Retired, quarantined, suspended, certified and release. */
int store_asset_hold(struct db *db, const struct asset *a) MUST_CHECK;

/* State, since, who and why, with a line of history that says what it was. */
int store_asset_step(struct db *db, const struct asset *a, const char *was) MUST_CHECK;

/* In the order of ids. */
int store_asset_each(struct db *db, const struct asset_filter *filter,
		     int (*fn)(const struct asset *a, void *user), void *user) MUST_CHECK;

/* Newest first. */
int store_asset_history(struct db *db, const char *id,
			int (*fn)(const struct asset_step *step, void *user),
			void *user) MUST_CHECK;

#endif
