/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/nfnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define RECEIVE_MAX 131072
#define RCVBUF_SIZE (8 << 20)

int nfnl_open(struct nfnl *n)
{
	int size = RCVBUF_SIZE;

	*n = (struct nfnl){ .socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC) };
	if (n->socket == NULL)
		return -errno;
	n->seq = (uint32_t)time(NULL);
	if (mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		int r = -errno;

		nfnl_close(n);
		return r;
	}
	(void)setsockopt(mnl_socket_get_fd(n->socket), SOL_SOCKET, SO_RCVBUFFORCE, &size,
			 sizeof(size));
	return 0;
}

void nfnl_close(struct nfnl *n)
{
	if (n->socket != NULL)
		(void)mnl_socket_close(n->socket);
	n->socket = NULL;
}

struct nlmsghdr *nfnl_message(struct nfnl *n, void *buf, uint16_t type, uint16_t flags,
			      uint8_t family, uint16_t res_id)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nf = mnl_nlmsg_put_extra_header(nlh, sizeof(*nf));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nlh->nlmsg_seq = ++n->seq;
	nf->nfgen_family = family;
	nf->version = NFNETLINK_V0;
	nf->res_id = htons(res_id);
	return nlh;
}

/*
 * What is left of an answer would be taken for the next one's, and every question after
 * it would fail. The kernel goes on with a dump while it is read, so this ends it too.
 */
static void forget_rest(struct nfnl *n, char *buf, size_t size)
{
	int fd = mnl_socket_get_fd(n->socket);

	while (recv(fd, buf, size, MSG_DONTWAIT) >= 0 || errno == EINTR ||
	       errno == ENOBUFS)
		;
}

int nfnl_ask(struct nfnl *n, const struct nlmsghdr *nlh, mnl_cb_t cb, void *user)
{
	unsigned port = mnl_socket_get_portid(n->socket);
	char buf[RECEIVE_MAX];
	int r = MNL_CB_OK, error;

	if (mnl_socket_sendto(n->socket, nlh, nlh->nlmsg_len) == -1)
		return -errno;
	while (r > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(n->socket, buf, sizeof(buf));

		r = got == -1 ? MNL_CB_ERROR
			      : mnl_cb_run(buf, (size_t)got, nlh->nlmsg_seq, port, cb,
					   user);
	}
	if (r != MNL_CB_ERROR)
		return 0;
	error = errno;
	forget_rest(n, buf, sizeof(buf));
	return -error;
}
