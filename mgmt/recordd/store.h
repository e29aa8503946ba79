/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store - the months' databases as one place to put records into
 *
 * A transaction touches one month only, and rows are committed in the order of
 * their numbers, so the database with the highest number is the one committed
 * last: its state says where to go on after any interruption.
 */
#ifndef MGMT_RECORDD_STORE_H
#define MGMT_RECORDD_STORE_H

#include "mgmt/recordd/db.h"

struct store;

/*
 * Open the databases below dir, which must exist, and find the last state.
 * Returns 0 or an error of db.h; a month that cannot be read is one, because it
 * may be the one that was written last.
 */
int store_open(const char *dir, struct store **ret_store) MUST_CHECK;
/* What was not committed is forgotten. */
void store_close(struct store *s);

/* As of the last commit. */
const struct db_state *store_state(const struct store *s);

/* Would storing a record of that time, now, need store_commit() first? */
bool store_must_commit(const struct store *s, int64_t time_us, int64_t now_us);

/*
 * Add a record of producer (an index). It is there after store_commit().
 * On failure close the store and open it again: the disk knows what is true.
 */
int store_append(struct store *s, size_t producer, uint64_t seq, const struct record *rec,
		 int64_t now_us) MUST_CHECK;

/* Commit what was appended, if anything, with the spools' positions. */
int store_commit(struct store *s, const struct spool_pos pos[PRODUCER_COUNT]) MUST_CHECK;

#endif
