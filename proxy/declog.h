/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * declog - the proxy's records: what was decided, before it is done
 *
 * A request has one record that opens or denies it, and one that closes what was
 * opened. Where a record could not be written, a gap is recorded as soon as the
 * spool takes records again.
 */
#ifndef PROXY_DECLOG_H
#define PROXY_DECLOG_H

#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/reason.h"
#include "lib/spool.h"
#include "proxy/decide.h"

struct declog {
	struct spool *spool;
	uint64_t records; /* written since start */
	uint64_t lost; /* not written since start */
	uint32_t gap; /* of these, not yet recorded as a gap */
};

/* What a request's records have in common. */
struct declog_facts {
	uint64_t conn;
	uint64_t revision;
	struct addr src;
	struct addr dst; /* dialled, or about to be */
	uint16_t src_port;
	uint16_t dst_port;
	struct mac mac;
	char zone[32];
	char device[ID_TEXT_MAX];
	char user[64];
	char rule[64];
	char host[HOST_MAX + 1];
	char method[16];
	char detail[200];
};

struct declog_end {
	enum reason reason;
	uint64_t bytes_up;
	uint64_t bytes_down;
	uint32_t duration_ms;
};

/* Take from a decision what records need. */
void declog_note(struct declog_facts *f, const struct decide_answer *a);

/*
 * Record that a request is let through. Returns 0, or what spool_append()
 * returned: then it must not be let through.
 */
int declog_open(struct declog *d, const struct declog_facts *f,
		enum reason reason) MUST_CHECK;

/* count: how many refusals this stands for. */
void declog_deny(struct declog *d, const struct declog_facts *f, enum reason reason,
		 uint32_t count);
void declog_close(struct declog *d, const struct declog_facts *f,
		  const struct declog_end *end);

/* The daemon's own doings: started, loaded a revision, cut so many connections. */
void declog_service(struct declog *d, uint64_t revision, uint32_t count,
		    const char *detail);

#endif
