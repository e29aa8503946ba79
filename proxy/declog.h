/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * declog - the proxy's records: what was decided, before it is done
 *
 * A request has one record that opens or denies it, and one that closes what was
 * opened. A worker gathers the records of a round and writes them together; what
 * they open goes on only when that has succeeded. Where records could not be
 * written, a gap is recorded as soon as the spool takes records again.
 */
#ifndef PROXY_DECLOG_H
#define PROXY_DECLOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/host.h"
#include "lib/id.h"
#include "lib/reason.h"
#include "lib/spool.h"
#include "proxy/decide.h"

/* The process's one spool, for all its workers. */
struct declog_sink {
	pthread_mutex_t lock;
	struct spool *spool;
	uint64_t records; /* written since start */
	uint64_t lost; /* not written since start */
	uint64_t errors; /* of the spool, since start */
	uint32_t gap; /* of these, not yet recorded as a gap */
};

struct declog {
	struct declog_sink *sink;
	struct spool_batch batch;
	uint32_t opens; /* records in it that open something */
	uint32_t dropped; /* there was no memory to add them */
	int error; /* of what had to be written before declog_flush() */
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
	bool signed_in; /* user is who signed in, not whom the permit was given to */
	char rule[64];
	char host[HOST_MAX + 1];
	char method[16];
	char detail[300];
};

/* An open record as it was written: what its close record repeats. */
struct declog_ticket {
	uint16_t len;
	uint8_t record[]; /* record_encode() */
};

struct declog_end {
	enum reason reason;
	struct addr dst; /* family 0: as in the open record */
	uint64_t bytes_up;
	uint64_t bytes_down;
	uint32_t duration_ms;
	const char *detail; /* NULL: as in the open record */
};

/* Take from a decision what records need. */
void declog_note(struct declog_facts *f, const struct decide_answer *a);

/*
 * Record that a request is let through, once declog_flush() says so. The ticket is
 * the caller's, to be freed. Returns 0 or -ENOMEM: then it must not be let through.
 */
int declog_open(struct declog *d, const struct declog_facts *f, enum reason reason,
		int64_t now_us, struct declog_ticket **ret_ticket) MUST_CHECK;

/* count: how many refusals this stands for. */
void declog_deny(struct declog *d, const struct declog_facts *f, enum reason reason,
		 uint32_t count, int64_t now_us);

/* What goes on has passed a ceiling, with bytes up; the facts' detail says which. */
void declog_alarm(struct declog *d, const struct declog_facts *f, uint64_t bytes_up,
		  int64_t now_us);

/* The open record once more, with how it ended. */
void declog_close(struct declog *d, const struct declog_ticket *t,
		  const struct declog_end *end, int64_t now_us);

/* The facts of a ticket, for asking again whether it is allowed. */
void declog_facts_of(const struct declog_ticket *t, struct declog_facts *ret_facts);

/*
 * Write what was gathered. Returns 0, or a negative errno: then not all of it is in
 * the spool, and what was opened since the last call must not go on.
 */
int declog_flush(struct declog *d) MUST_CHECK;

void declog_clear(struct declog *d);

/* The daemon's own doings, from the control thread, written at once. */
void declog_service(struct declog_sink *sink, uint64_t revision, uint32_t count,
		    const char *detail);

#endif
