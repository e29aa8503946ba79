/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch - netlink messages that the kernel takes together or not at all
 */
#ifndef FW_APPLY_BATCH_H
#define FW_APPLY_BATCH_H

#include "fw/apply/nfnl.h"

#define BATCH_MAX (256u << 20) /* bytes; the largest ruleset takes a fraction */

struct batch {
	struct nfnl *nfnl;
	uint8_t *data; /* owned */
	size_t len;
	size_t room;
	int error; /* sticky: 0, -ENOMEM or -E2BIG */
};

/*
 * Begin. generation: the ruleset generation that this batch was made from, which
 * the kernel compares (0: any).
 */
void batch_begin(struct batch *b, struct nfnl *nfnl, uint32_t generation);

/*
 * Begin one nftables message of a family (NFPROTO_), or of family inet. It lies in the batch's own memory, with room for
 * NFNL_MESSAGE_MAX bytes, until batch_put(). NULL after an error.
 */
struct nlmsghdr *batch_message_in(struct batch *b, uint8_t family, uint16_t type,
				  uint16_t flags);
struct nlmsghdr *batch_message(struct batch *b, uint16_t type, uint16_t flags);
void batch_put(struct batch *b, const struct nlmsghdr *nlh);

/*
 * End, send and collect. Returns 0, or the first error with *ret_seq the number
 * of the message it is about; -ERESTART: the generation was another. The batch is
 * freed in every case.
 */
int batch_send(struct batch *b, uint32_t *ret_seq) MUST_CHECK;

/* Forget it unsent. */
void batch_drop(struct batch *b);

#endif
