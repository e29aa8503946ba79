/* SPDX-License-Identifier: GPL-3.0-or-later */
/* load - a revision and its allowlist from the folder of revisions, as a snapshot */
#ifndef PROXY_LOAD_H
#define PROXY_LOAD_H

#include <stdint.h>

#include "lib/attr.h"
#include "lib/proto.h"
#include "proxy/snapshot.h"

/*
 * Revision number (0: current). base, which may be NULL, is the snapshot in force: what
 * a small revision stands on is not read again. Returns 0, or a negative errno and why.
 */
int load_snapshot(const char *folder, uint64_t number, struct snapshot *base,
		  struct snapshot **ret_snap, char text[PROTO_TEXT_MAX]) MUST_CHECK;

#endif
