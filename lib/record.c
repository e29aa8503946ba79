/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/record.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "lib/mono.h"
#include "lib/rd.h"
#include "lib/str.h"
#include "lib/wr.h"

#define FORMAT 1 /* first byte; a changed layout gets a new number */

static const char *const kind_names[] = {
	[RECORD_FLOW_OPEN] = "flow-open",
	[RECORD_FLOW_CLOSE] = "flow-close",
	[RECORD_FLOW_DENY] = "flow-deny",
	[RECORD_PROXY_OPEN] = "proxy-open",
	[RECORD_PROXY_CLOSE] = "proxy-close",
	[RECORD_PROXY_DENY] = "proxy-deny",
	[RECORD_DEVICE_SEEN] = "device-seen",
	[RECORD_CHANGE] = "change",
	[RECORD_READ] = "read",
	[RECORD_SIGN_IN] = "sign-in",
	[RECORD_GAP] = "gap",
	[RECORD_SERVICE] = "service",
	[RECORD_PROXY_ALARM] = "proxy-alarm",
};

const char *record_kind_name(uint16_t kind)
{
	if (kind >= ARRAY_LEN(kind_names) || kind_names[kind] == NULL)
		return "unknown";
	return kind_names[kind];
}

int record_kind_of_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
		if (kind_names[i] != NULL && strcmp(kind_names[i], name) == 0)
			return (int)i;
	}
	return -EINVAL;
}

/* Printable ASCII throughout? May say no of what is, eight bytes at a time. */
static bool is_plain(const char *p, size_t len)
{
	uint64_t word, odd = 0;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		/* borrowed from below 0x20, carried over from 0x7f, or set before */
		odd |= (word - 0x2020202020202020u) | (word + 0x0101010101010101u) | word;
	}
	for (; len != 0; p++, len--)
		odd |= *p < 0x20 || *p == 0x7f ? 0x80u : 0;
	return (odd & 0x8080808080808080u) == 0;
}

void record_set_str(char *dst, size_t size, const char *src)
{
	size_t used = strnlen(src, size);

	if (used < size && is_plain(src, used)) { /* most are */
		memcpy(dst, src, used + 1);
		return;
	}
	used = 0;
	while (*src != '\0') {
		size_t len, step;

		while (*src >= 0x20 && *src < 0x7f && used + 1 < size)
			dst[used++] = *src++;
		if (*src == '\0')
			break;
		len = str_printable_char(src);
		step = len != 0 ? len : 1;
		if (used + step >= size)
			break;
		if (len != 0)
			memcpy(dst + used, src, len);
		else
			dst[used] = '?';
		used += step;
		src += step;
	}
	dst[used] = '\0';
}

struct record record_gap(uint64_t count, enum reason reason, const char *where)
{
	struct record gap = {
		.time_us = wall_us(),
		.kind = RECORD_GAP,
		.reason = (uint16_t)reason,
		.count = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX,
	};

	record_set_str(gap.detail, sizeof(gap.detail), where);
	return gap;
}

static void put_addr(struct wr *w, struct addr a)
{
	wr_u8(w, a.family);
	wr_bytes(w, a.bytes, a.family == 4 ? 4 : a.family == 6 ? 16 : 0);
}

size_t record_encode(const struct record *rec, uint8_t *dst)
{
	struct wr w = wr_of(dst, RECORD_ENCODED_MAX);

	wr_u8(&w, FORMAT);
	wr_be64(&w, (uint64_t)rec->time_us);
	wr_be16(&w, rec->kind);
	wr_be16(&w, rec->reason);
	wr_be32(&w, rec->revision);
	wr_be64(&w, rec->conn);
	put_addr(&w, rec->src);
	put_addr(&w, rec->dst);
	wr_be16(&w, rec->src_port);
	wr_be16(&w, rec->dst_port);
	wr_u8(&w, rec->proto);
	wr_bytes(&w, rec->mac.b, sizeof(rec->mac.b));
	wr_str(&w, rec->zone);
	wr_str(&w, rec->device);
	wr_str(&w, rec->user);
	wr_str(&w, rec->rule);
	wr_str(&w, rec->host);
	wr_str(&w, rec->method);
	wr_str(&w, rec->detail);
	wr_be64(&w, rec->bytes_up);
	wr_be64(&w, rec->bytes_down);
	wr_be32(&w, rec->duration_ms);
	wr_be32(&w, rec->count);
	assert(!wr_failed(&w)); /* the sum of all fields is below the ceiling */
	return w.len;
}

static void skip_addr(struct rd *r)
{
	uint8_t family = rd_u8(r);

	if (family != 0 && family != 4 && family != 6)
		r->failed = true;
	(void)rd_take(r, family == 4 ? 4 : family == 6 ? 16 : 0);
}

static void skip_str(struct rd *r, size_t size)
{
	uint16_t len = rd_be16(r);

	if (len >= size)
		r->failed = true;
	(void)rd_take(r, len);
}

/* Where the parts of an encoding begin that a close record repeats or replaces. */
struct places {
	const uint8_t *revision, *dst, *src_port, *detail, *bytes, *count;
};

static int find_places(const uint8_t *open, size_t len, struct places *p)
{
	static const struct record sizes; /* of its strings */
	struct rd r = rd_of(open, len);

	if (rd_u8(&r) != FORMAT)
		return -EBADMSG;
	(void)rd_take(&r, 8 + 2 + 2); /* time, kind, reason */
	p->revision = r.pos;
	(void)rd_take(&r, 4 + 8); /* and conn */
	skip_addr(&r);
	p->dst = r.pos;
	skip_addr(&r);
	p->src_port = r.pos;
	(void)rd_take(&r, 2 + 2 + 1 + sizeof(sizes.mac.b)); /* ports, proto, mac */
	skip_str(&r, sizeof(sizes.zone));
	skip_str(&r, sizeof(sizes.device));
	skip_str(&r, sizeof(sizes.user));
	skip_str(&r, sizeof(sizes.rule));
	skip_str(&r, sizeof(sizes.host));
	skip_str(&r, sizeof(sizes.method));
	p->detail = r.pos;
	skip_str(&r, sizeof(sizes.detail));
	p->bytes = r.pos;
	(void)rd_take(&r, 8 + 8 + 4); /* both ways, duration */
	p->count = r.pos;
	(void)rd_take(&r, 4);
	return rd_failed(&r) || r.left != 0 ? -EBADMSG : 0;
}

static void put_between(struct wr *w, const uint8_t *from, const uint8_t *to)
{
	wr_bytes(w, from, (size_t)(to - from));
}

int record_encode_end(const uint8_t *open, size_t len, const struct record_end *end,
		      uint8_t *dst, size_t *ret_len)
{
	struct wr w = wr_of(dst, RECORD_ENCODED_MAX);
	char detail[sizeof(((struct record *)0)->detail)];
	struct places p;

	if (find_places(open, len, &p) < 0)
		return -EBADMSG;
	wr_u8(&w, FORMAT);
	wr_be64(&w, (uint64_t)end->time_us);
	wr_be16(&w, end->kind);
	wr_be16(&w, end->reason);
	put_between(&w, p.revision, p.dst);
	if (end->dst.family != 0)
		put_addr(&w, end->dst);
	else
		put_between(&w, p.dst, p.src_port);
	put_between(&w, p.src_port, p.detail);
	if (end->detail != NULL) {
		record_set_str(detail, sizeof(detail), end->detail);
		wr_str(&w, detail);
	} else {
		put_between(&w, p.detail, p.bytes);
	}
	wr_be64(&w, end->bytes_up);
	wr_be64(&w, end->bytes_down);
	wr_be32(&w, end->duration_ms);
	put_between(&w, p.count, open + len);
	assert(!wr_failed(&w)); /* as in record_encode() */
	*ret_len = w.len;
	return 0;
}

static struct addr get_addr(struct rd *r)
{
	struct addr a = { .family = rd_u8(r) };

	if (a.family == 4)
		rd_bytes(r, a.bytes, 4);
	else if (a.family == 6)
		rd_bytes(r, a.bytes, 16);
	else if (a.family != 0)
		r->failed = true;
	return a;
}

/* A string that a producer made with record_set_str(); anything else is no record of ours. */
static void get_str(struct rd *r, char *dst, size_t size)
{
	rd_str(r, dst, size);
	if (!str_is_printable_utf8(dst))
		r->failed = true;
}

int record_decode(const uint8_t *data, size_t len, struct record *ret_rec)
{
	struct rd r = rd_of(data, len);
	struct record rec = { 0 };

	if (rd_u8(&r) != FORMAT)
		return -EBADMSG;
	rec.time_us = (int64_t)rd_be64(&r);
	rec.kind = rd_be16(&r);
	rec.reason = rd_be16(&r);
	rec.revision = rd_be32(&r);
	rec.conn = rd_be64(&r);
	rec.src = get_addr(&r);
	rec.dst = get_addr(&r);
	rec.src_port = rd_be16(&r);
	rec.dst_port = rd_be16(&r);
	rec.proto = rd_u8(&r);
	rd_bytes(&r, rec.mac.b, sizeof(rec.mac.b));
	get_str(&r, rec.zone, sizeof(rec.zone));
	get_str(&r, rec.device, sizeof(rec.device));
	get_str(&r, rec.user, sizeof(rec.user));
	get_str(&r, rec.rule, sizeof(rec.rule));
	get_str(&r, rec.host, sizeof(rec.host));
	get_str(&r, rec.method, sizeof(rec.method));
	get_str(&r, rec.detail, sizeof(rec.detail));
	rec.bytes_up = rd_be64(&r);
	rec.bytes_down = rd_be64(&r);
	rec.duration_ms = rd_be32(&r);
	rec.count = rd_be32(&r);
	if (rd_failed(&r) || r.left != 0)
		return -EBADMSG;
	*ret_rec = rec;
	return 0;
}
