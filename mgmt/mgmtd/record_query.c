/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/record_query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/host.h"
#include "lib/str.h"
#include "mgmt/mgmtd/when.h"

#define LIMIT_DEFAULT 100

typedef int reader(const char *value, struct proto_query *q);

static int read_from(const char *value, struct proto_query *q)
{
	int64_t s;
	int r = when_parse(value, false, &s);

	if (r == 0)
		q->from_us = s * 1000000;
	return r;
}

static int read_to(const char *value, struct proto_query *q)
{
	int64_t s;
	int r = when_parse(value, true, &s);

	if (r == 0)
		q->to_us = s * 1000000;
	return r;
}

static int read_kind(const char *value, struct proto_query *q)
{
	int kind = record_kind_of_name(value);

	if (kind < 0)
		return kind;
	q->kinds |= 1u << kind;
	return 0;
}

static int read_reason(const char *value, struct proto_query *q)
{
	uint64_t n;
	int r = str_to_uint(value, 1, UINT16_MAX, &n);

	if (r == 0)
		q->reason = (uint32_t)n;
	return r;
}

static int read_mac(const char *value, struct proto_query *q)
{
	struct mac mac;
	int r = mac_parse(value, &mac);

	if (r == 0)
		memcpy(q->mac, mac.b, sizeof(mac.b));
	return r;
}

static int read_address(const char *value, struct proto_query *q)
{
	struct addr a;
	int r = addr_parse(value, &a);

	if (r == 0) {
		q->addr_family = a.family;
		memcpy(q->addr, a.bytes, sizeof(q->addr));
	}
	return r;
}

static int read_after(const char *value, struct proto_query *q)
{
	return str_to_uint(value, 0, UINT64_MAX, &q->after_id);
}

static int read_limit(const char *value, struct proto_query *q)
{
	uint64_t n;
	int r = str_to_uint(value, 1, PROTO_QUERY_LIMIT_MAX, &n);

	if (r == 0)
		q->limit = (uint32_t)n;
	return r;
}

static int read_order(const char *value, struct proto_query *q)
{
	bool newest = strcmp(value, "newest") == 0;

	q->newest_first = newest ? 1 : 0;
	return newest || strcmp(value, "oldest") == 0 ? 0 : -EINVAL;
}

static int copy(char *dst, size_t size, const char *value)
{
	return str_is_printable_utf8(value) ? str_copy(dst, size, value) : -EINVAL;
}

static int read_zone(const char *value, struct proto_query *q)
{
	return copy(q->zone, sizeof(q->zone), value);
}

static int read_device(const char *value, struct proto_query *q)
{
	return copy(q->device, sizeof(q->device), value);
}

static int read_user(const char *value, struct proto_query *q)
{
	return copy(q->user, sizeof(q->user), value);
}

static int read_rule(const char *value, struct proto_query *q)
{
	return copy(q->rule, sizeof(q->rule), value);
}

/* ".example.jp" keeps its dot; the rest is normalised as the proxy does. */
static int read_host(const char *value, struct proto_query *q)
{
	char host[HOST_MAX + 1];
	size_t dot = value[0] == '.' ? 1 : 0;

	if (host_normalise(value + dot, host) == 0) {
		(void)snprintf(q->host, sizeof(q->host), "%s%s", dot != 0 ? "." : "",
			       host);
		return 0;
	}
	return copy(q->host, sizeof(q->host),
		    value); /* an address, in refused requests */
}

static int read_text(const char *value, struct proto_query *q)
{
	return copy(q->text, sizeof(q->text), value);
}

static const struct {
	const char *key;
	reader *read;
} parameters[] = {
	{ "from", read_from },     { "to", read_to },         { "kind", read_kind },
	{ "reason", read_reason }, { "mac", read_mac },       { "address", read_address },
	{ "zone", read_zone },     { "device", read_device }, { "user", read_user },
	{ "rule", read_rule },     { "host", read_host },     { "text", read_text },
	{ "after", read_after },   { "limit", read_limit },   { "order", read_order },
};

static int read_one(const struct api_pair *pair, struct proto_query *q)
{
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++) {
		if (strcmp(parameters[i].key, pair->key) == 0)
			return parameters[i].read(pair->value, q);
	}
	return -EINVAL;
}

/* A question that says a thing twice would be recorded otherwise than it is asked. */
static bool is_repeated(const struct api_request *req, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		bool kind = strcmp(req->query[at].key, "kind") == 0;

		if (strcmp(req->query[i].key, req->query[at].key) == 0 &&
		    (!kind || strcmp(req->query[i].value, req->query[at].value) == 0))
			return true;
	}
	return false;
}

int record_query_parse(const struct api_request *req, struct proto_query *ret,
		       const char **ret_bad)
{
	struct proto_query q = { .limit = LIMIT_DEFAULT, .newest_first = 1 };

	for (size_t i = 0; i < req->query_count; i++) {
		const struct api_pair *pair = &req->query[i];

		if (pair->value[0] == '\0')
			continue; /* a field of the form that was left empty */
		if (is_repeated(req, i) || read_one(pair, &q) < 0) {
			*ret_bad = str_is_printable_utf8(pair->key) ? pair->key : "?";
			return -EINVAL;
		}
	}
	if (q.to_us != 0 && q.to_us <= q.from_us) {
		*ret_bad = "to";
		return -EINVAL;
	}
	*ret = q;
	return 0;
}

void record_query_print(const struct api_request *req, char dst[RECORD_QUERY_TEXT_MAX])
{
	size_t used = 0;

	(void)str_copy(dst, RECORD_QUERY_TEXT_MAX, "all");
	for (size_t i = 0; i < req->query_count; i++) {
		int n;

		if (req->query[i].value[0] == '\0')
			continue;
		n = snprintf(dst + used, RECORD_QUERY_TEXT_MAX - used, "%s%s=%.100s",
			     used != 0 ? " " : "", req->query[i].key,
			     req->query[i].value);
		if (n < 0 || (size_t)n >= RECORD_QUERY_TEXT_MAX - used)
			break; /* cut, with its terminator */
		used += (size_t)n;
	}
}

static void put_text(json_t *obj, const char *key, const char *text)
{
	if (text[0] != '\0')
		(void)json_object_set_new(obj, key, json_string(text));
}

static void put_number(json_t *obj, const char *key, uint64_t n)
{
	if (n != 0)
		(void)json_object_set_new(
			obj, key,
			json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n));
}

static void put_addr(json_t *obj, const char *key, struct addr a)
{
	char text[ADDR_TEXT_MAX];

	if (a.family == 0)
		return;
	addr_format(a, text);
	put_text(obj, key, text);
}

static void put_mac(json_t *obj, struct mac mac)
{
	char text[MAC_TEXT_MAX];

	if (mac_is_zero(mac))
		return;
	mac_format(mac, text);
	put_text(obj, "mac", text);
}

static void put_reason(json_t *obj, const struct record *rec, bool ja)
{
	if (rec->reason == 0)
		return;
	put_number(obj, "reason", rec->reason);
	put_text(obj, "reason_name", reason_name(reason_of(rec->reason)));
	put_text(obj, "reason_text",
		 reason_text(reason_of(rec->reason), ja ? "ja" : "en"));
}

json_t *record_json(uint64_t id, const struct record *rec, bool ja)
{
	char time[WHEN_TEXT_MAX];
	json_t *obj;

	when_format_us(rec->time_us, time);
	obj = json_pack("{s:I, s:s, s:s}", "id", (json_int_t)id, "time", time, "kind",
			record_kind_name(rec->kind));
	if (obj == NULL)
		return NULL;
	put_reason(obj, rec, ja);
	put_number(obj, "revision", rec->revision);
	put_number(obj, "conn", rec->conn);
	put_addr(obj, "src", rec->src);
	put_number(obj, "src_port", rec->src_port);
	put_addr(obj, "dst", rec->dst);
	put_number(obj, "dst_port", rec->dst_port);
	put_number(obj, "proto", rec->proto);
	put_mac(obj, rec->mac);
	put_text(obj, "zone", rec->zone);
	put_text(obj, "device", rec->device);
	put_text(obj, "user", rec->user);
	put_text(obj, "rule", rec->rule);
	put_text(obj, "host", rec->host);
	put_text(obj, "method", rec->method);
	put_text(obj, "detail", rec->detail);
	put_number(obj, "bytes_up", rec->bytes_up);
	put_number(obj, "bytes_down", rec->bytes_down);
	put_number(obj, "duration_ms", rec->duration_ms);
	put_number(obj, rec->kind == RECORD_FLOW_CLOSE ? "packets" : "count", rec->count);
	return obj;
}
