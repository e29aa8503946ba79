/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/loop.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/mono.h"
#include "proxy/spares.h"
#include "proxy/timers.h"

#define EVENTS_MAX 256 /* of one wait */

/* A post that somebody waits for. */
struct call {
	struct loop_post post; /* first: the same pointer */
	bool done;
};

struct loop {
	int epoll;
	int wake; /* eventfd: posts are waiting, or it is time to stop */
	struct epoll_event event[EVENTS_MAX]; /* of this round */
	bool serving; /* events of this round: what is freed meanwhile goes to gone */
	struct loop_io *gone; /* linked by user */
	struct spares ios;
	struct timers timers;
	struct loop_defer *deferred;
	struct mono now;
	int64_t wall_us;
	uint64_t round;
	loop_fn *hook;
	void *hook_user;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t answered;
	struct loop_post *first, **last;
	bool stop; /* asked to */
	bool ended; /* does not take posts any more */
};

static void read_clocks(struct loop *l)
{
	l->now = mono_now();
	l->wall_us = wall_us();
}

int loop_new(struct loop **ret_loop)
{
	struct loop *l = calloc(1, sizeof(*l));
	struct epoll_event e = { .events = EPOLLIN }; /* data.ptr NULL: the wake */
	int r;

	if (l == NULL)
		return -ENOMEM;
	l->last = &l->first;
	l->wake = -1;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll != -1)
		l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake == -1 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wake, &e) == -1) {
		r = -errno;
		if (l->wake != -1)
			(void)close(l->wake);
		if (l->epoll != -1)
			(void)close(l->epoll);
		free(l);
		return r;
	}
	(void)pthread_mutex_init(&l->lock, NULL);
	(void)pthread_cond_init(&l->answered, NULL);
	read_clocks(l);
	*ret_loop = l;
	return 0;
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	timers_clear(&l->timers);
	spares_clear(&l->ios);
	(void)close(l->wake);
	(void)close(l->epoll);
	(void)pthread_cond_destroy(&l->answered);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

static void wake(const struct loop *l)
{
	uint64_t one = 1;

	/* it cannot fail but by being full, and then it wakes too */
	if (write(l->wake, &one, sizeof(one)) == -1)
		return;
}

/* Take the posts that wait, with the lock held. */
static struct loop_post *take_posts(struct loop *l)
{
	struct loop_post *p = l->first;

	l->first = NULL;
	l->last = &l->first;
	return p;
}

/* Returns true when it is time to stop. */
static bool serve_posts(struct loop *l)
{
	struct loop_post *p;
	bool stop;

	(void)pthread_mutex_lock(&l->lock);
	p = take_posts(l);
	stop = l->stop;
	(void)pthread_mutex_unlock(&l->lock);
	while (p != NULL) {
		struct loop_post *next = p->next; /* fn may free p */
		struct call *c = p->waited ? (struct call *)(void *)p : NULL;

		p->fn(p->user);
		if (c != NULL) { /* its caller's: gone once it is done */
			(void)pthread_mutex_lock(&l->lock);
			c->done = true;
			(void)pthread_cond_broadcast(&l->answered);
			(void)pthread_mutex_unlock(&l->lock);
		}
		p = next;
	}
	return stop;
}

/* Nobody serves posts from now on: serve those that came before. */
static void end(struct loop *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->ended = true;
	(void)pthread_mutex_unlock(&l->lock);
	(void)serve_posts(l);
}

/* With the lock held. Returns 0 or -ESHUTDOWN. */
static int enqueue(struct loop *l, struct loop_post *p)
{
	if (l->ended)
		return -ESHUTDOWN;
	p->next = NULL;
	*l->last = p;
	l->last = &p->next;
	wake(l);
	return 0;
}

int loop_call(struct loop *l, loop_fn *fn, void *user)
{
	struct call c = { .post = { .fn = fn, .user = user, .waited = true } };
	int r;

	(void)pthread_mutex_lock(&l->lock);
	r = enqueue(l, &c.post);
	while (r == 0 && !c.done)
		(void)pthread_cond_wait(&l->answered, &l->lock);
	(void)pthread_mutex_unlock(&l->lock);
	return r;
}

int loop_post(struct loop *l, struct loop_post *p)
{
	int r;

	(void)pthread_mutex_lock(&l->lock);
	p->waited = false;
	r = enqueue(l, p);
	(void)pthread_mutex_unlock(&l->lock);
	return r;
}

void loop_stop(struct loop *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->stop = true;
	(void)pthread_mutex_unlock(&l->lock);
	wake(l);
}

static int wait_ms(const struct loop *l)
{
	int64_t next = timers_next(&l->timers), left;

	if (l->deferred != NULL)
		return 0;
	if (next == INT64_MAX)
		return -1;
	left = next - l->now.us / 1000;
	if (left <= 0)
		return 0;
	return left < INT_MAX ? (int)left : INT_MAX;
}

static void free_gone(struct loop *l)
{
	while (l->gone != NULL) {
		struct loop_io *io = l->gone;

		l->gone = io->user;
		spares_give(&l->ios, io);
	}
}

static bool serve_events(struct loop *l, int event_count)
{
	bool stop = false;

	l->serving = true;
	for (int i = 0; i < event_count; i++) {
		const struct epoll_event *e = &l->event[i];
		struct loop_io *io = e->data.ptr;
		uint64_t count;

		if (io == NULL) {
			if (read(l->wake, &count, sizeof(count)) > 0)
				stop = serve_posts(l);
		} else if (io->fn != NULL) { /* else freed in this round */
			io->ready |= e->events;
			io->fn(io);
		}
	}
	l->serving = false;
	free_gone(l);
	return stop;
}

/* What is deferred meanwhile is for the next round. */
static void serve_deferred(struct loop *l)
{
	struct loop_defer *list = l->deferred;

	l->deferred = NULL;
	if (list != NULL)
		list->link = &list;
	while (list != NULL) {
		struct loop_defer *d = list;

		loop_defer_clear(d);
		d->fn(d->user);
	}
}

static void fire_timers(struct loop *l)
{
	int64_t now = loop_now_ms(l);
	struct loop_timer *t;

	while ((t = timers_take(&l->timers, now)) != NULL)
		t->fn(t->user);
}

int loop_run(struct loop *l)
{
	bool stop = false;
	int r = 0;

	while (!stop) {
		int n;

		l->now = mono_now(); /* a round may be long, and the wait is from now */
		n = epoll_wait(l->epoll, l->event, EVENTS_MAX, wait_ms(l));
		if (n == -1 && errno != EINTR) {
			r = -errno;
			break;
		}
		read_clocks(l);
		l->round++;
		stop = serve_events(l, n);
		serve_deferred(l);
		fire_timers(l);
		if (l->hook != NULL)
			l->hook(l->hook_user);
	}
	end(l);
	return r;
}

void loop_set_round_hook(struct loop *l, loop_fn *fn, void *user)
{
	l->hook = fn;
	l->hook_user = user;
}

int64_t loop_now_ms(const struct loop *l)
{
	return l->now.us / 1000;
}

int64_t loop_wall_us(const struct loop *l)
{
	return l->wall_us;
}

uint64_t loop_round(const struct loop *l)
{
	return l->round;
}

int loop_io_new(struct loop *l, int fd, uint32_t events, loop_io_fn *fn, void *user,
		struct loop_io **ret_io)
{
	struct loop_io *io = spares_take(&l->ios, sizeof(*io));
	struct epoll_event e = { .events = events, .data.ptr = io };
	int r;

	if (io == NULL)
		return -ENOMEM;
	*io = (struct loop_io){ .loop = l, .fd = fd, .fn = fn, .user = user };
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) == -1) {
		r = -errno;
		spares_give(&l->ios, io);
		return r;
	}
	*ret_io = io;
	return 0;
}

int loop_io_set(struct loop_io *io, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = io };

	return epoll_ctl(io->loop->epoll, EPOLL_CTL_MOD, io->fd, &e) == -1 ? -errno : 0;
}

/* What this round still holds for it must not be delivered: its memory stays until then. */
static void forget(struct loop_io *io)
{
	struct loop *l = io->loop;

	if (!l->serving) {
		spares_give(&l->ios, io);
		return;
	}
	io->fn = NULL;
	io->user = l->gone;
	l->gone = io;
}

void loop_io_free(struct loop_io *io)
{
	if (io == NULL)
		return;
	(void)epoll_ctl(io->loop->epoll, EPOLL_CTL_DEL, io->fd, NULL);
	forget(io);
}

void loop_io_close(struct loop_io *io)
{
	if (io == NULL)
		return;
	(void)close(io->fd); /* epoll forgets what has no descriptor any more */
	forget(io);
}

int loop_timer_set(struct loop *l, struct loop_timer *t, int64_t ms)
{
	return timers_set(&l->timers, t, loop_now_ms(l) + ms);
}

void loop_timer_clear(struct loop *l, struct loop_timer *t)
{
	timers_remove(&l->timers, t);
}

void loop_defer(struct loop *l, struct loop_defer *d)
{
	if (d->link != NULL)
		return;
	d->next = l->deferred;
	if (d->next != NULL)
		d->next->link = &d->next;
	d->link = &l->deferred;
	l->deferred = d;
}

void loop_defer_clear(struct loop_defer *d)
{
	if (d->link == NULL)
		return;
	*d->link = d->next;
	if (d->next != NULL)
		d->next->link = d->link;
	d->link = NULL;
}
