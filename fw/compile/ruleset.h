/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ruleset - the firewall as numbered records of fixed size
 *
 * The compiler makes it, the printer shows it as nft text, and the apply role
 * takes its records one by one over a channel and turns them into expressions. A
 * rule is a set of matches in one fixed order, at most one log statement, at
 * most one statement for each mark, and a verdict. Zero means "not there".
 *
 * What a rule is there for stands in its comment, which the kernel keeps as user
 * data: FW_COMMENT_FLOW and the flow's id, or FW_COMMENT_SYSTEM and a name of ours.
 * The id is the policy's and stays when rules move; counters are read by it.
 *
 * Everything lives in the table "inet sekisho": base chains that are never deleted,
 * chains that are replaced with the rules, and three sets:
 *
 *     permits    map interface . MAC -> mark, with the permits' timeouts
 *     live       set of marks whose connections may go on, same timeouts
 *     limited-N  set of marks of permits for the policy's flow N that are limited to it
 *                and others, same timeouts; for flows that such a permit names
 *     recording  the protocols (IPv4, IPv6) whose new flows can be recorded now
 *
 * When a zone has ports there is the table "bridge sekisho" besides, whose rules are
 * always the same; what changes are its sets:
 *
 *     permits     map port . MAC -> mark, with the permits' timeouts
 *     neighbours  ports with a device that has the zone's rights: what its neighbours
 *                 send to all goes there
 *     listening   ports with an admitted device: what the gateway sends to all goes there
 *     free-ports  ports of zones without admission
 *     quarantine  cards that get nothing there either
 */
#ifndef FW_COMPILE_RULESET_H
#define FW_COMPILE_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/attr.h"
#include "lib/revision.h"

#define FW_TABLE          "sekisho"
#define FW_SET_PERMITS    "permits"
#define FW_SET_PERMITS4   "permits4" /* those that are bound to an address */
#define FW_SET_PERMITS6   "permits6"
#define FW_SET_BOUND6     "bound6" /* cards of permits6: they look for neighbours */
#define FW_SET_PEERS4     "peers4" /* interface . address -> mark, behind a VPN */
#define FW_SET_PEERS6     "peers6"
#define FW_SET_QUARANTINE "quarantine"
#define FW_SET_LIVE       "live"
#define FW_SET_RECORDING  "recording"
#define FW_SET_LIMITED    "limited-" /* then a flow's number */
#define FW_SET_NAME_MAX   16 /* of these */

#define FW_BRIDGE_SET_NEIGHBOURS "neighbours"
#define FW_BRIDGE_SET_LISTENING  "listening"
#define FW_BRIDGE_SET_FREE       "free-ports"
#define FW_BRIDGE_LOG_PREFIX     "d:not-admitted" /* lib/reason.h has these names */
#define FW_BRIDGE_LOG_QUARANTINE "d:quarantined"

#define FW_CHAINS_MAX 16384
#define FW_RULES_MAX  65536
#define FW_PORTS_MAX  (POLICY_ZONES_MAX * POLICY_PORTS_MAX)
/* one for each card, of a bridged zone two, and each port has two more */
#define FW_PERMITS_MAX    (2 * REVISION_PERMITS_MAX + 2 * FW_PORTS_MAX)
#define FW_QUARANTINE_MAX REVISION_QUARANTINE_MAX
#define FW_IFNAME_MAX     16
#define FW_CHAIN_NAME_MAX 48
#define FW_PREFIX_MAX     48
#define FW_COMMENT_MAX    48
#define FW_UNTIL_MAX      253402300799 /* the year 9999 */
#define FW_TIME_MAX       9223372036 /* the kernel's clock in nanoseconds: the year 2262 */

/* Marks that are no permit's: their classes are outside those of lib/revision.h. */
#define FW_MARK_CLASS  0xff000000u
#define FW_MARK_LESSER 0xfe000000u /* of REVISION_MARK_RESTRICTED and _LIMITED at once */
#define FW_MARK_ZONE   0x0f000000u /* devices of a zone without admission */
#define FW_MARK_PROXY  0x0e000000u /* connections that the proxy opens */
#define FW_MARK_GATEWAY \
	0x0d000000u /* other connections of this machine: clock, logs, mail */

#define FW_COMMENT_FLOW   "flow:"
#define FW_COMMENT_SYSTEM "sys:"

#define FW_LOG_DENY        1 /* NFLOG groups */
#define FW_LOG_OPEN        2
#define FW_LOG_OPEN_PREFIX "o:" /* then the flow's id */
#define FW_LOG_DENY_PREFIX "d:" /* then the reason's name */

enum fw_base_chain {
	FW_CHAIN_INPUT = 0,
	FW_CHAIN_FORWARD = 1,
	FW_CHAIN_OUTPUT = 2,
	/* nat; only there when something is redirected, published or masqueraded */
	FW_CHAIN_PREROUTING = 3,
	FW_CHAIN_POSTROUTING = 4,
	FW_CHAIN_FIRST_FREE = 5,
};

enum fw_ct_state { /* bits */
		   FW_CT_NEW = 1 << 0,
		   FW_CT_ESTABLISHED = 1 << 1,
		   FW_CT_RELATED = 1 << 2,
		   FW_CT_ALL = 7,
};

enum fw_ct_direction {
	FW_DIR_ANY = 0,
	FW_DIR_ORIGINAL = 1,
	FW_DIR_REPLY = 2,
};

enum fw_lookup {
	FW_LOOKUP_NONE = 0,
	FW_LOOKUP_LIVE = 1, /* ct mark @live */
	FW_LOOKUP_RECORDING = 2, /* meta nfproto @recording */
	FW_LOOKUP_QUARANTINE = 3, /* ether saddr @quarantine */
	FW_LOOKUP_LIMITED = 4, /* meta mark @limited-N, N: rule.flow */
};

enum fw_set_mark { /* a bit each, one for meta mark, one for ct mark at most */
		   FW_SET_META_CONST = 1 << 0,
		   FW_SET_META_PERMIT = 1 << 1, /* from the map; no entry ends the rule */
		   FW_SET_CT_CONST = 1 << 2,
		   FW_SET_CT_META = 1 << 3,
		   FW_SET_META_ADDRESS =
			   1 << 4, /* from permits4 or permits6; needs a family */
		   FW_SET_META_BOUND = 1 << 5, /* from bound6 */
		   FW_SET_META_PEER = 1 << 6, /* from peers4 or peers6; needs a family */
};

enum fw_verdict {
	FW_VERDICT_NONE = 0,
	FW_VERDICT_ACCEPT,
	FW_VERDICT_DROP,
	FW_VERDICT_RETURN,
	FW_VERDICT_JUMP,
	FW_VERDICT_GOTO,
	FW_VERDICT_REDIRECT, /* to a port of this machine; from FW_CHAIN_PREROUTING only */
	FW_VERDICT_DNAT, /* to rule.nat; likewise */
	FW_VERDICT_MASQUERADE, /* from FW_CHAIN_POSTROUTING only */
};

enum fw_counter { /* of packets and bytes */
		  FW_COUNTER_NONE = 0,
		  FW_COUNTER_RULE = 1, /* begins at 0 with every load */
		  FW_COUNTER_FLOW =
			  2, /* the flow's, which goes on; needs FW_COMMENT_FLOW */
};

enum fw_meter { /* adds the source address to a set of the slot's; too much ends the rule */
		FW_METER_NONE = 0,
		FW_METER_RATE = 1, /* packets a second: @rate4-SLOT or @rate6-SLOT */
		FW_METER_COUNT =
			2, /* connections at a time: @count4-SLOT, @count6-SLOT */
};

#define FW_METER_SLOTS     64 /* a zone each */
#define FW_METER_MAX       100000
#define FW_METER_SIZE      16384 /* sources; a full set ends the rule too */
#define FW_METER_TIMEOUT_S 60 /* of a source that is not seen any more; @rate only */
#define FW_METER_NAME_MAX  16

#define FW_COUNTER_NAME_MAX (FW_COMMENT_MAX + 1)

enum fw_match { /* bits: matches whose zero is a value */
		FW_MATCH_ICMP_TYPE = 1 << 0,
		FW_MATCH_SKUID = 1 << 1,
		FW_MATCH_MARK = 1 << 2,
		FW_MATCH_CT_MARK = 1 << 3,
		FW_MATCH_LOCAL = 1 << 4, /* to an address of this machine */
		FW_MATCH_WAY_BACK = 1 << 5, /* answers would leave where it came in */
};

struct fw_rule {
	uint32_t number; /* from 0, in order; errors are about it */
	uint32_t chain;
	uint32_t target; /* a chain for jump and goto, a port for redirect */
	uint32_t match; /* enum fw_match bits */
	char iifname[FW_IFNAME_MAX];
	char oifname[FW_IFNAME_MAX];
	uint8_t family; /* 4 or 6 when there is an address or an icmp type */
	uint8_t has_saddr;
	uint8_t saddr_len;
	uint8_t has_daddr;
	uint8_t daddr_len;
	uint8_t l4proto;
	uint8_t icmp_type;
	uint8_t hoplimit;
	uint8_t saddr[16];
	uint8_t daddr[16];
	uint16_t dport_min; /* 0: any */
	uint16_t dport_max;
	uint8_t ct_state; /* enum fw_ct_state bits */
	uint8_t ct_direction; /* enum fw_ct_direction */
	uint8_t lookup; /* enum fw_lookup */
	uint8_t set_mark; /* enum fw_set_mark bits */
	uint32_t skuid;
	uint32_t mark_value;
	uint32_t mark_mask;
	uint32_t ct_mark;
	uint32_t new_mark;
	uint32_t limit; /* packets a second, 0: none */
	uint16_t log_group;
	uint8_t verdict; /* enum fw_verdict */
	uint8_t counter; /* enum fw_counter */
	uint16_t sport_min; /* 0: any; beside or instead of dport */
	uint16_t sport_max;
	char log_prefix[FW_PREFIX_MAX];
	char comment[FW_COMMENT_MAX];
	uint8_t nat[16]; /* of rule.family */
	uint32_t ceiling; /* of the meter */
	uint8_t meter; /* enum fw_meter; needs a family */
	uint8_t slot;
	uint16_t flow; /* of FW_LOOKUP_LIMITED; else 0 */
	int64_t until; /* seconds UTC: matches before that; 0: no end */
};

struct fw_chain {
	uint32_t id; /* from FW_CHAIN_FIRST_FREE, in order */
	char name[FW_CHAIN_NAME_MAX];
};

/*
 * What a card of a permit puts into the kernel. In a routed zone one record,
 * FW_PERMIT_ROUTED: an element of the map @permits, or with an address of @permits4 or
 * @permits6 (and @bound6), and one of @live, which a permit's cards have in common. In
 * a bridged zone FW_PERMIT_PORT for its port and FW_PERMIT_BRIDGE for the bridge, by which its packets come to be routed;
 * of a card with permits at two ports the latter is one of them (bridge.c). Ports have
 * records of their own, which end with their last permit. A permit that is limited to
 * flows has a record for each besides.
 */
enum fw_permit_kind {
	FW_PERMIT_ROUTED = 0,
	FW_PERMIT_BRIDGE = 1, /* like FW_PERMIT_ROUTED, made from others */
	FW_PERMIT_PORT = 2, /* an element of the bridge table's map */
	FW_PERMIT_NEIGHBOURS = 3, /* of that set there; neither mac nor mark */
	FW_PERMIT_LISTENING = 4, /* likewise */
	FW_PERMIT_FLOW = 5, /* its mark in the set of a flow; no card */
	FW_PERMIT_PEER = 6, /* of @peers4 or @peers6, and one of @live; no card */
};

struct fw_permit {
	char iifname[FW_IFNAME_MAX];
	uint8_t mac[6];
	uint8_t kind; /* enum fw_permit_kind */
	uint8_t family; /* of the address; 0: any address */
	uint32_t mark;
	uint16_t flow; /* of FW_PERMIT_FLOW; else 0 */
	uint16_t pad2;
	int64_t until; /* seconds UTC, 0: no end */
	uint8_t address[16];
};

struct fw_card { /* in quarantine */
	uint8_t mac[6];
	uint8_t pad[2];
};

/* Into "permits" and "live" of the table inet; the others are the bridge table's. */
static inline bool fw_permit_is_inet(const struct fw_permit *p)
{
	return p->kind <= FW_PERMIT_BRIDGE || p->kind == FW_PERMIT_PEER;
}

/* A port of a bridged zone. Frames of ports that are not named pass no bridge. */
struct fw_port {
	char name[FW_IFNAME_MAX];
	char bridge[FW_IFNAME_MAX];
	uint8_t free; /* 1: of a zone without admission */
	uint8_t locked; /* 1: the kernel's port lock, with entries for admitted cards */
	uint8_t pad[2];
};

struct ruleset {
	uint64_t revision;
	/*
	 * The second in which compiling again gives other rules, because a flow begins,
	 * ends, opens or closes; INT64_MAX: never. The kernel itself stops what ends;
	 * what begins has to be compiled.
	 */
	int64_t next_change;
	struct fw_chain *chain;
	size_t chain_count;
	struct fw_rule *rule;
	size_t rule_count;
	/* The second in which a permit begins; INT64_MAX: none. */
	int64_t next_permit;
	struct fw_permit *
		permit; /* by the permits' numbers (ports': 0); a permit's cards together */
	size_t permit_count;
	struct fw_port *port; /* none: there is no bridge table */
	size_t port_count;
	struct fw_card *quarantine; /* ascending */
	size_t quarantine_count;
};

struct inventory_account {
	char name[32];
	uint32_t uid;
};

/* What the compiler has to know about the machine. */
struct inventory {
	const char (*interface)[FW_IFNAME_MAX];
	size_t interface_count;
	const struct policy *known; /* what it names need not exist; or NULL */
	const struct inventory_account *account; /* those that the policy names */
	size_t account_count;
	uint32_t uid_proxy;
	uint32_t uid_management; /* of mgmtd, which sends logs and mail */
	int64_t now; /* seconds UTC: permits and flows that are over are left out */
};

/*
 * Compile. Pure: no I/O, no clock. Returns 0, -EINVAL (see diags: an interface
 * that does not exist, a flow against an assertion, too many rules) or -ENOMEM.
 */
int ruleset_compile(const struct revision *rev, const struct inventory *inv,
		    struct ruleset **ret_ruleset, struct diags *diags) MUST_CHECK;
void ruleset_free(struct ruleset *rs);

/*
 * The part of it that permits and the quarantine make: the elements in force at now,
 * and next_permit. In nothing else do two revisions differ that rest on the same full
 * one. rs has none of it yet. Returns 0, -E2BIG or -ENOMEM.
 */
int ruleset_compile_permits(struct ruleset *rs, const struct revision *rev,
			    int64_t now) MUST_CHECK;

/* Are there rules and sets of rs for all the flows that permits are limited to? */
bool ruleset_has_flows(const struct ruleset *rs, const struct fw_permit *permit,
		       size_t count);

/* By flow: is there a set "limited-N"? has: room for POLICY_FLOWS_MAX. */
void ruleset_flow_sets(const struct ruleset *rs, bool *has);
void ruleset_flow_set_name(uint16_t flow, char dst[FW_SET_NAME_MAX]);

/* Where one permit's elements end that begin at from. */
static inline size_t ruleset_permit_end(const struct fw_permit *p, size_t count,
					size_t from)
{
	size_t i = from + 1;

	while (i < count && p[i].mark == p[from].mark)
		i++;
	return i;
}

/*
 * The whole ruleset as text that nft 1.0.6 accepts. Timeouts are what is left at
 * now; permits that are over are left out. Returns 0 or -ENOMEM (nothing printed).
 */
int ruleset_print(const struct ruleset *rs, int64_t now, FILE *out) MUST_CHECK;

/* One rule as nft text without a line end; chain names come from rs. */
void ruleset_print_rule(const struct ruleset *rs, const struct fw_rule *r, FILE *out);

/*
 * "input" or the name of a chain of rs (which base chains do not need); "?" when
 * there is no such chain.
 */
const char *ruleset_chain_name(const struct ruleset *rs, uint32_t id);

/* The counter of a rule with FW_COUNTER_FLOW: "flow-ID". An id alone may be a word of nft. */
void ruleset_counter_name(const struct fw_rule *r, char dst[FW_COUNTER_NAME_MAX]);

/*
 * The next rule from *at on whose flow's counter has not just been named; *at is then
 * behind it. NULL: no more.
 */
const struct fw_rule *ruleset_next_counter(const struct ruleset *rs, size_t *at);

/* The set of a rule's meter: "rate4-7". */
void ruleset_meter_name(const struct fw_rule *r, char dst[FW_METER_NAME_MAX]);

/* The bridge table, in the same manner; nothing when there are no ports. */
void ruleset_print_bridge(const struct ruleset *rs, int64_t now, FILE *out);

/* Does a chain have rules? A base chain without any is left out where it may be. */
bool ruleset_has_rules(const struct ruleset *rs, uint32_t chain);

#endif
