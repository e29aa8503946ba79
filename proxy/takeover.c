/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/takeover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "proxy/handover.h"
#include "proxy/keepfd.h"
#include "proxy/resume.h"

#define AREA "proxyd"

struct known { /* a socket that was handed in */
	uint64_t cookie;
	int fd; /* owned; -1: in use */
};

struct taking {
	struct engine *e;
	struct declog log; /* for what ends without having been open here */
	struct known *socket; /* owned, by cookie */
	size_t socket_count;
	uint64_t *seen; /* owned: connections that came, or ended */
	size_t seen_count;
	size_t open;
	/* an order to a worker */
	struct worker *w;
	const struct carry_tunnel *t;
	const struct record *record;
	int client, origin, result;
};

static int by_cookie(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	return x->cookie < y->cookie ? -1 : x->cookie > y->cookie;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Sort what came into sockets and the description. Returns the latter, or -1. */
static int sort_out(struct taking *t, const int *fd, size_t count)
{
	int memory = -1;

	for (size_t i = 0; i < count; i++) {
		struct known k = { .fd = fd[i] };
		socklen_t len = sizeof(k.cookie);
		struct stat st;

		if (getsockopt(fd[i], SOL_SOCKET, SO_COOKIE, &k.cookie, &len) == 0)
			t->socket[t->socket_count++] = k;
		else if (memory == -1 && fstat(fd[i], &st) == 0 && S_ISREG(st.st_mode))
			memory = fd[i];
		else
			(void)close(fd[i]);
	}
	qsort(t->socket, t->socket_count, sizeof(*t->socket), by_cookie);
	return memory;
}

/* Returns 0 with the bytes, which the caller frees, or a negative errno. */
static int read_memory(int fd, char **ret_data, size_t *ret_len)
{
	CLEANUP(free_p) char *data = NULL;
	struct stat st;
	size_t len;

	if (fstat(fd, &st) == -1)
		return -errno;
	if (st.st_size <= 0 || st.st_size > CARRY_TOTAL_MAX)
		return -EBADMSG;
	len = (size_t)st.st_size;
	data = malloc(len);
	if (data == NULL)
		return -ENOMEM;
	for (size_t at = 0; at < len;) {
		ssize_t n = pread(fd, data + at, len - at, (off_t)at);

		if (n <= 0)
			return n == 0 ? -EBADMSG : -errno;
		at += (size_t)n;
	}
	*ret_data = STEAL(data);
	*ret_len = len;
	return 0;
}

/* The socket with that cookie, which is then the caller's; -1: it did not come. */
static int take_socket(struct taking *t, uint64_t cookie)
{
	struct known key = { .cookie = cookie }, *k;

	if (t->socket_count == 0)
		return -1;
	k = bsearch(&key, t->socket, t->socket_count, sizeof(key), by_cookie);
	return k != NULL ? steal_fd(&k->fd) : -1;
}

static void resume_here(void *user)
{
	struct taking *t = user;

	t->result = resume_tunnel(t->w, t->t, t->record, t->client, t->origin);
}

static int resume(struct taking *t)
{
	int r;

	if (t->client == -1 || t->origin == -1)
		return -ENOTCONN;
	r = loop_call(t->w->loop, resume_here, t);
	return r < 0 ? r : t->result;
}

static void take_one(struct taking *t, const struct carry_tunnel *tunnel,
		     const struct record *record, int64_t left_ms)
{
	t->w = engine_worker(t->e, t->seen_count % t->e->thread_count);
	t->t = tunnel;
	t->record = record;
	t->client = take_socket(t, tunnel->client);
	t->origin = take_socket(t, tunnel->origin);
	if (resume(t) == 0) {
		t->open++;
	} else {
		close_p(&t->client);
		close_p(&t->origin);
		handover_record_end(&t->log, tunnel, left_ms, REASON_SHUTDOWN);
	}
	t->seen[t->seen_count++] = record->conn;
}

/* Everything that the description has. Returns 0 or a negative errno: nothing was taken. */
static int take_described(struct taking *t, int memory)
{
	CLEANUP(free_p) char *data = NULL;
	struct carry_tunnel tunnel;
	struct record record;
	struct carry c;
	size_t len = 0;
	int r = read_memory(memory, &data, &len);

	if (r == 0)
		r = carry_open(data, len, &c);
	if (r < 0)
		return r;
	while (carry_next(&c, &tunnel, &record))
		take_one(t, &tunnel, &record, c.left_ms);
	return 0;
}

/* The file, in which those are, too, that did not come. */
static void record_missing(struct taking *t, const char *path)
{
	CLEANUP(free_p) char *data = NULL;
	struct carry_tunnel tunnel;
	struct record record;
	struct carry c;
	size_t len;
	int r = fdio_read_file(path, CARRY_TOTAL_MAX, &data, &len);

	if (r == -ENOENT)
		return;
	if (r == 0)
		r = carry_open(data, len, &c);
	if (r < 0) {
		log_err(AREA, "%s cannot be read: the ends of tunnels are not on record",
			path);
		return;
	}
	qsort(t->seen, t->seen_count, sizeof(*t->seen), by_number);
	while (carry_next(&c, &tunnel, &record)) {
		if (t->seen_count == 0 || bsearch(&record.conn, t->seen, t->seen_count,
						  sizeof(record.conn), by_number) == NULL)
			handover_record_end(&t->log, &tunnel, c.left_ms, REASON_SHUTDOWN);
	}
}

static void finish(struct taking *t, const char *path)
{
	record_missing(t, path);
	/* once they are written they are not to be written again */
	if (declog_flush(&t->log) < 0)
		log_err(AREA, "the records of tunnels that ended could not be written");
	else
		(void)unlink(path);
	declog_clear(&t->log);
	for (size_t i = 0; i < t->socket_count; i++)
		close_p(&t->socket[i].fd);
}

static void take(struct taking *t, const char *path, const int *fd, size_t count,
		 bool keep)
{
	int memory = sort_out(t, fd, count), r = 0;

	if (count != 0) /* what others hold open could not be ended */
		keepfd_forget_now(HANDOVER_NAME);
	if (memory != -1 && keep)
		r = take_described(t, memory);
	if (r < 0)
		log_err(AREA, "the tunnels handed over cannot be taken up: %s",
			strerror(-r));
	close_p(&memory);
	finish(t, path);
	if (t->open != 0)
		log_info(AREA, "%zu open tunnels taken over", t->open);
}

size_t takeover_run(struct engine *e, const char *path, bool keep)
{
	CLEANUP(free_p) int *fd = calloc(HANDOVER_FDS_MAX, sizeof(*fd));
	CLEANUP(free_p) struct known *socket = calloc(HANDOVER_FDS_MAX, sizeof(*socket));
	CLEANUP(free_p) uint64_t *seen = calloc(CARRY_TUNNELS_MAX, sizeof(*seen));
	struct taking t = {
		.e = e, .log = { .sink = &e->sink }, .socket = socket, .seen = seen
	};

	if (fd == NULL || socket == NULL || seen == NULL) {
		log_err(AREA, "no memory to take tunnels over");
		return 0;
	}
	take(&t, path, fd, keepfd_take(HANDOVER_NAME, fd, HANDOVER_FDS_MAX), keep);
	return t.open;
}
