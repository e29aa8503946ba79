/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "proxy/keepfd.h"
#include "proxy/resume.h"

#define AREA "proxyd"

/* What is gathered from the workers, one after the other. */
struct leaving {
	struct worker *w;
	uint8_t *pending; /* owned: room for one tunnel's bytes */
	uint8_t *full; /* owned: head and blocks */
	size_t full_len;
	uint8_t *brief; /* owned: the same, without bytes that wait */
	size_t brief_len;
	uint32_t count;
	int fd[HANDOVER_FDS_MAX]; /* owned: two for each, then the memfd */
	size_t fd_count;
};

static int grow(uint8_t **data, size_t len)
{
	uint8_t *p = realloc(*data, len);

	if (p != NULL)
		*data = p;
	return p != NULL ? 0 : -ENOMEM;
}

static void put(uint8_t *data, size_t *len, const struct carry_tunnel *t)
{
	struct wr w = wr_of(data + *len, carry_size(t));

	carry_put(&w, t);
	*len += w.len;
}

static int add(struct leaving *l, struct conn *c)
{
	struct carry_tunnel t, bare;
	int r = resume_describe(c, l->pending, &t);

	if (r < 0)
		return r;
	bare = t;
	bare.up.pending_len = bare.down.pending_len = 0;
	if (l->full_len + carry_size(&t) > CARRY_TOTAL_MAX)
		return -EMSGSIZE;
	if (grow(&l->full, l->full_len + carry_size(&t)) < 0 ||
	    grow(&l->brief, l->brief_len + carry_size(&bare)) < 0)
		return -ENOMEM;
	put(l->full, &l->full_len, &t);
	put(l->brief, &l->brief_len, &bare);
	l->count++;
	resume_leave(c, &l->fd[l->fd_count], &l->fd[l->fd_count + 1]);
	l->fd_count += 2;
	return 0;
}

static void leave_here(void *user)
{
	struct leaving *l = user;
	struct conn *next;

	for (struct conn *c = l->w->live; c != NULL && l->count < CARRY_TUNNELS_MAX;
	     c = next) {
		next = c->next;
		if (resume_may_leave(c) && add(l, c) < 0)
			conn_end(c, REASON_SHUTDOWN);
	}
}

static void set_head(struct leaving *l)
{
	int64_t now_ms = mono_now().us / 1000;
	struct wr full = wr_of(l->full, CARRY_HEAD_LEN);
	struct wr brief = wr_of(l->brief, CARRY_HEAD_LEN);

	carry_put_head(&full, l->count, now_ms);
	carry_put_head(&brief, l->count, now_ms);
}

/* The memfd goes last: without it the sockets are nothing. */
static int store(struct leaving *l)
{
	int fd = memfd_create("sekisho-tunnels", MFD_CLOEXEC), r;

	if (fd == -1)
		return -errno;
	l->fd[l->fd_count++] = fd;
	r = fdio_write_all(fd, l->full, l->full_len);
	return r < 0 ? r : keepfd_store_all(HANDOVER_NAME, l->fd, l->fd_count);
}

void handover_record_end(struct declog *d, const struct carry_tunnel *t, int64_t left_ms,
			 enum reason reason)
{
	CLEANUP(free_p)
	struct declog_ticket *ticket = malloc(sizeof(*ticket) + t->ticket_len);
	struct declog_end end = {
		.reason = reason,
		.bytes_up = t->up.bytes,
		.bytes_down = t->down.bytes,
		.duration_ms = (uint32_t)(left_ms - t->opened_ms),
	};

	if (ticket == NULL) {
		d->dropped++;
		return;
	}
	ticket->len = t->ticket_len;
	memcpy(ticket->record, t->ticket, t->ticket_len);
	declog_close(d, ticket, &end, wall_us());
}

/* Nobody takes them: they end here after all. */
static void end_all(struct engine *e, struct leaving *l)
{
	struct declog d = { .sink = &e->sink };
	struct carry_tunnel t;
	struct record open;
	struct carry c;

	if (carry_open(l->brief, l->brief_len, &c) < 0)
		return; /* what we wrote ourselves */
	while (carry_next(&c, &t, &open))
		handover_record_end(&d, &t, c.left_ms, REASON_SHUTDOWN);
	if (declog_flush(&d) < 0)
		log_err(AREA, "the records of tunnels that ended could not be written");
	declog_clear(&d);
}

static int begin(struct leaving *l)
{
	l->full_len = l->brief_len = CARRY_HEAD_LEN;
	l->pending = malloc((size_t)2 * CARRY_PENDING_MAX);
	return l->pending == NULL || grow(&l->full, CARRY_HEAD_LEN) < 0 ||
			       grow(&l->brief, CARRY_HEAD_LEN) < 0
		       ? -ENOMEM
		       : 0;
}

static int give(struct engine *e, struct leaving *l, const char *path)
{
	int r;

	for (size_t i = 0; i < e->thread_count; i++) {
		l->w = engine_worker(e, i);
		if (loop_call(l->w->loop, leave_here, l) < 0)
			log_warn(AREA, "a worker has ended before: its tunnels end");
	}
	if (l->count == 0)
		return 0;
	set_head(l);
	/* first: should the store not keep them, the next one records their end */
	r = fdio_replace_file(path, 0640, l->brief, l->brief_len);
	if (r == 0)
		r = store(l);
	if (r < 0) {
		log_warn(AREA, "open tunnels cannot be handed over: %s", strerror(-r));
		keepfd_forget(HANDOVER_NAME);
		(void)unlink(path);
		end_all(e, l);
	}
	return r;
}

size_t handover_leave(struct engine *e, const char *path)
{
	struct leaving *l = keepfd_is_possible() ? calloc(1, sizeof(*l)) : NULL;
	size_t left = 0;

	if (l == NULL)
		return 0;
	if (begin(l) == 0 && give(e, l, path) == 0)
		left = l->count;
	for (size_t i = 0; i < l->fd_count; i++)
		(void)close(l->fd[i]);
	free(l->pending);
	free(l->full);
	free(l->brief);
	free(l);
	return left;
}
