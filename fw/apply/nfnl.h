/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nfnl - one netfilter netlink socket, asked and answered synchronously
 *
 * The kernel works on a request inside sendmsg(), so that all answers of a
 * batch are there when it returns.
 */
#ifndef FW_APPLY_NFNL_H
#define FW_APPLY_NFNL_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"

#define NFNL_MESSAGE_MAX 16384 /* of ours; every single one fits */

struct nfnl {
	struct mnl_socket *socket;
	uint32_t seq; /* of the last message */
};

/* Returns 0 or a negative errno. nfnl_close() takes a cleared struct too. */
int nfnl_open(struct nfnl *n) MUST_CHECK;
void nfnl_close(struct nfnl *n);

/* Begin a message in buf (NFNL_MESSAGE_MAX bytes) with the next sequence number. */
struct nlmsghdr *nfnl_message(struct nfnl *n, void *buf, uint16_t type, uint16_t flags,
			      uint8_t family, uint16_t res_id);

/*
 * Send one message and take its answers: cb (may be NULL) for each message of
 * content. Returns 0 or the kernel's negative errno; -EINTR when a dump was
 * overtaken by a change. Nothing waits in the socket afterwards.
 */
int nfnl_ask(struct nfnl *n, const struct nlmsghdr *nlh, mnl_cb_t cb,
	     void *user) MUST_CHECK;

#endif
