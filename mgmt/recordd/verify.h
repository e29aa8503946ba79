/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verify - compute the chain of all records anew and compare
 */
#ifndef MGMT_RECORDD_VERIFY_H
#define MGMT_RECORDD_VERIFY_H

#include "lib/proto.h"
#include "mgmt/recordd/db.h"

/* Called every now and then, so that the spools are emptied meanwhile. */
typedef void verify_pause(void *user);

/*
 * Check every row in dir: numbers without holes, hashes, filing, and that what is
 * searched is what was recorded. last is the state that the chain must reach, at
 * least; NULL when it is not known. Fills *ret_answer, also on failure.
 */
void verify_run(const char *dir, const struct db_state *last, verify_pause *pause,
		void *user, struct proto_verify *ret_answer);

#endif
