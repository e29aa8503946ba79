/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

#define ROOM_FIRST  (4u * NFNL_MESSAGE_MAX)
#define ANSWERS_MAX 65536

static void *reserve(struct batch *b)
{
	size_t want = b->room == 0 ? ROOM_FIRST : b->room * 2;
	uint8_t *p;

	if (b->error < 0)
		return NULL;
	if (b->room - b->len >= NFNL_MESSAGE_MAX)
		return b->data + b->len;
	if (want > BATCH_MAX) {
		b->error = -E2BIG;
		return NULL;
	}
	p = realloc(b->data, want);
	if (p == NULL) {
		b->error = -ENOMEM;
		return NULL;
	}
	b->data = p;
	b->room = want;
	return b->data + b->len;
}

static struct nlmsghdr *control(struct batch *b, uint16_t type)
{
	void *at = reserve(b);

	return at == NULL ? NULL
			  : nfnl_message(b->nfnl, at, type, 0, AF_UNSPEC,
					 NFNL_SUBSYS_NFTABLES);
}

void batch_begin(struct batch *b, struct nfnl *nfnl, uint32_t generation)
{
	struct nlmsghdr *nlh;

	*b = (struct batch){ .nfnl = nfnl };
	nlh = control(b, NFNL_MSG_BATCH_BEGIN);
	if (nlh == NULL)
		return;
	if (generation != 0)
		mnl_attr_put_u32(nlh, NFNL_BATCH_GENID, htonl(generation));
	batch_put(b, nlh);
}

struct nlmsghdr *batch_message_in(struct batch *b, uint8_t family, uint16_t type,
				  uint16_t flags)
{
	void *at = reserve(b);

	return at == NULL ? NULL
			  : nfnl_message(b->nfnl, at,
					 (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
					 flags, family, 0);
}

struct nlmsghdr *batch_message(struct batch *b, uint16_t type, uint16_t flags)
{
	return batch_message_in(b, NFPROTO_INET, type, flags);
}

void batch_put(struct batch *b, const struct nlmsghdr *nlh)
{
	b->len += ((size_t)nlh->nlmsg_len + MNL_ALIGNTO - 1) & ~(size_t)(MNL_ALIGNTO - 1);
}

/* All answers are there already. The first error counts; no answer at all is one too. */
static int collect(struct batch *b, uint32_t *ret_seq)
{
	int fd = mnl_socket_get_fd(b->nfnl->socket), error = 0;
	bool answered = false;
	char *buf = malloc(ANSWERS_MAX);

	if (buf == NULL)
		return -ENOMEM;
	for (;;) {
		ssize_t got = recv(fd, buf, ANSWERS_MAX, MSG_DONTWAIT);
		const struct nlmsghdr *nlh = (const void *)buf;
		int left = (int)got;

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (error == 0 && errno != EAGAIN)
				error = -errno;
			break;
		}
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			answered = true;
			if (error == 0 && e->error != 0) {
				error = e->error;
				*ret_seq = nlh->nlmsg_seq;
			}
		}
	}
	free(buf);
	return error != 0 ? error : (answered ? 0 : -EPROTO);
}

void batch_drop(struct batch *b)
{
	free(b->data);
	b->data = NULL;
}

int batch_send(struct batch *b, uint32_t *ret_seq)
{
	struct nlmsghdr *nlh = control(b, NFNL_MSG_BATCH_END);
	int r = b->error, size;

	if (nlh != NULL) {
		batch_put(b, nlh);
		size = (int)b->len + NFNL_MESSAGE_MAX;
		(void)setsockopt(mnl_socket_get_fd(b->nfnl->socket), SOL_SOCKET,
				 SO_SNDBUFFORCE, &size, sizeof(size));
		r = mnl_socket_sendto(b->nfnl->socket, b->data, b->len) == -1 ? -errno
									      : 0;
	}
	if (r == 0)
		r = collect(b, ret_seq);
	batch_drop(b);
	return r;
}
