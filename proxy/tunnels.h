/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tunnels - what is open now, for people: a list in pages, and an end on demand
 *
 * For the control thread. Every worker is asked in turn, in its own thread.
 */
#ifndef PROXY_TUNNELS_H
#define PROXY_TUNNELS_H

#include <stdint.h>

#include "lib/attr.h"
#include "lib/proto.h"
#include "proxy/engine.h"

/* The open connections that come next behind the number after, in their order. */
void tunnels_list(struct engine *e, uint64_t after, struct proto_tunnels_reply *ret);

/*
 * End the connection with that number, on record as cut by who. Returns 0, or
 * -ENOENT: there is none (any more).
 */
int tunnels_cut(struct engine *e, uint64_t id, const char *who) MUST_CHECK;

#endif
