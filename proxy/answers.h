/* SPDX-License-Identifier: GPL-3.0-or-later */
/* answers - what proxyd answers to questions of mgmtd (pure) */
#ifndef PROXY_ANSWERS_H
#define PROXY_ANSWERS_H

#include <stdint.h>

#include "lib/attr.h"
#include "lib/proto.h"
#include "proxy/snapshot.h"

/*
 * What decide() says to the question in m. Nothing is dialled or recorded. snap may be
 * NULL. now_s is the time (UTC) when m names none. What is wrong with the contents is
 * in the reply's code; returns 0, or -EBADMSG for what none of ours sends.
 */
int answers_decide(const struct snapshot *snap, const struct proto_decide *m,
		   int64_t now_s, struct proto_decide_reply *ret_reply) MUST_CHECK;

#endif
