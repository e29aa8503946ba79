/* SPDX-License-Identifier: GPL-3.0-or-later */
/* machine - what a plan has to know about this machine, now */
#ifndef FW_PROBE_MACHINE_H
#define FW_PROBE_MACHINE_H

#include "fw/probe/plan.h"

struct machine {
	struct plan_site plan;
	struct plan_interface *interface; /* owned; plan points to it */
};

/* Returns 0 or a negative errno; machine_clear() in every case. */
int machine_read(struct machine *ret) MUST_CHECK;
void machine_clear(struct machine *s);

#endif
