/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * db - the writing side of one month's database
 *
 * A database holds rows, and beside them what is true after its last commit: the
 * number and hash of the last row, and how far each spool has been read. Rows and
 * state change in one transaction; that is what makes ingestion exactly once.
 * sqlite3.h appears here and in rows.c only.
 *
 * Errors: 0 or a negative errno: -ENOSPC (the disk is full), -EBADMSG (the file is
 * damaged or not ours), -EBUSY, -ENOMEM, -ENOENT, else -EIO.
 */
#ifndef MGMT_RECORDD_DB_H
#define MGMT_RECORDD_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/record.h"
#include "lib/spool.h"
#include "mgmt/recordd/chain.h"
#include "mgmt/recordd/producer.h"

struct row {
	uint64_t n; /* number over all months, from 1, without holes */
	const char *producer;
	uint64_t seq; /* the producer's number */
	int64_t time_us; /* what it is filed under */
	struct chain_hash hash;
	const uint8_t *record; /* record_encode() */
	size_t len;
};

struct db_state {
	uint64_t n; /* of the last row, 0: none */
	struct chain_hash head; /* its hash */
	struct spool_pos pos[PRODUCER_COUNT];
};

struct db;

/* Open path for writing; create makes it when it is not there. */
int db_open(const char *path, bool create, struct db **ret_db) MUST_CHECK;
void db_close(struct db *db);

/* Cleared when nothing was ever committed. */
int db_state(struct db *db, struct db_state *ret_state) MUST_CHECK;

int db_begin(struct db *db) MUST_CHECK;
int db_insert(struct db *db, const struct row *row, const struct record *rec) MUST_CHECK;

/* On disk when it returns 0. */
int db_commit(struct db *db, const struct db_state *state) MUST_CHECK;

/* Forget what was inserted since db_begin(). */
void db_rollback(struct db *db);

#endif
