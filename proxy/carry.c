/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/carry.h"

#include <errno.h>
#include <string.h>

#define MAGIC "SEKITUN1"

/* Bits of a block's flags. */
enum {
	UP_ENDED = 1,
	UP_DONE = 2,
	DOWN_ENDED = 4,
	DOWN_DONE = 8,
	ECH = 16,
	ALARMED = 32,
	FLAGS_END = 64,
};

#define FIXED_LEN (8 * 8 + 2 + 2 + 1 + 2 + 2 + 4 + 4)

size_t carry_size(const struct carry_tunnel *t)
{
	return (size_t)FIXED_LEN + t->ticket_len + t->path_len + t->up.pending_len +
	       t->down.pending_len;
}

static uint8_t flags_of(const struct carry_tunnel *t)
{
	return (uint8_t)((t->up.ended ? UP_ENDED : 0) | (t->up.done ? UP_DONE : 0) |
			 (t->down.ended ? DOWN_ENDED : 0) |
			 (t->down.done ? DOWN_DONE : 0) | (t->tls_ech ? ECH : 0) |
			 (t->alarmed ? ALARMED : 0));
}

void carry_put(struct wr *w, const struct carry_tunnel *t)
{
	wr_be64(w, t->client);
	wr_be64(w, t->origin);
	wr_be64(w, t->sent);
	wr_be64(w, (uint64_t)t->opened_ms);
	wr_be64(w, (uint64_t)t->active_ms);
	wr_be64(w, (uint64_t)t->born_ms);
	wr_be64(w, t->up.bytes);
	wr_be64(w, t->down.bytes);
	wr_be16(w, t->meant_port);
	wr_be16(w, t->tls_version);
	wr_u8(w, flags_of(t));
	wr_be16(w, t->ticket_len);
	wr_bytes(w, t->ticket, t->ticket_len);
	wr_be16(w, t->path_len);
	wr_bytes(w, t->path, t->path_len);
	wr_be32(w, t->up.pending_len);
	wr_bytes(w, t->up.pending, t->up.pending_len);
	wr_be32(w, t->down.pending_len);
	wr_bytes(w, t->down.pending, t->down.pending_len);
}

void carry_put_head(struct wr *w, uint32_t count, int64_t now_ms)
{
	wr_bytes(w, MAGIC, 8);
	wr_be32(w, count);
	wr_be64(w, (uint64_t)now_ms);
}

static void take_flags(struct carry_tunnel *t, uint8_t flags)
{
	t->up.ended = (flags & UP_ENDED) != 0;
	t->up.done = (flags & UP_DONE) != 0;
	t->down.ended = (flags & DOWN_ENDED) != 0;
	t->down.done = (flags & DOWN_DONE) != 0;
	t->tls_ech = (flags & ECH) != 0;
	t->alarmed = (flags & ALARMED) != 0;
}

/* Returns false at the end of what is there. */
static bool take(struct rd *r, struct carry_tunnel *t)
{
	uint8_t flags;

	t->client = rd_be64(r);
	t->origin = rd_be64(r);
	t->sent = rd_be64(r);
	t->opened_ms = (int64_t)rd_be64(r);
	t->active_ms = (int64_t)rd_be64(r);
	t->born_ms = (int64_t)rd_be64(r);
	t->up.bytes = rd_be64(r);
	t->down.bytes = rd_be64(r);
	t->meant_port = rd_be16(r);
	t->tls_version = rd_be16(r);
	flags = rd_u8(r);
	t->ticket_len = rd_be16(r);
	t->ticket = rd_take(r, t->ticket_len);
	t->path_len = rd_be16(r);
	t->path = rd_take(r, t->path_len);
	t->up.pending_len = rd_be32(r);
	t->up.pending = rd_take(r, t->up.pending_len);
	t->down.pending_len = rd_be32(r);
	t->down.pending = rd_take(r, t->down.pending_len);
	take_flags(t, flags);
	return !rd_failed(r) && flags < FLAGS_END;
}

static bool is_sound_flow(const struct carry_flow *f)
{
	return f->pending_len <= CARRY_PENDING_MAX && (!f->done || f->ended) &&
	       (!f->done || f->pending_len == 0) &&
	       f->pending_len <= f->bytes + CARRY_PATH_MAX && f->bytes <= INT64_MAX;
}

static bool is_sound_time(const struct carry_tunnel *t, int64_t left_ms)
{
	return t->born_ms >= 0 && t->born_ms <= t->opened_ms && t->opened_ms <= left_ms &&
	       t->active_ms >= t->opened_ms && t->active_ms <= left_ms;
}

static bool is_sound(const struct carry_tunnel *t, int64_t left_ms,
		     struct record *ret_open)
{
	return is_sound_flow(&t->up) && is_sound_flow(&t->down) &&
	       is_sound_time(t, left_ms) && t->sent <= INT64_MAX &&
	       t->path_len <= CARRY_PATH_MAX &&
	       (t->path_len == 0 || memchr(t->path, '\0', t->path_len) == NULL) &&
	       t->ticket_len <= RECORD_ENCODED_MAX &&
	       record_decode(t->ticket, t->ticket_len, ret_open) == 0 &&
	       ret_open->kind == RECORD_PROXY_OPEN && ret_open->conn != 0;
}

bool carry_next(struct carry *c, struct carry_tunnel *ret_tunnel, struct record *ret_open)
{
	return c->left.left != 0 && take(&c->left, ret_tunnel) &&
	       is_sound(ret_tunnel, c->left_ms, ret_open);
}

int carry_open(const void *data, size_t len, struct carry *ret_carry)
{
	struct carry c = { .left = rd_of(data, len) }, look;
	const uint8_t *magic = rd_take(&c.left, 8);
	struct carry_tunnel t;
	struct record open;
	uint32_t n = 0;

	c.count = rd_be32(&c.left);
	c.left_ms = (int64_t)rd_be64(&c.left);
	if (rd_failed(&c.left) || memcmp(magic, MAGIC, 8) != 0 || c.left_ms < 0 ||
	    c.count > CARRY_TUNNELS_MAX || len > CARRY_TOTAL_MAX)
		return -EBADMSG;
	look = c;
	for (; look.left.left != 0; n++) {
		if (!carry_next(&look, &t, &open))
			return -EBADMSG;
	}
	if (n != c.count)
		return -EBADMSG;
	*ret_carry = c;
	return 0;
}
