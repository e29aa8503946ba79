/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decode - from the kernel's own messages to a struct model
 *
 * Takes nfnetlink messages as the kernel dumps them, in any order: NEWGEN, NEWTABLE,
 * NEWCHAIN, NEWSET, NEWSETELEM, NEWRULE of every family; others are left aside.
 * What is not understood becomes a STEP_UNKNOWN of its rule, or a set that is
 * unknown; it neither hides the rest nor is it passed over. Pure: no I/O, no clock.
 *
 * What the steps say beyond their rule's text, because the kernel does it:
 *   - a ct direction or ct mark that is loaded matches no packet without a
 *     connection (invalid, untracked); a skuid that is loaded none without a socket;
 *   - FIELD_MAC is MAC_NONE for a packet without an Ethernet header, and iiftype
 *     ether is "any other value";
 *   - a wildcard such as eth* has a name of its own in model.name, which stands for
 *     all interfaces that it matches and that nothing longer names.
 * A verdict map becomes as many rules with one handle. The chains of a dormant table
 * hang on no hook.
 */
#ifndef FW_VERIFY_DECODE_H
#define FW_VERIFY_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "fw/verify/model.h"
#include "lib/attr.h"

#define DECODE_BYTES_MAX    (256u << 20) /* of all messages */
#define DECODE_CHAINS_MAX   65536
#define DECODE_SETS_MAX     65536
#define DECODE_RULES_MAX    200000
#define DECODE_ELEMENTS_MAX 2000000
#define DECODE_NAMES_MAX    4096

struct decode_interface { /* for rules that name one by its number */
	uint32_t index;
	char name[16];
};

struct decode;

/* interfaces: copied. Returns 0 or -ENOMEM. */
int decode_new(const struct decode_interface *interfaces, size_t count,
	       struct decode **ret_decode) MUST_CHECK;
void decode_free(struct decode *d);

/*
 * Take one message (copied). Returns 0, -EBADMSG (not a netlink message of that
 * length), -E2BIG (a ceiling) or -ENOMEM.
 */
int decode_add(struct decode *d, const void *nlmsg, size_t len) MUST_CHECK;

/*
 * Everything is there: make the model of it. Returns 0, -EBADMSG (a message that is
 * malformed, or about a table or chain that did not come), -E2BIG or -ENOMEM.
 */
int decode_finish(struct decode *d, struct model **ret_model) MUST_CHECK;

#endif
