/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ipc_frame - one message on a socket, for both ends of ipc */
#ifndef LIB_IPC_FRAME_H
#define LIB_IPC_FRAME_H

#include "lib/ipc.h"

#define IPC_VERSION 1

struct ipc_head {
	uint16_t type;
	uint16_t version;
	uint32_t len; /* of the payload */
};

struct ipc_frame {
	struct ipc_head head;
	_Alignas(max_align_t) uint8_t payload[IPC_PAYLOAD_MAX];
};

/* One whole message. Returns 0, -EAGAIN, -ECONNRESET, -EBADMSG or another errno. */
int ipc_receive(int fd, int flags, struct ipc_frame *f) MUST_CHECK;
int ipc_transmit(int fd, int flags, uint16_t type, const void *payload,
		 size_t len) MUST_CHECK;

#endif
