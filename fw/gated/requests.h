/* SPDX-License-Identifier: GPL-3.0-or-later */
/* requests - what may be asked over the control socket (docs/ipc.md) */
#ifndef FW_GATED_REQUESTS_H
#define FW_GATED_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ipc.h"

/* For ipc_server_new(), with a struct gate. */
extern const struct ipc_permit requests_permits[];
extern const size_t requests_count;

struct gate;

/* Answer a peer (ipc_peer_id()) in PROTO_TEXT, as many as it takes. -ENOENT: it is gone. */
int requests_answer_text(struct gate *g, uint64_t peer, const char *text,
			 size_t len) MUST_CHECK;

#endif
