/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record - what happened, as one flat value (level 1)
 *
 * Producers fill a struct record and append its encoding to their spool;
 * recordd stores it. A cleared struct is a valid empty record. Strings are
 * UTF-8 without control characters (record_set_str() sees to that).
 */
#ifndef LIB_RECORD_H
#define LIB_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/reason.h"

#define RECORD_ENCODED_MAX 2048 /* every record fits */

enum record_kind {
	RECORD_FLOW_OPEN = 1, /* firewall: first packet of a permitted connection */
	RECORD_FLOW_CLOSE = 2, /* firewall: its end, with bytes both ways and packets */
	RECORD_FLOW_DENY = 3, /* firewall: a packet was dropped */
	RECORD_PROXY_OPEN =
		4, /* proxy: allowed, written before the origin is contacted */
	RECORD_PROXY_CLOSE =
		5, /* proxy: end of what RECORD_PROXY_OPEN began (same conn) */
	RECORD_PROXY_DENY = 6, /* proxy: refused */
	RECORD_DEVICE_SEEN = 7, /* sensor: unknown device, or a known one elsewhere */
	RECORD_CHANGE =
		8, /* ledger: somebody changed something (user, rule = object, detail) */
	RECORD_READ = 9, /* ledger: somebody read records (user, detail = the question) */
	RECORD_SIGN_IN = 10, /* ledger: sign-in, good or refused (user, detail) */
	RECORD_GAP = 11, /* events were lost: count, detail says where */
	RECORD_SERVICE = 12, /* a daemon started, loaded a revision, cut connections */
	RECORD_PROXY_ALARM =
		13, /* proxy: a ceiling was passed by what goes on (detail: which) */
};

struct record {
	int64_t time_us; /* UTC */
	uint16_t kind; /* enum record_kind */
	uint16_t reason; /* enum reason */
	uint32_t revision; /* the revision in force */
	uint64_t conn; /* joins open and close of one producer; 0: none */
	struct addr src;
	struct addr dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t proto; /* IP protocol number, 0: none */
	struct mac mac; /* of the device, zero: unknown */
	char zone[32]; /* where it came from */
	char device[20]; /* device id, "" unknown */
	char user[64]; /* account, "" none */
	char rule[64]; /* entry, flow, permit or object id that decided */
	char host[256]; /* name asked for */
	char method[16]; /* HTTP method, or CONNECT */
	char detail
		[512]; /* for people and for search; never a secret, never a full URL query */
	uint64_t bytes_up; /* from the device */
	uint64_t bytes_down; /* to the device */
	uint32_t duration_ms;
	/*
	 * Packets or events that this record stands for, 0: one; of RECORD_FLOW_CLOSE the
	 * connection's packets, both ways.
	 */
	uint32_t count;
};

/* "flow-open" and so on; "unknown" for other numbers. */
const char *record_kind_name(uint16_t kind);

/* The number of such a name, or -EINVAL. */
int record_kind_of_name(const char *name) MUST_CHECK;

/* Copy foreign text into a record's string: cut to fit, what is not printable UTF-8 becomes '?'. */
void record_set_str(char *dst, size_t size, const char *src);

/* So many events (more than fit: as many as do) were lost just now; where is for people. */
struct record record_gap(uint64_t count, enum reason reason, const char *where);

/* Encode into dst (RECORD_ENCODED_MAX bytes). Returns the length; it always fits. */
size_t record_encode(const struct record *rec, uint8_t *dst);

/* How something ended that an open record tells of: what its close record says besides. */
struct record_end {
	int64_t time_us;
	uint16_t kind; /* enum record_kind */
	uint16_t reason; /* enum reason */
	uint32_t duration_ms;
	struct addr dst; /* family 0: as in the open record */
	uint64_t bytes_up;
	uint64_t bytes_down;
	const char *detail; /* foreign text; NULL: as in the open record */
};

/*
 * The encoding of open (exactly len bytes of record_encode()) once more, with its end, into
 * dst (RECORD_ENCODED_MAX bytes): a fraction of what decoding and encoding cost. Returns
 * 0, or -EBADMSG when open is no encoding.
 */
int record_encode_end(const uint8_t *open, size_t len, const struct record_end *end,
		      uint8_t *dst, size_t *ret_len) MUST_CHECK;

/* Decode exactly len bytes. Returns 0 or -EBADMSG. */
int record_decode(const uint8_t *data, size_t len, struct record *ret_rec) MUST_CHECK;

#endif
