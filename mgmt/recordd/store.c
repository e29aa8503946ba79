/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/paths.h"
#include "mgmt/recordd/merge.h"
#include "mgmt/recordd/month.h"

struct store {
	char dir[PATH_TEXT_MAX];
	struct db *db; /* of month; NULL: none open */
	unsigned month;
	bool open; /* a transaction is */
	struct db_state done; /* committed */
	uint64_t n; /* with what is not committed yet */
	struct chain_hash head;
};

static int open_month(const struct store *s, unsigned month, bool create,
		      struct db **ret_db)
{
	char path[PATH_TEXT_MAX + MONTH_FILE_MAX + 1], file[MONTH_FILE_MAX];

	month_file(month, file);
	(void)snprintf(path, sizeof(path), "%s/%s", s->dir, file);
	return db_open(path, create, ret_db);
}

static int load_month(struct store *s, unsigned month)
{
	struct db_state state;
	struct db *db = NULL;
	int r = open_month(s, month, false, &db);

	if (r < 0)
		return r;
	r = db_state(db, &state);
	if (r == 0 && state.n > s->done.n)
		s->done = state;
	db_close(db);
	return r;
}

int store_open(const char *dir, struct store **ret_store)
{
	CLEANUP(free_p) unsigned *month = NULL;
	struct store *s = calloc(1, sizeof(*s));
	size_t count = 0;
	int r;

	if (s == NULL)
		return -ENOMEM;
	r = path_join(s->dir, "", dir);
	if (r == 0)
		r = merge_months(dir, &month, &count);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = load_month(s, month[i]);
	if (r < 0) {
		store_close(s);
		return r;
	}
	s->n = s->done.n;
	s->head = s->done.head;
	*ret_store = s;
	return 0;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->open)
		db_rollback(s->db);
	db_close(s->db);
	free(s);
}

const struct db_state *store_state(const struct store *s)
{
	return &s->done;
}

bool store_must_commit(const struct store *s, int64_t time_us, int64_t now_us)
{
	return s->open && month_of(month_filing_time(time_us, now_us)) != s->month;
}

static int begin(struct store *s, unsigned month)
{
	int r = 0;

	if (s->db != NULL && s->month != month) {
		db_close(s->db);
		s->db = NULL;
	}
	if (s->db == NULL)
		r = open_month(s, month, true, &s->db);
	if (r < 0)
		return r;
	s->month = month;
	r = db_begin(s->db);
	s->open = r == 0;
	return r;
}

int store_append(struct store *s, size_t producer, uint64_t seq, const struct record *rec,
		 int64_t now_us)
{
	uint8_t encoded[RECORD_ENCODED_MAX];
	struct row row = {
		.n = s->n + 1,
		.producer = producer_name[producer],
		.seq = seq,
		.time_us = month_filing_time(rec->time_us, now_us),
		.record = encoded,
		.len = record_encode(rec, encoded),
	};
	int r = s->open ? 0 : begin(s, month_of(row.time_us));

	if (r < 0)
		return r;
	row.hash = chain_next(&s->head, row.producer, seq, row.time_us, encoded, row.len);
	r = db_insert(s->db, &row, rec);
	if (r < 0)
		return r;
	s->n = row.n;
	s->head = row.hash;
	return 0;
}

int store_commit(struct store *s, const struct spool_pos pos[PRODUCER_COUNT])
{
	struct db_state next = { .n = s->n, .head = s->head };
	int r;

	if (!s->open)
		return 0;
	memcpy(next.pos, pos, sizeof(next.pos));
	r = db_commit(s->db, &next);
	if (r < 0)
		return r;
	s->open = false;
	s->done = next;
	return 0;
}
