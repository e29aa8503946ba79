/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * merge - rows of all months as one sequence
 *
 * Records that arrive late stand in their own month, so at the turn of a month
 * the numbers of two databases interleave.
 */
#ifndef MGMT_RECORDD_MERGE_H
#define MGMT_RECORDD_MERGE_H

#include "mgmt/recordd/rows.h"

#define MERGE_MONTHS_MAX 240 /* twenty years; three descriptors each */

struct merge;

struct merge_row {
	struct row row;
	unsigned month; /* YYYYMM of its file */
	struct rows *rows; /* where it came from, for rows_columns_fit() */
};

/*
 * Open the months in dir which q's time touches (all, when q is NULL).
 * Returns 0, -E2BIG (too many months) or an error of rows_open().
 */
int merge_open(const char *dir, const struct proto_query *q, struct mono deadline,
	       struct merge **ret_merge) MUST_CHECK;
void merge_free(struct merge *m);

/* As rows_next(). The row is valid until the next call. */
int merge_next(struct merge *m, struct merge_row *ret_row) MUST_CHECK;

/* Months with a file in dir, ascending; the caller frees the array. */
int merge_months(const char *dir, unsigned **ret_month, size_t *ret_count) MUST_CHECK;

#endif
