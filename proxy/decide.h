/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decide - may this client have this destination now?
 *
 * The one place where that is decided: for a new request, and again for every
 * open one when the revision changes or a permit's time is over. Pure.
 */
#ifndef PROXY_DECIDE_H
#define PROXY_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/reason.h"
#include "proxy/snapshot.h"

struct decide_question {
	struct addr src;
	uint32_t mark; /* what the kernel put on the connection: its permit */
	int64_t now_s; /* UTC */
	const char *host; /* normalised; NULL asks for the client alone */
	bool literal; /* the host is an address, not a name */
	uint16_t port;
};

/* Pointers are into the snapshot, or constant. */
struct decide_answer {
	bool allowed;
	bool expired; /* refused because the permit's time is over */
	enum reason reason; /* REASON_ENTRY or REASON_APPROVED when allowed */
	uint64_t revision; /* 0: no policy */
	const char *zone; /* name, "" unknown */
	const char *rule; /* entry or permit that decided, "" none */
	const struct revision_permit *permit; /* NULL: none */
};

/* snap may be NULL: nothing is allowed then. */
struct decide_answer decide(const struct snapshot *snap, const struct decide_question *q);

#endif
