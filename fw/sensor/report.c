/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/paths.h"
#include "lib/str.h"

#define CONNECT_MS 100 /* only a full backlog makes connecting wait at all */

struct report {
	sd_event *event;
	sd_event_source *source;
	report_next_fn *next;
	void *user;
	char path[PATH_TEXT_MAX];
	int fd; /* -1: not connected */
	bool again; /* tell everything, from cursor on */
	uint64_t cursor;
	uint64_t sent;
	size_t first;
	size_t count;
	uint16_t type;
	size_t size;
	uint8_t queue[]; /* REPORT_QUEUE_MAX of size bytes */
};

int report_new(sd_event *event, const char *path, enum proto_type type, size_t size,
	       report_next_fn *next, void *user, struct report **ret_report)
{
	struct report *r = calloc(1, sizeof(*r) + REPORT_QUEUE_MAX * size);

	if (r == NULL)
		return -ENOMEM;
	r->fd = -1;
	r->type = (uint16_t)type;
	r->size = size;
	r->next = next;
	r->user = user;
	if (str_copy(r->path, sizeof(r->path), path) < 0) {
		free(r);
		return -ENAMETOOLONG;
	}
	r->event = sd_event_ref(event);
	*ret_report = r;
	return 0;
}

static void disconnect(struct report *r)
{
	r->source = sd_event_source_disable_unref(r->source);
	close_p(&r->fd);
	r->fd = -1;
}

void report_free(struct report *r)
{
	if (r == NULL)
		return;
	disconnect(r);
	(void)sd_event_unref(r->event);
	free(r);
}

/* The nth place behind the first. */
static uint8_t *place_of(struct report *r, size_t n)
{
	return r->queue + (r->first + n) % REPORT_QUEUE_MAX * r->size;
}

/* Put what is to be told again behind the queue, while there is room. */
static void refill(struct report *r)
{
	while (r->again && r->count < REPORT_QUEUE_MAX) {
		if (r->next(&r->cursor, place_of(r, r->count), r->user))
			r->count++;
		else
			r->again = false;
	}
}

/* Send until the queue is empty or the socket is full. */
static int send_queue(struct report *r)
{
	refill(r);
	while (r->count != 0) {
		int e = ipc_send(r->fd, r->type, place_of(r, 0), r->size);

		if (e == -ETIMEDOUT) /* the descriptor does not block */
			return sd_event_source_set_io_events(r->source,
							     EPOLLIN | EPOLLOUT);
		if (e < 0)
			return e;
		r->first = (r->first + 1) % REPORT_QUEUE_MAX;
		r->count--;
		r->sent++;
		if (r->count == 0)
			refill(r);
	}
	return sd_event_source_set_io_events(r->source, EPOLLIN);
}

static void flush(struct report *r)
{
	int e = send_queue(r);

	if (e >= 0)
		return;
	log_warn("sensord", "mgmtd is gone (%s); keeping up to %d messages", strerror(-e),
		 REPORT_QUEUE_MAX);
	disconnect(r);
}

static int on_socket(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct report *r = user;

	(void)source;
	(void)fd;
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) {
		/* nothing is ever answered: this is the end */
		log_warn("sensord", "mgmtd closed the connection; connecting again");
		disconnect(r);
		return 0;
	}
	flush(r);
	return 0;
}

static int connect_now(struct report *r)
{
	CLEANUP(close_p) int fd = -1;
	int e = ipc_connect(r->path, CONNECT_MS, &fd);

	if (e < 0)
		return e;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		return -errno;
	e = sd_event_add_io(r->event, &r->source, fd, EPOLLIN, on_socket, r);
	if (e < 0)
		return e;
	r->fd = steal_fd(&fd);
	return 0;
}

void report_add(struct report *r, const void *message)
{
	if (r->count == REPORT_QUEUE_MAX) {
		r->again = true;
		r->cursor = 0;
	} else {
		memcpy(place_of(r, r->count), message, r->size);
		r->count++;
	}
	if (r->fd >= 0)
		flush(r);
}

void report_tick(struct report *r)
{
	if (r->fd < 0) {
		if (connect_now(r) < 0)
			return;
		log_info("sensord", "connected to mgmtd");
		/* what the last connection took may have died with mgmtd */
		r->again = true;
		r->cursor = 0;
	}
	flush(r);
}

bool report_is_connected(const struct report *r)
{
	return r->fd >= 0;
}

uint64_t report_sent(const struct report *r)
{
	return r->sent;
}
