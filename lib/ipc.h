/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ipc - messages between our processes over SOCK_SEQPACKET (level 3)
 *
 * One datagram is one message: a head (type, version, length) and a payload
 * that is a fixed struct of proto.h. Who may send what, and how long it is,
 * stands in a permit table; unknown, unpermitted and wrong-length messages are
 * one case: that connection is closed, the daemon goes on. Who the peer is comes
 * from SO_PEERCRED, never from the message. Descriptors are never taken: they are
 * closed, and so is the connection.
 */
#ifndef LIB_IPC_H
#define LIB_IPC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "lib/attr.h"

#define IPC_PAYLOAD_MAX 8192
#define IPC_PEERS_MAX   64
#define IPC_QUEUE_MAX   (24u << 20) /* bytes of answers that one peer has not taken */
#define IPC_QUEUES_MAX  (64u << 20) /* and all peers of a server */
#define IPC_STALL_MS    3000 /* who takes none of them for that long is closed */

/* Who is at the other end: a bit each, for permit tables. */
enum ipc_role {
	IPC_NOBODY = 0,
	IPC_ROOT = 1 << 0,
	IPC_PROXYD = 1 << 1,
	IPC_GATED = 1 << 2,
	IPC_SENSORD = 1 << 3,
	IPC_RECORDD = 1 << 4,
	IPC_MGMTD = 1 << 5,
	IPC_APPLY = 1 << 6, /* gated's apply role, over the channel on fd 3 */
	IPC_COMPILE = 1 << 7, /* gated's compile role, likewise */
};

/* Accounts of the daemons, as installed: sekisho-proxy, sekisho-gate and so on. */
struct ipc_roles {
	uid_t proxyd, gated, sensord, recordd, mgmtd;
};

/* Look the accounts up. Returns 0 or -ENOENT (an account is missing). */
int ipc_roles_load(struct ipc_roles *ret_roles) MUST_CHECK;

/* The role bits of a uid; one uid may hold several (tests run as one user). */
unsigned ipc_roles_of(const struct ipc_roles *roles, uid_t uid);

struct ipc_peer;

/*
 * payload is len bytes, aligned for any type, valid during the call. A negative
 * return closes this peer (a protocol error); refusals of content are replies.
 */
typedef int ipc_handler(struct ipc_peer *peer, const void *payload, size_t len,
			void *user);

struct ipc_permit {
	uint16_t type;
	unsigned from; /* role bits */
	size_t len; /* exact payload size */
	ipc_handler *handler;
};

struct ipc_server;

/*
 * Serve listen_fd (a listening SOCK_SEQPACKET socket; stays the caller's) in
 * event's loop. permits and roles must outlive the server.
 */
int ipc_server_new(sd_event *event, int listen_fd, const struct ipc_roles *roles,
		   const struct ipc_permit *permits, size_t permit_count, void *user,
		   struct ipc_server **ret_server) MUST_CHECK;
void ipc_server_free(struct ipc_server *s);

/*
 * Answer the message being handled, with as many messages as it takes. Never waits: what
 * the socket does not take is kept, and sent when it does; the peer is asked nothing
 * meanwhile. Returns 0 or a negative errno, for which the peer is to be closed: -ENOBUFS
 * (IPC_QUEUE_MAX, IPC_QUEUES_MAX), -ENOMEM, -EPIPE.
 */
int ipc_reply(struct ipc_peer *peer, uint16_t type, const void *payload,
	      size_t len) MUST_CHECK;
unsigned ipc_peer_role(const struct ipc_peer *peer);

/*
 * For an answer that comes later: the peer's number, never 0 and never given again; and
 * ipc_reply() to it, after which it is closed where that failed. -ENOENT: it is gone.
 */
uint64_t ipc_peer_id(const struct ipc_peer *peer);
int ipc_answer(struct ipc_server *s, uint64_t peer_id, uint16_t type, const void *payload,
	       size_t len) MUST_CHECK;

/* Client side: blocking, with a deadline for every send and receive. */
int ipc_connect(const char *path, unsigned timeout_ms, int *ret_fd) MUST_CHECK;
int ipc_send(int fd, uint16_t type, const void *payload, size_t len) MUST_CHECK;

/*
 * Receive one message into payload (max bytes). Returns 0, -ETIMEDOUT,
 * -ECONNRESET (the other end is gone) or -EBADMSG.
 */
int ipc_recv(int fd, uint16_t *ret_type, void *payload, size_t max,
	     size_t *ret_len) MUST_CHECK;

/* Connect, ask, take one answer of exactly that type and size, close. */
int ipc_call(const char *path, unsigned timeout_ms, uint16_t type, const void *payload,
	     size_t len, uint16_t reply_type, void *ret_reply,
	     size_t reply_len) MUST_CHECK;

#endif
