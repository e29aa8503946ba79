/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal - what mgmtd itself puts on record: changes, readings, sign-ins
 *
 * Written before the answer; whoever cannot write does not do. Functions return
 * 0, or a negative errno when the record could not be written. Few things are done
 * all the same: those are counted, and stand as a gap before the next record.
 */
#ifndef MGMT_MGMTD_JOURNAL_H
#define MGMT_MGMTD_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/paths.h"
#include "lib/spool.h"
#include "mgmt/mgmtd/store_change.h"

struct journal {
	char dir[PATH_TEXT_MAX];
	struct spool *spool; /* NULL: could not be opened */
	uint64_t written;
	uint64_t missing; /* done without a record since the last gap record */
};

/* Opens the spool below root; when that fails it is tried again at every use. */
int journal_init(struct journal *j, const char *root) MUST_CHECK;
void journal_close(struct journal *j);

/* 0: records can be written. */
int journal_state(struct journal *j) MUST_CHECK;

/*
 * Can a record be written now? After a failure it tries, with a record that says so:
 * space may have come back. Returns 0 or a negative errno.
 */
int journal_probe(struct journal *j) MUST_CHECK;

/* revision: the one in force when the change is. */
int journal_change(struct journal *j, const struct change *c, struct addr client,
		   uint64_t revision) MUST_CHECK;
/* The same for what is done already: a record that cannot be written is logged and counted. */
void journal_done(struct journal *j, const struct change *c, struct addr client,
		  uint64_t revision);
int journal_read(struct journal *j, const char *who, const char *question,
		 struct addr client) MUST_CHECK;
int journal_sign_in(struct journal *j, const char *login, bool good, const char *detail,
		    struct addr client) MUST_CHECK;

#endif
