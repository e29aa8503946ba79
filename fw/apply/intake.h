/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * intake - records of the compile role, put together to a ruleset or a change (pure)
 *
 * Each record is checked again. One that is refused spoils the whole.
 */
#ifndef FW_APPLY_INTAKE_H
#define FW_APPLY_INTAKE_H

#include "fw/apply/change.h"
#include "fw/apply/request.h"
#include "fw/compile/ruleset.h"

struct intake { /* zero: nothing is being received */
	struct ruleset *next; /* being received, or NULL; owned */
	struct fw_begin expect;
	bool changing; /* what is being received is a change */
	struct change change; /* owned */
	struct fw_change announced;
	int refused; /* sticky for what is being received */
	struct fw_result why;
};

/* Take one message, of one record or several alike. Returns whether it is one for here. */
bool intake_take(struct intake *in, uint16_t type, const void *payload, size_t len);

/* All was sent. Returns 0, or why it is not acceptable, with *ret_why. */
int intake_end(struct intake *in, struct fw_result *ret_why) MUST_CHECK;

/* What was received, so far as nobody has taken it over, is freed. */
void intake_forget(struct intake *in);

#endif
