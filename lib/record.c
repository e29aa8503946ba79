/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/record.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

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

void record_set_str(char *dst, size_t size, const char *src)
{
	size_t used = 0;

	while (*src != '\0') {
		size_t len, step;

		while (*src >= 0x20 && *src < 0x7f && used + 1 < size)
			dst[used++] = *src++; /* most are */
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
