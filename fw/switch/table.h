/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * table - the files for FreeRADIUS and hostapd, kept in step with the revision in force
 *
 * DIR/cards is read by sekisho-switch-ask at every question. Its time of change is
 * renewed while the revision in force is known, and no longer: when this program
 * hangs, or cannot read a revision, the table goes stale and every card is refused.
 * DIR/hostapd.accept has no clock of its own: it is written anew at each begin and end.
 */
#ifndef FW_SWITCH_TABLE_H
#define FW_SWITCH_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "fw/switch/cards.h"
#include "lib/attr.h"
#include "lib/paths.h"

#define TABLE_RENEW_S 5
#define TABLE_STALE_S 60

#define TABLE_CARDS  "/cards"
#define TABLE_ACCEPT "/hostapd.accept"

struct table {
	char revisions[PATH_TEXT_MAX];
	char dir[PATH_TEXT_MAX];
	struct revision *revision; /* NULL: none yet */
	char loaded[32]; /* where the link pointed then */
	char refused[32]; /* likewise, when loading failed; "" all is well */
	int64_t next_change; /* when the files must change by themselves; 0: never */
	int64_t renewed;
	bool written; /* the files are those of revision */
	bool failed; /* writing them did, and it was said */
	size_t cards; /* in the files */
	size_t ambiguous; /* left out, see cards.h */
};

/*
 * Bring the files in step. now: seconds UTC. Logs what goes wrong, once. Call it when
 * something changed in the folder of revisions, and once a second.
 */
void table_follow(struct table *t, int64_t now);
void table_clear(struct table *t);

/* What is wrong with the table, into dst; "" when nothing is. */
void table_describe(const struct table *t, char *dst, size_t size);

/* Does a table changed at mtime still say something at now? */
static inline bool table_is_fresh(int64_t mtime, int64_t now)
{
	return now - mtime <= TABLE_STALE_S && mtime - now <= TABLE_STALE_S;
}

#endif
