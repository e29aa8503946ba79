/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows - reading rows of one month's database in the order of their numbers
 *
 * Errors are those of db.h, and -ETIMEDOUT when the deadline passed.
 */
#ifndef MGMT_RECORDD_ROWS_H
#define MGMT_RECORDD_ROWS_H

#include "lib/attr.h"
#include "lib/mono.h"
#include "lib/proto.h"
#include "mgmt/recordd/db.h"

struct rows;

/*
 * Rows that q asks for (its limit is the caller's business), or all, ascending,
 * when q is NULL. q need not outlive the call. deadline: zero for none.
 */
int rows_open(const char *path, const struct proto_query *q, struct mono deadline,
	      struct rows **ret_rows) MUST_CHECK;
void rows_free(struct rows *r);

/* 1 (*ret_row is set and valid until the next call), 0 (no more) or a negative errno. */
int rows_next(struct rows *r, struct row *ret_row) MUST_CHECK;

/* Do the searched columns of the present row say what its record says? */
bool rows_columns_fit(struct rows *r, const struct record *rec);

#endif
