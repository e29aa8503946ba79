/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page - as many rows of a list as an answer holds, and whether there are more
 */
#ifndef MGMT_MGMTD_PAGE_H
#define MGMT_MGMTD_PAGE_H

#include "mgmt/mgmtd/call.h"

struct page {
	struct call *c;
	json_t *list; /* owned until page_answer() */
	int64_t limit; /* rows */
	int64_t ask; /* rows to ask the ledger for: one more shows that there is more */
	bool more;
};

/*
 * Begin with the query's "limit" (1 to max), or fallback when it has none. Returns false
 * when it has answered; else page_answer() has to follow.
 */
bool page_begin(struct call *c, uint64_t fallback, uint64_t max, struct page *ret);

/* Is there room for another row? Else there is more than this page. */
bool page_has_room(struct page *p);

/* Take the row over (NULL: memory was short). Returns 0 or -ENOMEM. */
int page_add(struct page *p, json_t *row) MUST_CHECK;

/*
 * Answer with the list by that name, "more", and the members of further, which is taken
 * over (NULL: none); or with an internal error when r is one.
 */
void page_answer(struct page *p, int r, const char *name, json_t *further);

#endif
