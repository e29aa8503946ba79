/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/ipc.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/ipc_frame.h"
#include "lib/ipc_queue.h"
#include "lib/log.h"
#include "lib/mem.h"

#define ROUND_MAX   64 /* messages of one peer per wake-up, so that none starves the loop */
#define SNDBUF_SIZE (1 << 20)

struct ipc_peer {
	struct ipc_server *server;
	sd_event_source *source;
	sd_event_source *stall; /* goes off when nothing of queue is taken */
	struct ipc_queue queue;
	int fd;
	unsigned role;
	uid_t uid;
	uint64_t id;
	struct ipc_peer *next;
};

struct ipc_server {
	const struct ipc_roles *roles;
	const struct ipc_permit *permits;
	size_t permit_count;
	void *user;
	sd_event *event;
	sd_event_source *listener;
	struct ipc_peer *peers;
	size_t peer_count;
	uint64_t last_id;
	size_t queued; /* bytes, of all peers */
};

static int load_account(const char *name, uid_t *ret_uid)
{
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (getpwnam_r(name, &pw, buf, sizeof(buf), &found) != 0 || found == NULL)
		return -ENOENT;
	*ret_uid = pw.pw_uid;
	return 0;
}

int ipc_roles_load(struct ipc_roles *ret_roles)
{
	struct ipc_roles roles;

	if (load_account("sekisho-proxy", &roles.proxyd) < 0 ||
	    load_account("sekisho-gate", &roles.gated) < 0 ||
	    load_account("sekisho-sensor", &roles.sensord) < 0 ||
	    load_account("sekisho-record", &roles.recordd) < 0 ||
	    load_account("sekisho-mgmt", &roles.mgmtd) < 0)
		return -ENOENT;
	*ret_roles = roles;
	return 0;
}

unsigned ipc_roles_of(const struct ipc_roles *roles, uid_t uid)
{
	unsigned bits = IPC_NOBODY;

	bits |= uid == 0 ? IPC_ROOT : 0;
	bits |= uid == roles->proxyd ? IPC_PROXYD : 0;
	bits |= uid == roles->gated ? IPC_GATED : 0;
	bits |= uid == roles->sensord ? IPC_SENSORD : 0;
	bits |= uid == roles->recordd ? IPC_RECORDD : 0;
	bits |= uid == roles->mgmtd ? IPC_MGMTD : 0;
	return bits;
}

static void peer_close(struct ipc_peer *p)
{
	struct ipc_peer **at = &p->server->peers;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	p->server->peer_count--;
	p->server->queued -= ipc_queue_bytes(&p->queue);
	ipc_queue_clear(&p->queue);
	(void)sd_event_source_disable_unref(p->stall);
	(void)sd_event_source_disable_unref(p->source);
	(void)close(p->fd);
	free(p);
}

static void peer_fail(struct ipc_peer *p, int error)
{
	if (error != -ECONNRESET && error != -EPIPE)
		log_warn("ipc", "closing a connection of uid %u: %s", (unsigned)p->uid,
			 strerror(-error));
	peer_close(p);
}

static int on_stall(sd_event_source *source, uint64_t usec, void *user)
{
	(void)source;
	(void)usec;
	peer_fail(user, -ETIMEDOUT);
	return 0;
}

static int start_stall(struct ipc_peer *p)
{
	const uint64_t usec = IPC_STALL_MS * 1000ull;
	int r;

	if (p->stall == NULL)
		return sd_event_add_time_relative(p->server->event, &p->stall,
						  CLOCK_MONOTONIC, usec, 0, on_stall, p);
	r = sd_event_source_set_time_relative(p->stall, usec);
	return r < 0 ? r : sd_event_source_set_enabled(p->stall, SD_EVENT_ONESHOT);
}

/* Answers first, questions when they are gone. */
static int watch(struct ipc_peer *p)
{
	bool waiting = ipc_queue_bytes(&p->queue) != 0;
	int r = sd_event_source_set_io_events(p->source, waiting ? EPOLLOUT : EPOLLIN);

	if (r < 0)
		return r;
	if (waiting)
		return start_stall(p);
	return p->stall == NULL ? 0 : sd_event_source_set_enabled(p->stall, SD_EVENT_OFF);
}

static int enqueue(struct ipc_peer *p, const struct ipc_head *head, const void *payload)
{
	struct ipc_server *s = p->server;
	size_t before = ipc_queue_bytes(&p->queue);
	size_t max = IPC_QUEUES_MAX - s->queued + before;
	int r = ipc_queue_add(&p->queue, head, sizeof(*head), payload, head->len,
			      max < IPC_QUEUE_MAX ? max : IPC_QUEUE_MAX);

	if (r < 0)
		return r;
	s->queued += ipc_queue_bytes(&p->queue) - before;
	return before == 0 ? watch(p) : 0;
}

/* Send what waits, as far as the socket takes it. */
static int drain(struct ipc_peer *p)
{
	const void *data;
	size_t len, before = ipc_queue_bytes(&p->queue);

	while (ipc_queue_first(&p->queue, &data, &len)) {
		ssize_t n = send(p->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno != EAGAIN)
			return -errno;
		if (n == -1)
			break;
		p->server->queued -= ipc_queue_bytes(&p->queue);
		ipc_queue_pop(&p->queue);
		p->server->queued += ipc_queue_bytes(&p->queue);
	}
	return ipc_queue_bytes(&p->queue) != before ? watch(p) : 0;
}

/* Unknown, unpermitted and wrong-length messages are one case. */
static int dispatch(struct ipc_peer *p, const struct ipc_frame *f)
{
	const struct ipc_server *s = p->server;

	for (size_t i = 0; i < s->permit_count; i++) {
		const struct ipc_permit *row = &s->permits[i];

		if (row->type != f->head.type)
			continue;
		if ((row->from & p->role) == 0 || row->len != f->head.len)
			return -EBADMSG;
		return row->handler(p, f->payload, f->head.len, s->user);
	}
	return -EBADMSG;
}

/* One message of the peer. Returns 0, -EAGAIN (there is none) or why to close. */
static int take(struct ipc_peer *p)
{
	struct ipc_frame f;
	int r = ipc_receive(p->fd, MSG_DONTWAIT, &f);

	if (r < 0)
		return r;
	r = dispatch(p, &f);
	/* there may have been a password in it */
	explicit_bzero(f.payload, f.head.len);
	return r == -EAGAIN ? -EPROTO : r;
}

static int on_peer(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct ipc_peer *p = user;
	int r = drain(p);

	(void)source;
	(void)fd;
	(void)events;
	for (unsigned i = 0; i < ROUND_MAX && r == 0 && ipc_queue_bytes(&p->queue) == 0;
	     i++)
		r = take(p);
	if (r < 0 && r != -EAGAIN)
		peer_fail(p, r);
	return 0;
}

static int add_peer(struct ipc_server *s, int fd)
{
	CLEANUP(close_p) int own = fd;
	struct ipc_peer *p;
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int size = SNDBUF_SIZE, r;

	if (s->peer_count == IPC_PEERS_MAX)
		return -EMFILE;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	p->server = s;
	p->uid = cred.uid;
	p->role = ipc_roles_of(s->roles, cred.uid);
	p->fd = fd;
	p->id = ++s->last_id;
	r = sd_event_add_io(s->event, &p->source, fd, EPOLLIN, on_peer, p);
	if (r < 0) {
		free(p);
		return r;
	}
	(void)steal_fd(&own);
	p->next = s->peers;
	s->peers = p;
	s->peer_count++;
	return 0;
}

static int on_listener(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct ipc_server *s = user;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int r;

	(void)source;
	(void)events;
	if (peer == -1)
		return 0; /* the caller went away; nothing is lost */
	r = add_peer(s, peer);
	if (r < 0)
		log_warn("ipc", "a connection was refused: %s", strerror(-r));
	return 0;
}

int ipc_server_new(sd_event *event, int listen_fd, const struct ipc_roles *roles,
		   const struct ipc_permit *permits, size_t permit_count, void *user,
		   struct ipc_server **ret_server)
{
	struct ipc_server *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return -ENOMEM;
	s->roles = roles;
	s->permits = permits;
	s->permit_count = permit_count;
	s->user = user;
	s->event = sd_event_ref(event);
	r = sd_event_add_io(event, &s->listener, listen_fd, EPOLLIN, on_listener, s);
	if (r < 0) {
		ipc_server_free(s);
		return r;
	}
	*ret_server = s;
	return 0;
}

void ipc_server_free(struct ipc_server *s)
{
	if (s == NULL)
		return;
	while (s->peers != NULL)
		peer_close(s->peers);
	(void)sd_event_source_disable_unref(s->listener);
	(void)sd_event_unref(s->event);
	free(s);
}

int ipc_reply(struct ipc_peer *peer, uint16_t type, const void *payload, size_t len)
{
	const struct ipc_head head = { .type = type,
				       .version = IPC_VERSION,
				       .len = (uint32_t)len };
	int r = -EAGAIN;

	if (len > IPC_PAYLOAD_MAX)
		return -EMSGSIZE;
	if (ipc_queue_bytes(&peer->queue) == 0)
		r = ipc_transmit(peer->fd, MSG_DONTWAIT, type, payload, len);
	return r == -EAGAIN ? enqueue(peer, &head, payload) : r;
}

unsigned ipc_peer_role(const struct ipc_peer *peer)
{
	return peer->role;
}

uint64_t ipc_peer_id(const struct ipc_peer *peer)
{
	return peer->id;
}

int ipc_answer(struct ipc_server *s, uint64_t peer_id, uint16_t type, const void *payload,
	       size_t len)
{
	struct ipc_peer *p = s->peers;
	int r;

	while (p != NULL && p->id != peer_id)
		p = p->next;
	if (p == NULL)
		return -ENOENT;
	r = ipc_reply(p, type, payload, len);
	if (r < 0)
		(void)shutdown(p->fd,
			       SHUT_RDWR); /* the loop closes it: it may be in use */
	return r;
}
