/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * model - the ruleset that the kernel holds, as predicates over packets
 *
 * What decode.c makes of netlink messages and what the engine reasons about. It
 * shares nothing with fw/compile: a mistake there must not be repeated here. A rule
 * is a list of steps in the order in which the kernel takes them; a step that does
 * not match ends the rule. Whatever cannot be expressed is a STEP_UNKNOWN, and a
 * ruleset that has one on a way that a packet can take is not proved.
 */
#ifndef FW_VERIFY_MODEL_H
#define FW_VERIFY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct num { /* an unsigned number of up to 128 bits */
	uint64_t hi;
	uint64_t lo;
};

/* The fields of a packet, and their greatest values. */
enum field {
	FIELD_FAMILY, /* 4 or 6 */
	FIELD_IIF, /* index into model.name; NAME_OTHER: any other; NAME_NONE: sent here */
	FIELD_OIF, /* likewise; NAME_NONE: received for this machine */
	FIELD_MAC, /* source, 48 bits; MAC_NONE: did not come in by Ethernet */
	FIELD_SADDR, /* 128 bits; IPv4 in the lowest 32 */
	FIELD_DADDR,
	FIELD_PROTO, /* IPPROTO_ */
	FIELD_SPORT,
	FIELD_DPORT,
	FIELD_ICMP_TYPE, /* of ICMP or ICMPv6, which FIELD_PROTO tells */
	FIELD_ICMP_CODE,
	FIELD_HOPLIMIT,
	FIELD_LOCAL, /* 1: to an address of this machine (fib daddr type) */
	FIELD_RPF, /* 1: the way back to saddr leads out of iif (fib saddr . iif oif) */
	FIELD_CT_STATE, /* enum packet_state */
	FIELD_CT_DIR, /* 0 original, 1 reply */
	FIELD_CT_MARK,
	FIELD_MARK,
	FIELD_SKUID, /* of packets sent here; UID_NONE: no socket */
	FIELD_COUNT,
};

#define NAME_NONE  0u
#define NAME_OTHER 1u
#define NAME_FIRST 2u /* the interfaces that rules and sets name */
#define UID_NONE   UINT32_MAX
#define MAC_NONE   (UINT64_C(1) << 48)

#define MODEL_NAME_MAX 16 /* an interface's name, or a wildcard "eth*" */

enum packet_state {
	STATE_NEW,
	STATE_ESTABLISHED,
	STATE_RELATED,
	STATE_INVALID,
	STATE_UNTRACKED,
};

struct range { /* both ends are in it */
	struct num min;
	struct num max;
};

enum step_kind {
	STEP_MATCH, /* the field is in one of the ranges */
	STEP_LOOKUP, /* the fields together are (or, negated, are not) in the set */
	STEP_SET, /* FIELD_MARK or FIELD_CT_MARK becomes a constant */
	STEP_COPY, /* FIELD_MARK or FIELD_CT_MARK becomes the other one's value */
	STEP_MAP, /* FIELD_MARK becomes what the map has; no entry ends the rule */
	STEP_MAYBE, /* a limit or quota: matches or not, no telling */
	STEP_REWRITE, /* redirect, masquerade, snat, dnat: addresses or ports change;
			 an accept follows it */
	STEP_UNKNOWN, /* not understood: the rule may do anything */
	STEP_VERDICT, /* the last step of a rule that has one */
};

enum verdict {
	VERDICT_ACCEPT,
	VERDICT_DROP,
	VERDICT_JUMP,
	VERDICT_GOTO,
	VERDICT_RETURN,
};

#define STEP_FIELDS_MAX 5

struct step {
	enum step_kind kind;
	enum verdict verdict;
	enum field field[STEP_FIELDS_MAX]; /* MATCH, SET, COPY, MAP's key, LOOKUP's key */
	size_t field_count;
	struct range *range; /* MATCH: ascending, disjoint; owned by the model */
	size_t range_count;
	bool negated; /* LOOKUP */
	size_t set; /* LOOKUP, MAP: index into model.set */
	uint32_t value; /* SET; a redirect's port for REWRITE; for MAYBE the ceiling of
			   each source: connections, or new ones in a second; 0: other */
	struct num address; /* REWRITE: of a dnat that changes nothing else; 0: other */
	size_t chain; /* JUMP, GOTO: index into model.chain */
	char what[64]; /* UNKNOWN, REWRITE, MAYBE: for people */
};

struct rule {
	uint64_t handle; /* the kernel's */
	char id[64]; /* of user data: the flow's or rule's id; "" none */
	struct step *step;
	size_t step_count;
};

#define HOOK_NONE UINT32_MAX /* not a base chain */

struct chain {
	char table[64];
	char name[128];
	uint8_t family; /* NFPROTO_INET, NFPROTO_IPV4 ... */
	char type[16]; /* "filter", "nat", "route"; "" none */
	uint32_t hook; /* NF_INET_LOCAL_IN ..., or HOOK_NONE */
	int32_t priority;
	enum verdict policy; /* ACCEPT or DROP */
	struct rule *rule;
	size_t rule_count;
};

struct element {
	struct range key[STEP_FIELDS_MAX]; /* min equals max unless it is an interval */
	uint32_t data; /* a map's */
	uint64_t timeout_ms; /* until it goes by itself; 0: it stays */
};

struct set {
	char table[64];
	char name[128];
	size_t field_count; /* of a key */
	bool map;
	bool unknown; /* its contents are not understood */
	struct element *element;
	size_t element_count;
};

struct model {
	uint32_t generation; /* of the kernel's ruleset */
	char (*name)[MODEL_NAME_MAX]; /* interfaces; NAME_NONE and NAME_OTHER are "" */
	size_t name_count;
	struct chain *chain;
	size_t chain_count;
	struct set *set;
	size_t set_count;
};

/*
 * Is it a look into our set of protocols whose new flows can be recorded? What passes is
 * judged as if all were in it.
 */
bool model_is_switch(const struct model *m, const struct step *st);

/* Takes NULL; frees m itself too. */
void model_free(struct model *m);

/*
 * What stands for an interface: its own entry, else the longest wildcard that
 * matches it (an entry "eth*" is all such interfaces that have none), else NAME_OTHER.
 */
uint32_t model_name_index(const struct model *m, const char *name);

#endif
