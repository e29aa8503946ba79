/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/store_policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

int store_policy_add(struct db *db, const char *text, int64_t now, const char *by,
		     const char *reason)
{
	return db_run(db,
		      "INSERT INTO policy_version (text, applied, by, reason)"
		      " VALUES (?, ?, ?, ?)",
		      "siss", text, now, by, reason);
}

int store_policy_get(struct db *db, struct policy_version *ret)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	struct policy_version v = { 0 };
	int r = db_query(db, &rows,
			 "SELECT text, applied, by, reason FROM policy_version"
			 " ORDER BY id DESC LIMIT 1",
			 "");

	if (r == 0)
		r = db_next(rows);
	if (r <= 0)
		return r < 0 ? r : -ENOENT;
	v.text = strdup(db_text(rows, 0));
	if (v.text == NULL)
		return -ENOMEM;
	v.applied = db_int(rows, 1);
	(void)str_copy(v.by, sizeof(v.by), db_text(rows, 2));
	(void)str_copy(v.reason, sizeof(v.reason), db_text(rows, 3));
	*ret = v;
	return 0;
}

void store_policy_free(struct policy_version *v)
{
	free(v->text);
	v->text = NULL;
}
