/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proto - the catalogue of messages between our processes (level 3)
 *
 * This is where the parts meet at run time; docs/ipc.md is the same in words.
 * Structs have fixed-width fields and no implicit padding; senders clear them
 * first. Strings are NUL-terminated; receivers check that with proto_str_ok().
 */
#ifndef LIB_PROTO_H
#define LIB_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PROTO_TEXT_MAX 4096

enum proto_type {
	/* mgmtd or root -> gated, proxyd */
	PROTO_LOAD_REVISION = 1, /* struct proto_load -> PROTO_RESULT */
	/* mgmtd or root -> every daemon */
	PROTO_STATUS = 2, /* empty -> PROTO_STATUS_REPLY */
	/* mgmtd or root -> gated: the ruleset in force as nft text */
	PROTO_SHOW_NFT = 3, /* empty -> PROTO_TEXT ... until .last */
	/* sensord -> mgmtd */
	PROTO_SIGHTING = 4, /* struct proto_sighting, no answer */
	/* mgmtd or root -> recordd */
	PROTO_QUERY = 5, /* struct proto_query -> PROTO_ROW ..., then PROTO_QUERY_END */
	PROTO_VERIFY = 6, /* empty -> PROTO_VERIFY_REPLY */
	/* mgmtd or root -> proxyd: what would be decided? Nothing is dialled or recorded */
	PROTO_DECIDE = 7, /* struct proto_decide -> PROTO_DECIDE_REPLY */
	/* proxyd -> mgmtd: a device asks for a site that was refused to it */
	PROTO_SITE_REQUEST = 8, /* struct proto_site_request -> PROTO_RESULT */
	/* mgmtd or root -> proxyd: what is open, a page at a time */
	PROTO_TUNNELS = 9, /* struct proto_tunnels -> PROTO_TUNNELS_REPLY */
	/* mgmtd or root -> proxyd: end one of them */
	PROTO_CUT = 10, /* struct proto_cut -> PROTO_RESULT */
	/* proxyd -> mgmtd: is this an account's password? */
	PROTO_SIGN_IN = 11, /* struct proto_sign_in -> PROTO_SIGN_IN_REPLY */
	/* mgmtd or root -> proxyd: who was signed in as this is not any more */
	PROTO_SIGN_OUT = 12, /* struct proto_sign_out -> PROTO_RESULT */
	/* mgmtd or root -> gated, proxyd: the revision on trial stays, or goes now */
	PROTO_CONFIRM = 13, /* struct proto_trial -> PROTO_RESULT */
	PROTO_ROLLBACK = 14, /* struct proto_trial -> PROTO_RESULT */
	/* mgmtd or root -> gated, proxyd: everything but management ends */
	PROTO_LOCKDOWN = 15, /* struct proto_lockdown -> PROTO_RESULT */
	/* mgmtd or root -> gated: is what the kernel holds what the policy says? */
	PROTO_PROVE = 16, /* empty -> PROTO_TEXT ... until .last: JSON */
	/* mgmtd or root -> gated: which rule decides about this packet? */
	PROTO_EXPLAIN = 17, /* struct proto_explain -> PROTO_TEXT ... until .last: JSON */
	/* sensord -> mgmtd: something is wrong on a segment, or is over */
	PROTO_EVENT = 18, /* struct proto_event, no answer */
	/* mgmtd or root -> gated: send packets of our own, and see what becomes of them */
	PROTO_PROBE = 19, /* empty -> PROTO_TEXT ... until .last: JSON */
	/* answers */
	PROTO_RESULT = 100,
	PROTO_STATUS_REPLY = 101,
	PROTO_TEXT = 102,
	PROTO_ROW = 103,
	PROTO_QUERY_END = 104,
	PROTO_VERIFY_REPLY = 105,
	PROTO_DECIDE_REPLY = 106,
	PROTO_TUNNELS_REPLY = 107,
	PROTO_SIGN_IN_REPLY = 108,
	/* gated's own channel on fd 3: see fw/apply/request.h, from 200 on */
};

/*
 * On trial: unless PROTO_CONFIRM comes within that time, the daemon goes back to what
 * was in force before, by itself.
 */
struct proto_load {
	uint64_t number;
	uint32_t confirm_s; /* 0: for good; else 10..86400 */
	uint32_t pad;
};

struct proto_trial {
	uint64_t number; /* -ESTALE: this one is not on trial (any more) */
};

struct proto_lockdown {
	uint32_t on;
	uint32_t pad;
	char who[64]; /* login, for the record */
	char reason[256];
};

struct proto_explain { /* the first packet of a connection */
	uint8_t addr_family; /* 4 or 6 */
	uint8_t l4proto;
	uint8_t icmp_type;
	uint8_t pad;
	uint16_t src_port; /* 0: an ephemeral one */
	uint16_t dst_port;
	uint8_t src[16];
	uint8_t dst[16];
	uint8_t mac[6]; /* zero: of a permit for that interface, if there is one */
	uint8_t pad2[2];
	char iifname[16]; /* "": the interface that src belongs to */
};

struct proto_result {
	int32_t code; /* 0, or a negative errno: nothing was changed */
	uint32_t cut; /* live connections that the change ended */
	char text[PROTO_TEXT_MAX]; /* for people: diagnostics, one a line */
};

struct proto_status {
	uint64_t revision; /* in force, 0: none */
	int64_t started_us; /* UTC */
	uint32_t ok; /* 1: does its job and keeps its promises now */
	/* open now: tunnels (proxyd), flows (gated); cards in the table (switchd) */
	uint32_t connections;
	uint64_t records; /* written (producers) or stored (recordd) since start */
	uint64_t lost; /* events lost since start, each on record as a gap */
	uint32_t containing; /* sensord: interfaces on which it contains devices */
	uint32_t contained; /* sensord: devices without a permit there now */
	uint64_t answers; /* sensord: frames sent for that since start */
	char text[512]; /* English, what is wrong; "" when ok */
};

struct proto_text {
	uint32_t last; /* 1: nothing follows */
	uint32_t len;
	char data[PROTO_TEXT_MAX];
};

enum proto_source {
	PROTO_SOURCE_ARP = 1,
	PROTO_SOURCE_DHCP4 = 2,
	PROTO_SOURCE_ND = 3,
	PROTO_SOURCE_DHCP6 = 4,
	PROTO_SOURCE_LLDP = 5,
	PROTO_SOURCE_MDNS = 6, /* and LLMNR */
};

struct proto_sighting {
	int64_t time_us;
	char interface[16];
	uint8_t mac[6];
	uint8_t source; /* enum proto_source */
	uint8_t addr_family; /* 0, 4 or 6 */
	uint8_t addr[16];
	char name[64]; /* host name the device gave itself, "" none */
};

enum proto_event_state {
	PROTO_EVENT_RAISED = 1,
	PROTO_EVENT_CLOSED = 2,
};

/* Raised once per change of state, and closed when it is over; equal key, equal event. */
struct proto_event {
	int64_t time_us;
	uint16_t kind; /* enum event_kind */
	uint8_t state; /* enum proto_event_state */
	uint8_t addr_family; /* 0, 4 or 6 */
	uint32_t count; /* frames behind it */
	char interface[16]; /* where it is seen */
	char other_interface[16]; /* where it was before, "" */
	uint8_t mac[6]; /* who does it */
	uint8_t other_mac[6]; /* whose address or role it takes; zero: none */
	uint8_t pad[4];
	uint8_t addr[16];
	char detail[128]; /* printable UTF-8: a name, a fingerprint */
};

#define PROTO_QUERY_LIMIT_MAX 10000

struct proto_query {
	int64_t from_us; /* inclusive */
	int64_t to_us; /* exclusive; 0: now */
	uint64_t after_id; /* go on after this row, in the order asked for; 0: all */
	uint32_t limit; /* 1..PROTO_QUERY_LIMIT_MAX */
	uint32_t newest_first; /* 1: descending */
	uint32_t kinds; /* bit (1 << kind) for each kind wanted; 0: all */
	uint32_t reason; /* 0: any */
	uint8_t mac[8]; /* 6 bytes used; zero: any */
	uint8_t addr_family; /* source or destination; 0: any */
	uint8_t pad[7];
	uint8_t addr[16];
	char zone[32];
	char device[24];
	char user[64];
	char rule[64];
	char host[256]; /* exact, or ".suffix" */
	char text[128]; /* anywhere in host, user, rule, detail */
};

struct proto_row {
	uint64_t id; /* recordd's number: YYYYMM * 10^12 + row of that month */
	uint32_t len;
	uint32_t pad;
	uint8_t record[2048]; /* record_encode() */
};

struct proto_query_end {
	int32_t code; /* 0 or a negative errno */
	uint32_t more; /* 1: the limit cut the answer */
	uint32_t behind; /* 1: there are records that are not stored yet */
	uint32_t pad;
	int64_t until_us; /* behind: older ones are stored; 0: nobody knows until when */
};

struct proto_verify {
	int32_t code; /* 0: chain whole; -EBADMSG: broken; other: could not check */
	uint32_t pad;
	uint64_t checked;
	uint64_t bad_id; /* first row that does not fit, 0: none */
	char head[64 + 8]; /* hex of the chain's head */
	char text[256];
};

enum proto_scheme {
	PROTO_SCHEME_HTTP = 1, /* a plain request */
	PROTO_SCHEME_HTTPS = 2, /* CONNECT, with the host as its TLS name */
};

/*
 * The client is known by its address and its permit's mark. Without an address
 * (family 0) it is one of zone: with that mark, or with 0 one that is admitted with
 * the zone's rights and is in no group.
 */
struct proto_decide {
	int64_t time_s; /* UTC, what schedules and ends are compared with; 0: now */
	uint32_t mark; /* its permit, revision_permit_mark(); 0: none */
	uint16_t port;
	uint8_t scheme; /* enum proto_scheme */
	uint8_t addr_family; /* 4 or 6; 0: see zone */
	uint8_t addr[16];
	char zone[32]; /* name; used only when addr_family is 0 */
	char user[64]; /* signed in at the proxy, "" nobody */
	char method[16]; /* "GET"; ignored for PROTO_SCHEME_HTTPS, as path is */
	char host[256]; /* normalised name, or an address as text */
	char path[1024]; /* with its "?...", begins with "/" */
};

struct proto_decide_reply {
	int32_t code; /* 0; -EINVAL: not a question; -ENOENT: no such zone */
	uint32_t allowed;
	uint16_t reason; /* enum reason; REASON_WOULD_DENY is allowed */
	uint16_t would; /* with REASON_WOULD_DENY: why it would be denied, else 0 */
	uint32_t pad;
	uint64_t revision; /* that decided; 0: none is loaded */
	char rule[64]; /* entry or permit that decided, or that comes nearest; "" none */
	char list[24]; /* the entry's list, or the one that observes; "" none */
	char zone[32]; /* of the client, "" unknown */
	char text[256]; /* English, for people, what no number says; "" nothing */
};

/*
 * PROTO_RESULT's code: 0 filed, -EEXIST the same waits or is permitted already,
 * -EDQUOT the device has too many open, -EINVAL contents, others: not filed.
 */
struct proto_site_request {
	uint64_t reference; /* of the refusal: its record's conn */
	uint16_t port;
	uint8_t addr_family; /* 4 or 6: the device's */
	uint8_t pad[5];
	uint8_t addr[16];
	char device[24]; /* "" where nobody needs a permit */
	char user[64]; /* signed in at the proxy, "" nobody */
	char zone[32];
	char host[256]; /* normalised name, or an address as text */
	char purpose[408]; /* printable UTF-8, from the form */
};

#define PROTO_TUNNELS_MAX 14 /* in one answer */

enum proto_tunnel_state {
	PROTO_TUNNEL_OPENING = 1, /* name, record, connection */
	PROTO_TUNNEL_HELLO = 2, /* the client's TLS hello is awaited */
	PROTO_TUNNEL_RELAY = 3, /* bytes both ways */
	PROTO_TUNNEL_EXCHANGE = 4, /* a plain request and its response */
};

struct proto_tunnels {
	uint64_t after; /* rows behind this conn; 0: from the first on */
};

struct proto_tunnel {
	uint64_t conn; /* as in its records */
	uint64_t bytes_up; /* from the device */
	uint64_t bytes_down;
	int64_t opened_us; /* UTC */
	uint32_t idle_ms; /* since the last byte */
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t state; /* enum proto_tunnel_state */
	uint8_t transparent; /* 1: the device does not know of the proxy */
	uint8_t src_family; /* 4 or 6 */
	uint8_t dst_family; /* 0: not connected yet */
	uint8_t src[16];
	uint8_t dst[16];
	char zone[32];
	char device[24]; /* id, "" unknown */
	char user[64];
	char rule[64]; /* entry or permit that allows it */
	char host[256];
	char method[16];
	uint32_t pad;
};

struct proto_tunnels_reply {
	uint32_t count;
	uint32_t more; /* 1: there are others behind the last row */
	struct proto_tunnel row[PROTO_TUNNELS_MAX]; /* by conn, ascending */
};

struct proto_cut {
	uint64_t conn;
	char who[64]; /* login, for the record */
};

#define PROTO_SIGN_IN_MAX 128 /* bytes of a login, and of a password */

enum proto_verdict {
	PROTO_VERDICT_OK = 1,
	PROTO_VERDICT_REFUSED = 2, /* no such account, wrong password, or disabled */
	PROTO_VERDICT_LOCKED = 3, /* too many failures with this login */
	PROTO_VERDICT_MUST_CHANGE = 4, /* right, but a first password */
};

/* Senders and receivers wipe it after use. */
struct proto_sign_in {
	uint8_t addr_family; /* 4 or 6: where the request comes from */
	uint8_t pad[7];
	uint8_t addr[16];
	char zone[32];
	char login[PROTO_SIGN_IN_MAX + 8]; /* printable UTF-8 */
	char password[PROTO_SIGN_IN_MAX + 8];
};

struct proto_sign_in_reply {
	int32_t code; /* 0, or a negative errno: nothing was found out */
	uint32_t verdict; /* enum proto_verdict */
	uint32_t keep_s; /* how long the verdict may be kept */
	uint32_t pad;
	char login[64]; /* as the ledger has it; "" unless it is good */
};

/* PROTO_RESULT's cut: connections that ended. */
struct proto_sign_out {
	char login[64]; /* "": everybody */
};

/* Is the array a terminated string? */
static inline bool proto_str_ok(const char *s, size_t size)
{
	return memchr(s, '\0', size) != NULL;
}

#endif
