/* SPDX-License-Identifier: GPL-3.0-or-later */
/* box - a folder with spools and records for one test */
#ifndef TESTS_UNIT_RECORDD_BOX_H
#define TESTS_UNIT_RECORDD_BOX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/spool.h"
#include "mgmt/recordd/ingest.h"

#define BOX_NOVEMBER_US (1699500000 * (int64_t)1000000) /* 2023-11-09 in Japan */

struct box {
	char dir[64];
	char spool_dir[96];
	char records_dir[96];
};

int box_setup(void **state); /* for cmocka */
int box_teardown(void **state);

struct spool *box_spool(const struct box *b, const char *producer);

/* A record with that time, kind and host. */
struct record box_record(int64_t time_us, enum record_kind kind, const char *host);

/* Append n records, a second apart; their conn counts from first_conn. */
void box_fill(const struct box *b, const char *producer, int64_t time_us, unsigned n,
	      uint64_t first_conn);

/* Ingest all there is, with a new struct ingest. */
void box_ingest(const struct box *b);

/* Run SQL on a month's database; the first column of the first row, or 0. */
int64_t box_sql(const struct box *b, const char *file, const char *sql);

#endif
