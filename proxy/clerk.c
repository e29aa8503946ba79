/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/clerk.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "lib/ipc.h"
#include "lib/mem.h"
#include "lib/paths.h"
#include "lib/str.h"

#define MGMTD_MS 4000

struct clerk {
	char path[PATH_TEXT_MAX];
	struct timespec pace;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t news;
	struct clerk_order *first, **last; /* waiting */
	size_t count;
	int fd; /* to mgmtd, while it is asked; -1: none */
	bool stop;
};

/* Returns false when it is time to stop: the one who stops then ends the call. */
static bool announce(struct clerk *c, int fd)
{
	bool go;

	(void)pthread_mutex_lock(&c->lock);
	go = !c->stop;
	c->fd = go ? fd : -1;
	(void)pthread_mutex_unlock(&c->lock);
	return go;
}

static int send_order(int fd, const struct clerk_order *o)
{
	if (o->type == PROTO_SIGN_IN)
		return ipc_send(fd, o->type, &o->sign_in, sizeof(o->sign_in));
	return ipc_send(fd, o->type, &o->ask, sizeof(o->ask));
}

static int take_reply(struct clerk_order *o, uint16_t type, const void *reply, size_t len)
{
	const struct proto_result *result = reply;

	if (o->type != PROTO_SIGN_IN)
		return type == PROTO_RESULT && len == sizeof(*result) ? result->code
								      : -EBADMSG;
	if (type != PROTO_SIGN_IN_REPLY || len != sizeof(o->reply))
		return -EBADMSG;
	memcpy(&o->reply, reply, sizeof(o->reply));
	return o->reply.code;
}

static int exchange(int fd, struct clerk_order *o)
{
	CLEANUP(free_p) void *reply = malloc(IPC_PAYLOAD_MAX);
	uint16_t type;
	size_t len;
	int r;

	if (reply == NULL)
		return -ENOMEM;
	r = send_order(fd, o);
	if (r == 0)
		r = ipc_recv(fd, &type, reply, IPC_PAYLOAD_MAX, &len);
	return r < 0 ? r : take_reply(o, type, reply, len);
}

static int ask(struct clerk *c, struct clerk_order *o)
{
	CLEANUP(close_p) int fd = -1;
	int r = ipc_connect(c->path, MGMTD_MS, &fd);

	if (r < 0)
		return r;
	if (!announce(c, fd))
		return -ESHUTDOWN;
	r = exchange(fd, o);
	(void)announce(c, -1);
	return r;
}

static void put_back(struct clerk *c, struct clerk_order *o)
{
	(void)pthread_mutex_lock(&c->lock);
	o->next = c->first;
	c->first = o;
	if (o->next == NULL)
		c->last = &o->next;
	c->count++;
	(void)pthread_mutex_unlock(&c->lock);
}

/* Wait for the next one. NULL: it is time to stop. */
static struct clerk_order *take(struct clerk *c)
{
	struct clerk_order *o = NULL;

	(void)pthread_mutex_lock(&c->lock);
	while (c->first == NULL && !c->stop)
		(void)pthread_cond_wait(&c->news, &c->lock);
	if (!c->stop) {
		o = c->first;
		c->first = o->next;
		if (c->first == NULL)
			c->last = &c->first;
		c->count--;
	}
	(void)pthread_mutex_unlock(&c->lock);
	return o;
}

static void *run(void *user)
{
	struct clerk *c = user;
	struct clerk_order *o;

	while ((o = take(c)) != NULL) {
		o->result = ask(c, o);
		if (loop_post(o->loop, &o->post) < 0)
			put_back(c, o); /* its worker has ended: clerk_free() frees it */
		(void)nanosleep(&c->pace, NULL);
	}
	return NULL;
}

/* Signals are the control thread's. */
static int start(struct clerk *c)
{
	sigset_t all, was;
	int r;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &was);
	r = pthread_create(&c->thread, NULL, run, c);
	(void)pthread_sigmask(SIG_SETMASK, &was, NULL);
	c->running = r == 0;
	return -r;
}

int clerk_new(const char *path, unsigned pace_ms, struct clerk **ret_clerk)
{
	struct clerk *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return -ENOMEM;
	c->pace = (struct timespec){ .tv_sec = pace_ms / 1000,
				     .tv_nsec = (long)(pace_ms % 1000) * 1000000 };
	c->last = &c->first;
	c->fd = -1;
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->news, NULL);
	r = str_copy(c->path, sizeof(c->path), path) < 0 ? -ENAMETOOLONG : start(c);
	if (r < 0) {
		clerk_free(c);
		return r;
	}
	*ret_clerk = c;
	return 0;
}

/* With the lock held. */
static bool has_room(const struct clerk *c, const struct clerk_order *o)
{
	size_t same = 0;

	for (const struct clerk_order *w = c->first; w != NULL; w = w->next)
		same += addr_equal(w->src, o->src) ? 1 : 0;
	return c->count < CLERK_WAITING_MAX && same < CLERK_SOURCE_MAX;
}

int clerk_send(struct clerk *c, struct clerk_order *o)
{
	int r = -EBUSY;

	(void)pthread_mutex_lock(&c->lock);
	if (!c->stop && has_room(c, o)) {
		o->next = NULL;
		*c->last = o;
		c->last = &o->next;
		c->count++;
		(void)pthread_cond_signal(&c->news);
		r = 0;
	}
	(void)pthread_mutex_unlock(&c->lock);
	return r;
}

void clerk_stop(struct clerk *c)
{
	if (c == NULL || !c->running)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	if (c->fd != -1)
		(void)shutdown(c->fd, SHUT_RDWR);
	(void)pthread_cond_signal(&c->news);
	(void)pthread_mutex_unlock(&c->lock);
	(void)pthread_join(c->thread, NULL);
	c->running = false;
}

void clerk_free(struct clerk *c)
{
	if (c == NULL)
		return;
	clerk_stop(c);
	while (c->first != NULL) {
		struct clerk_order *o = c->first;

		c->first = o->next;
		explicit_bzero(o, sizeof(*o)); /* there may be a password in it */
		free(o);
	}
	(void)pthread_cond_destroy(&c->news);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
