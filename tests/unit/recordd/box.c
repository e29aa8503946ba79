/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/recordd/box.h"

#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int box_setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	char path[128];

	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/test-recordd-XXXXXX");
	if (mkdtemp(b->dir) == NULL)
		return -1;
	(void)snprintf(b->spool_dir, sizeof(b->spool_dir), "%s/spool", b->dir);
	(void)snprintf(b->records_dir, sizeof(b->records_dir), "%s/records", b->dir);
	if (mkdir(b->spool_dir, 0700) == -1 || mkdir(b->records_dir, 0700) == -1)
		return -1;
	for (size_t i = 0; i < PRODUCER_COUNT; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", b->spool_dir,
			       producer_name[i]);
		if (mkdir(path, 0700) == -1)
			return -1;
	}
	*state = b;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int box_teardown(void **state)
{
	struct box *b = *state;

	(void)nftw(b->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(b);
	return 0;
}

struct spool *box_spool(const struct box *b, const char *producer)
{
	struct spool *s = NULL;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", b->spool_dir, producer);
	assert_int_equal(spool_open(path, &s), 0);
	return s;
}

struct record box_record(int64_t time_us, enum record_kind kind, const char *host)
{
	struct record rec = { .time_us = time_us, .kind = (uint16_t)kind };

	record_set_str(rec.host, sizeof(rec.host), host);
	return rec;
}

void box_fill(const struct box *b, const char *producer, int64_t time_us, unsigned n,
	      uint64_t first_conn)
{
	struct spool *s = box_spool(b, producer);

	for (unsigned i = 0; i < n; i++) {
		struct record rec = box_record(time_us + i * (int64_t)1000000,
					       RECORD_PROXY_OPEN, "a.example");

		rec.conn = first_conn + i;
		assert_int_equal(spool_append(s, &rec), 0);
	}
	spool_close(s);
}

void box_ingest(const struct box *b)
{
	struct ingest *in = calloc(1, sizeof(*in));
	int r;

	assert_non_null(in);
	assert_int_equal(ingest_init(in, b->spool_dir, b->records_dir), 0);
	while ((r = ingest_step(in)) == 1)
		;
	assert_int_equal(r, 0);
	ingest_close(in);
	free(in);
}

static int first_number(void *user, int columns, char **values, char **names)
{
	(void)names;
	if (columns > 0 && values[0] != NULL)
		*(int64_t *)user = strtoll(values[0], NULL, 10);
	return 0;
}

int64_t box_sql(const struct box *b, const char *file, const char *sql)
{
	sqlite3 *db = NULL;
	int64_t number = 0;
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", b->records_dir, file);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, first_number, &number, NULL) != SQLITE_OK)
		fail_msg("%s: %s", file, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return number;
}
