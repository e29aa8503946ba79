/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * apply - the role of gated that holds CAP_NET_ADMIN
 *
 * It takes the numbered records of request.h from the compile role, checks each
 * again, puts the whole into the kernel as one transaction, and answers. It
 * reads no file, parses no packet and knows no policy.
 */
#ifndef FW_APPLY_APPLY_H
#define FW_APPLY_APPLY_H

#include <systemd/sd-event.h>

#include "lib/attr.h"

struct apply;

/*
 * channel, notes (for what it says unasked): non-blocking SOCK_SEQPACKET sockets;
 * prober: one to the probe role, or -1. They stay the caller's. When it returns 0 the kernel drops what our rules, if it has any
 * yet, do not permit.
 */
int apply_new(sd_event *event, int channel, int notes, int prober,
	      struct apply **ret_apply) MUST_CHECK;

/*
 * A trial ends: what was before is put in again. New flows stop passing; established
 * ones go on under the kernel's timeouts.
 */
void apply_free(struct apply *a);

#endif
