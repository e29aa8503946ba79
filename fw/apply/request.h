/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * request - what the compile role may ask of the apply role, over fd 3
 *
 * A ruleset travels as FW_REQ_BEGIN, its records in order, FW_REQ_COMMIT. Only
 * the requests marked so are answered, each by one FW_ANS_RESULT; a record that
 * is refused spoils the whole ruleset, which FW_REQ_COMMIT then says. A change of
 * single permits on top of what is in force travels as FW_REQ_CHANGE, its records in
 * the order of its counts, FW_REQ_COMMIT; -ESTALE then means that it does not fit what
 * the kernel holds, and that a whole ruleset is needed. There is no
 * text in here that is interpreted, no path, and nothing of variable length but
 * FW_ANS_FLOW and FW_ANS_DUMP, which go the other way.
 */
#ifndef FW_APPLY_REQUEST_H
#define FW_APPLY_REQUEST_H

#include <stdint.h>

#include "fw/compile/ruleset.h"
#include "lib/addr.h"

#define FW_CHANNEL_FD 3 /* in the compile role: the channel */
#define FW_DENY_FD    4 /* NFLOG group FW_LOG_DENY */
#define FW_OPEN_FD    5 /* NFLOG group FW_LOG_OPEN */
#define FW_EVENT_FD   6 /* conntrack DESTROY events */
#define FW_NOTE_FD    7 /* what the apply role says unasked: FW_NOTE_ messages */

#define FW_RECORDING_MS 3000 /* new flows stop this long after the last renewal */

enum fw_request {
	FW_REQ_BEGIN = 200, /* struct fw_begin */
	FW_REQ_CHAIN = 201, /* struct fw_chain, one or more */
	FW_REQ_RULE = 202, /* struct fw_rule, one or more */
	FW_REQ_PERMIT =
		203, /* struct fw_permit, one or more; in a change: gone, then come */
	FW_REQ_COMMIT = 204, /* empty; answered */
	FW_REQ_RECORDING = 205, /* struct fw_recording; answered */
	FW_REQ_CUT_MARK = 206, /* struct fw_cut_mark; answered */
	FW_REQ_CUT_FLOW = 207, /* struct fw_cut_flow; answered */
	FW_REQ_LIST = 208, /* empty; FW_ANS_FLOW for each marked connection; answered */
	FW_REQ_CARD =
		209, /* struct fw_card, one or more; in a change: isolated, then released */
	FW_REQ_CHANGE = 210, /* struct fw_change */
	FW_REQ_CONFIRM = 212, /* struct fw_trial; answered, -ESTALE: not on trial */
	FW_REQ_ROLLBACK = 213, /* the same */
	FW_REQ_PORT = 218, /* struct fw_port, one or more */
	FW_REQ_DUMP = 215, /* empty; FW_ANS_DUMP with what the kernel holds; answered */
	FW_REQ_PROBE = 216, /* struct probe */
	FW_REQ_PROBE_RUN =
		217, /* struct probe_run; FW_ANS_PROBE with what became of them; answered */
	FW_ANS_RESULT = 220, /* struct fw_result */
	FW_ANS_FLOW = 221, /* a conntrack message as the kernel sent it */
	FW_ANS_PROBE = 224, /* struct probe_answer */
	FW_ANS_DUMP = 225, /* the next part of a run of nftables messages, as sent */
	FW_NOTE_ROLLBACK = 230, /* struct fw_rolled_back: the time was over */
	FW_NOTE_CUT = 232, /* struct fw_cut_note: after single changes */
	FW_NOTE_DRIFT = 231, /* struct fw_drifted: somebody else changed the ruleset */
};

struct fw_begin {
	uint64_t revision;
	uint32_t chain_count;
	uint32_t rule_count;
	uint32_t permit_count;
	uint32_t
		confirm_s; /* 0: for good; FW_CONFIRM_KEEP; else on trial, as in lib/proto.h */
	uint32_t port_count;
	uint32_t card_count; /* in quarantine */
};

#define FW_CHANGE_MAX 16384 /* records of a kind; more is a whole ruleset */

/* A permit changes as a whole: all its elements go, and all that it has now come. */
struct fw_change {
	uint64_t base; /* in force now */
	uint64_t revision; /* then; may be the same */
	uint32_t gone; /* permits' elements */
	uint32_t come;
	uint32_t isolated; /* cards */
	uint32_t released;
};

#define FW_CONFIRM_KEEP UINT32_MAX /* a trial that goes on goes on with this */
#define FW_CONFIRM_MIN  10
#define FW_CONFIRM_MAX  86400

struct fw_trial {
	uint64_t revision;
};

struct fw_rolled_back {
	uint64_t revision; /* that was on trial */
	uint32_t commits; /* FW_REQ_COMMIT answered with 0 by then */
	uint32_t cut; /* connections of permits that ended with it */
};

#define FW_DRIFT_TEXT_MAX 320

struct fw_drifted {
	int32_t code; /* 0: undone; -ENOMSG: it is no table of ours; else why not */
	uint32_t unseen; /* 1: nobody told what it was */
	uint32_t pid; /* 0: unknown */
	uint32_t objects;
	char process[32]; /* as the kernel names it: foreign text, as the next */
	char text[FW_DRIFT_TEXT_MAX]; /* "+rule in sekisho forward; ...", cut to fit */
};

struct fw_cut_note {
	uint64_t revision; /* the last one of the changes */
	uint32_t cut; /* connections of permits that went with them */
	uint32_t pad;
};

struct fw_recording {
	uint32_t on; /* 1: renew; 0: new flows stop now */
};

struct fw_cut_mark {
	uint32_t mark; /* a permit's, never 0 */
};

struct fw_cut_flow { /* the original direction, as conntrack names it */
	struct addr src;
	struct addr dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t icmp_id;
	uint8_t proto;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint8_t pad[1];
	uint32_t id; /* CTA_ID: that connection and no later one */
};

#define FW_NO_RULE UINT32_MAX

struct fw_result {
	int32_t code; /* 0 or a negative errno: nothing was changed */
	uint32_t rule; /* number of the rule the kernel refused, or FW_NO_RULE */
	uint32_t cut; /* connections ended */
	char text[252];
};

#endif
