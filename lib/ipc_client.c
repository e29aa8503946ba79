/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The asking end: it waits, for as long as it was told. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/ipc_frame.h"
#include "lib/mem.h"

static int set_deadlines(int fd, unsigned timeout_ms)
{
	struct timeval tv = {
		.tv_sec = (time_t)(timeout_ms / 1000),
		.tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000),
	};

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == -1)
		return -errno;
	return 0;
}

int ipc_connect(const char *path, unsigned timeout_ms, int *ret_fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	CLEANUP(close_p) int fd = -1;
	size_t len = strlen(path);
	int r;

	if (len >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, path, len + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -errno;
	r = set_deadlines(fd, timeout_ms);
	if (r < 0)
		return r;
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	*ret_fd = steal_fd(&fd);
	return 0;
}

int ipc_send(int fd, uint16_t type, const void *payload, size_t len)
{
	int r = ipc_transmit(fd, 0, type, payload, len);

	return r == -EAGAIN ? -ETIMEDOUT : r;
}

int ipc_recv(int fd, uint16_t *ret_type, void *payload, size_t max, size_t *ret_len)
{
	struct ipc_frame f;
	int r = ipc_receive(fd, 0, &f);

	if (r < 0)
		return r == -EAGAIN ? -ETIMEDOUT : r;
	if (f.head.len > max)
		return -EBADMSG;
	if (f.head.len != 0)
		memcpy(payload, f.payload, f.head.len);
	*ret_type = f.head.type;
	*ret_len = f.head.len;
	return 0;
}

int ipc_call(const char *path, unsigned timeout_ms, uint16_t type, const void *payload,
	     size_t len, uint16_t reply_type, void *ret_reply, size_t reply_len)
{
	CLEANUP(close_p) int fd = -1;
	CLEANUP(free_p) void *reply = malloc(IPC_PAYLOAD_MAX);
	uint16_t got_type = 0;
	size_t got_len = 0;
	int r;

	if (reply == NULL)
		return -ENOMEM;
	if ((r = ipc_connect(path, timeout_ms, &fd)) < 0 ||
	    (r = ipc_send(fd, type, payload, len)) < 0 ||
	    (r = ipc_recv(fd, &got_type, reply, IPC_PAYLOAD_MAX, &got_len)) < 0)
		return r;
	if (got_type != reply_type || got_len != reply_len)
		return -EBADMSG;
	memcpy(ret_reply, reply, reply_len);
	return 0;
}
