/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ROUNDS_MAX \
	4 /* in one wake-up, so that one fast client does not hold the others */

static ssize_t send_some(int to, const char *p, size_t len)
{
	ssize_t n;

	do {
		n = send(to, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -EPIPE;
	return n;
}

int tunnel_queue(struct tunnel_dir *d, const char *data, size_t len)
{
	char *p;

	if (len == 0)
		return 0;
	p = malloc(d->rest_len + len);
	if (p == NULL)
		return -ENOMEM;
	if (d->rest_len != 0)
		memcpy(p, d->rest + d->rest_off, d->rest_len);
	memcpy(p + d->rest_len, data, len);
	free(d->rest);
	d->rest = p;
	d->rest_off = 0;
	d->rest_len += len;
	return 0;
}

void tunnel_clear(struct tunnel_dir *d)
{
	free(d->rest);
	*d = (struct tunnel_dir){ .bytes = d->bytes, .ended = true, .done = true };
}

ssize_t tunnel_flush(struct tunnel_dir *d, int to)
{
	ssize_t n;

	if (d->rest_len == 0)
		return 0;
	n = send_some(to, d->rest + d->rest_off, d->rest_len);
	if (n <= 0)
		return n;
	d->rest_off += (size_t)n;
	d->rest_len -= (size_t)n;
	if (d->rest_len == 0) {
		free(d->rest);
		d->rest = NULL;
		d->rest_off = 0;
	}
	return n;
}

/* Read once: bytes, 0 (closed) or -EAGAIN and others. */
static ssize_t read_some(int from, char *scratch)
{
	ssize_t n;

	do {
		n = recv(from, scratch, TUNNEL_CHUNK, MSG_DONTWAIT);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? -errno : n;
}

static int pass_on(struct tunnel_dir *d, int to, const struct tunnel_out *out)
{
	ssize_t n = out->len != 0 ? send_some(to, out->p, out->len) : 0;

	if (n < 0)
		return (int)n;
	d->bytes += out->len;
	d->ended = out->end;
	return tunnel_queue(d, out->p + n, out->len - (size_t)n);
}

static int finish(struct tunnel_dir *d, int to)
{
	d->done = true;
	if (d->keep_open || shutdown(to, SHUT_WR) == 0)
		return 0;
	return errno == ENOTCONN ? 0 : -EPIPE;
}

ssize_t tunnel_pump(struct tunnel_dir *d, int from, int to, char *scratch)
{
	ssize_t moved = tunnel_flush(d, to), n;
	int r = 0;

	if (moved < 0)
		return moved;
	for (int i = 0; i < ROUNDS_MAX && tunnel_wants_read(d); i++) {
		struct tunnel_out out = { .p = scratch };

		n = read_some(from, scratch);
		if (n == -EAGAIN || n == -EWOULDBLOCK)
			break;
		if (n < 0)
			return n;
		out.len = (size_t)n;
		out.end = n == 0;
		if (d->filter != NULL)
			r = d->filter(d->user, scratch, (size_t)n, &out);
		if (r == 0)
			r = pass_on(d, to, &out);
		if (r < 0)
			return r;
		moved += n;
	}
	if (d->ended && d->rest_len == 0 && !d->done)
		r = finish(d, to);
	return r < 0 ? r : moved;
}
