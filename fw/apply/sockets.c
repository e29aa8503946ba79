/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fw/apply/nfnl.h"

#define RCVBUF_SIZE  (32 << 20) /* rides out two seconds of 20,000 events a second */
#define KERNEL_BATCH (128u << 10)
#define COPY_BYTES   128 /* headers, also behind IPv6 extensions */
#define WAIT_10MS    10 /* a batch waits 100 ms at most */

/* A copy of the socket that outlives the libmnl object, non-blocking. */
static int take_fd(struct nfnl *n, int *ret_fd)
{
	int size = RCVBUF_SIZE;
	int fd = fcntl(mnl_socket_get_fd(n->socket), F_DUPFD_CLOEXEC, 10);

	if (fd == -1)
		return -errno;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == -1) {
		int r = -errno;

		(void)close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

static struct nlmsghdr *config(struct nfnl *n, void *buf, uint16_t group)
{
	return nfnl_message(n, buf, (uint16_t)(NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG),
			    NLM_F_ACK, AF_UNSPEC, group);
}

static int bind_group(struct nfnl *n, uint16_t group)
{
	const struct nfulnl_msg_config_cmd cmd = { .command = NFULNL_CFG_CMD_BIND };
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh = config(n, buf, group);

	mnl_attr_put(nlh, NFULA_CFG_CMD, sizeof(cmd), &cmd);
	return nfnl_ask(n, nlh, NULL, NULL);
}

static int configure_group(struct nfnl *n, uint16_t group, uint32_t batch)
{
	const struct nfulnl_msg_config_mode mode = { .copy_range = htonl(COPY_BYTES),
						     .copy_mode = NFULNL_COPY_PACKET };
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh = config(n, buf, group);

	mnl_attr_put(nlh, NFULA_CFG_MODE, sizeof(mode), &mode);
	mnl_attr_put_u32(nlh, NFULA_CFG_NLBUFSIZ, htonl(KERNEL_BATCH));
	mnl_attr_put_u32(nlh, NFULA_CFG_TIMEOUT, htonl(WAIT_10MS));
	mnl_attr_put_u32(nlh, NFULA_CFG_QTHRESH, htonl(batch));
	mnl_attr_put_u16(nlh, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ));
	return nfnl_ask(n, nlh, NULL, NULL);
}

int sockets_nflog(uint16_t group, uint32_t batch, int *ret_fd)
{
	struct nfnl n = { 0 };
	int r = nfnl_open(&n);

	if (r == 0)
		r = bind_group(&n, group);
	if (r == 0)
		r = configure_group(&n, group, batch);
	if (r == 0)
		r = take_fd(&n, ret_fd);
	nfnl_close(&n);
	return r;
}

int sockets_conntrack(int *ret_fd)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_NETFILTER);
	struct sockaddr_nl sa = { .nl_family = AF_NETLINK,
				  .nl_groups = NF_NETLINK_CONNTRACK_DESTROY };
	int size = RCVBUF_SIZE, on = 1, r;

	if (fd == -1)
		return -errno;
	/* the last two: the kernel keeps an undelivered DESTROY and tries again */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == -1 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_BROADCAST_ERROR, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on)) == -1 ||
	    bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) == -1) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}
