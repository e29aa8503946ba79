/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * work - days on which a contractor's permit was used, and what was done then (A5)
 *
 * A day counts when there is a record of the permit's device on it. Which days those
 * are is asked of recordd once and kept; a day in the site's time zone is "YYYY-MM-DD".
 */
#ifndef MGMT_MGMTD_WORK_H
#define MGMT_MGMTD_WORK_H

#include <stdint.h>

#include "lib/attr.h"
#include "lib/id.h"
#include "mgmt/mgmtd/app.h"
#include "mgmt/mgmtd/input.h"

#define WORK_DAY_MAX  11
#define WORK_DAYS_MAX 400 /* of one question */

/* The day of s, and where the day after it begins. */
void work_day(int64_t s, char dst[WORK_DAY_MAX], int64_t *ret_next);

/*
 * Look up the days from..to (seconds) that are not known yet. *ret_unchecked: how many
 * could not be, for want of time, or of records that are not stored yet. Returns 0,
 * -EHOSTDOWN (recordd) or what db.h says.
 */
int work_look_up(struct app *app, int64_t from, int64_t to, int64_t now,
		 int64_t *ret_unchecked) MUST_CHECK;

struct work {
	const char *permit, *device, *asset, *kind, *owner, *company, *ticket, *day;
	int64_t first; /* the first record */
	int64_t confirmed; /* 0: nobody did */
	const char *who, *work, *result, *records;
};

/* Days from..to, oldest first; open: only those that nobody has confirmed. */
int work_each(struct db *db, bool open, const char *from, const char *to,
	      int (*fn)(const struct work *w, void *user), void *user) MUST_CHECK;

struct work_note {
	char permit[ID_TEXT_MAX];
	char day[WORK_DAY_MAX];
	char work[INPUT_REASON_MAX + 1];
	char result[INPUT_REASON_MAX + 1];
	char records[INPUT_REASON_MAX + 1];
};

/* -ENOENT: not used on that day; -EALREADY: confirmed. In the caller's transaction. */
int work_confirm(struct db *db, const struct work_note *note, const char *who,
		 int64_t now) MUST_CHECK;

#endif
