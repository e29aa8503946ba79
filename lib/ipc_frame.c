/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/ipc_frame.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Close every descriptor that came along: none of our socket messages carries any. */
static bool drop_descriptors(struct msghdr *m)
{
	bool any = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		size_t bytes = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i + sizeof(int) <= bytes; i += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i, sizeof(fd));
			(void)close(fd);
			any = true;
		}
	}
	return any;
}

int ipc_receive(int fd, int flags, struct ipc_frame *f)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))];
	/* head and payload lie in two places: the payload is aligned for any struct */
	struct iovec iov[2] = {
		{ .iov_base = &f->head, .iov_len = sizeof(f->head) },
		{ .iov_base = f->payload, .iov_len = sizeof(f->payload) },
	};
	struct msghdr m = {
		.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	do
		n = recvmsg(fd, &m, flags | MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (drop_descriptors(&m) || (m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return -EBADMSG;
	if (n == 0)
		return -ECONNRESET;
	if ((size_t)n < sizeof(f->head) || f->head.version != IPC_VERSION ||
	    f->head.len != (size_t)n - sizeof(f->head))
		return -EBADMSG;
	return 0;
}

int ipc_transmit(int fd, int flags, uint16_t type, const void *payload, size_t len)
{
	struct ipc_head head = { .type = type,
				 .version = IPC_VERSION,
				 .len = (uint32_t)len };
	struct iovec iov[2] = {
		{ .iov_base = &head, .iov_len = sizeof(head) },
		{ .iov_base = (void *)(uintptr_t)payload, .iov_len = len },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = len != 0 ? 2 : 1 };
	ssize_t n;

	if (len > IPC_PAYLOAD_MAX)
		return -EMSGSIZE;
	do
		n = sendmsg(fd, &m, flags | MSG_NOSIGNAL);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return 0;
}
