/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decide - may this client have this destination now?
 *
 * The one place where that is decided: for a new request, and again for every
 * open one when the revision changes, a permit's or an entry's time is over, or a
 * list opens or closes. Pure: reads the snapshot only, from any thread.
 */
#ifndef PROXY_DECIDE_H
#define PROXY_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/id.h"
#include "lib/reason.h"
#include "proxy/snapshot.h"

enum decide_scheme {
	DECIDE_HTTP, /* a plain HTTP request */
	DECIDE_CONNECT, /* a tunnel for TLS */
};

struct decide_question {
	struct addr src;
	uint32_t mark; /* what the kernel put on the connection: its permit */
	int64_t now_s; /* UTC */
	const char *host; /* normalised; NULL asks for the client alone */
	bool literal; /* the host is an address, not a name */
	uint16_t port;
	enum decide_scheme scheme;
	const char *path; /* DECIDE_HTTP: from '/' on, with the query; NULL unknown */
	const char *method; /* DECIDE_HTTP; NULL unknown */
	const char *user; /* signed in at the proxy; NULL or "" nobody */
	/*
	 * Not about a connection: what would a client of this zone get? src does not
	 * count then, and mark 0 is one that is admitted and in no group.
	 */
	const struct policy_zone *as_zone; /* of snap's policy; NULL: by src */
};

/* Pointers are into the snapshot, or constant. */
struct decide_answer {
	bool allowed;
	bool expired; /* refused because the permit's time is over */
	/*
	 * Allowed only because a list observes: reason is REASON_WOULD_DENY, and
	 * hidden is why it would have been refused.
	 */
	bool observed;
	bool tls_any; /* the entry asks for no look at the TLS name */
	/*
	 * An entry names this very address: it may be dialled though it is not public.
	 * Never the gateway's own: who dials checks that.
	 */
	bool named_address;
	/* allowed: REASON_ENTRY, REASON_APPROVED or REASON_WOULD_DENY */
	enum reason reason;
	enum reason hidden; /* REASON_NONE unless observed */
	uint64_t revision; /* 0: no policy */
	const char *zone; /* name, "" unknown */
	char rule[ID_TEXT_MAX]; /* entry or permit that decided, "" none */
	const char
		*list; /* id of the entry's list, or of the list that observes; "" none */
	const struct revision_permit *permit; /* NULL: none */
	/*
	 * When permit or entry ends (UTC), 0 never: ask again then. For lists see
	 * decide_next_change().
	 */
	int64_t until;
};

/* snap may be NULL: nothing is allowed then. */
struct decide_answer decide(const struct snapshot *snap, const struct decide_question *q);

/* In how many seconds to ask again about everything open, because a list opens or closes. */
int64_t decide_next_change(const struct snapshot *snap, int64_t now_s);

#endif
