/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/events/receive.h"

#include <errno.h>
#include <sys/socket.h>

#define BUFFER_BYTES (512u << 10)
#define SLOTS        (BUFFER_BYTES / RECEIVE_SMALL)

static uint8_t buffer[BUFFER_BYTES];

static void give(const uint8_t *data, size_t len, receive_fn *fn, void *user)
{
	struct rd rest = rd_of(data, len);
	struct netlink_msg m;

	while (netlink_next(&rest, &m) > 0)
		fn(&m, user);
}

/* One system call. Returns the number of datagrams, or a negative errno. */
static int round_of(int fd, size_t size, struct mmsghdr *msg)
{
	struct iovec iov[SLOTS];
	unsigned slots = (unsigned)(BUFFER_BYTES / size);
	int n;

	for (unsigned i = 0; i < slots; i++) {
		iov[i] = (struct iovec){ .iov_base = buffer + i * size, .iov_len = size };
		msg[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &iov[i],
							.msg_iovlen = 1 } };
	}
	n = recvmmsg(fd, msg, slots, MSG_DONTWAIT, NULL);
	return n == -1 ? -errno : n;
}

struct receive_result receive_all(int fd, size_t size, unsigned rounds, receive_fn *fn,
				  void *user)
{
	struct receive_result res = { 0 };
	struct mmsghdr msg[SLOTS];

	for (unsigned i = 0; i < rounds; i++) {
		int n = round_of(fd, size, msg);

		if (n == -ENOBUFS)
			res.overrun = true;
		if (n == -ENOBUFS || n == -EINTR)
			continue;
		if (n <= 0) {
			res.emptied = true;
			break;
		}
		for (int k = 0; k < n; k++) {
			if ((msg[k].msg_hdr.msg_flags & MSG_TRUNC) != 0)
				res.cut++;
			else
				give(buffer + (size_t)k * size, msg[k].msg_len, fn, user);
		}
	}
	return res;
}
