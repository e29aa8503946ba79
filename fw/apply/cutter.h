/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cutter - connections of permits that single changes have taken away, ended afterwards
 *
 * Their packets are dropped already. Looking through the kernel's whole table takes
 * longer than a change may, so it is done a moment after the answer, for all at once.
 */
#ifndef FW_APPLY_CUTTER_H
#define FW_APPLY_CUTTER_H

#include <systemd/sd-event.h>

#include "fw/apply/nfnl.h"
#include "fw/apply/txn.h"
#include "lib/attr.h"

/* How many were ended, since the last time. */
typedef void cutter_fn(uint32_t cut, void *user);

struct cutter {
	sd_event_source *source; /* owned */
	struct nfnl *nfnl;
	struct txn_marks owed; /* owned */
	cutter_fn *fn;
	void *user;
};

/* c stays where it is. Returns 0 or -errno. cutter_close() in every case. */
int cutter_open(struct cutter *c, sd_event *event, struct nfnl *nfnl, cutter_fn *fn,
		void *user) MUST_CHECK;

/* What is owed is done now. */
void cutter_close(struct cutter *c);

/* Soon. The marks are taken over; without memory for them it is done now. */
void cutter_add(struct cutter *c, struct txn_marks marks);

#endif
