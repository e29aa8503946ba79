/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_flow.h"

#include <errno.h>

#include "lib/str.h"

int store_flow_review(struct db *db, const char *flow, const struct flow_review *review)
{
	return db_run(db,
		      "INSERT INTO flow_review (flow, at, who, result, next, stamp)"
		      " VALUES (?, ?, ?, ?, ?, ?)",
		      "sissss", flow, review->at, review->who, review->result,
		      review->next, review->stamp);
}

int store_flow_reviewed(struct db *db, const char *flow, const char *stamp,
			struct flow_review *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	struct flow_review v = { 0 };
	int r = db_query(db, &rows,
			 "SELECT at, who, result, next FROM flow_review"
			 " WHERE flow = ? AND stamp = ? ORDER BY id DESC LIMIT 1",
			 "ss", flow, stamp);

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	v.at = db_int(rows, 0);
	(void)str_copy(v.who, sizeof(v.who), db_text(rows, 1));
	(void)str_copy(v.result, sizeof(v.result), db_text(rows, 2));
	(void)str_copy(v.next, sizeof(v.next), db_text(rows, 3));
	(void)str_copy(v.stamp, sizeof(v.stamp), stamp);
	*ret = v;
	return 0;
}
