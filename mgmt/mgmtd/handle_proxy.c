/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is open through the proxy now, and cutting one of them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/when.h"

#define LIMIT_MAX     1000
#define LIMIT_DEFAULT 100

static const char *const states[] = {
	[PROTO_TUNNEL_OPENING] = "opening",
	[PROTO_TUNNEL_HELLO] = "hello",
	[PROTO_TUNNEL_RELAY] = "relay",
	[PROTO_TUNNEL_EXCHANGE] = "exchange",
};

static void put_addr(json_t *obj, const char *key, uint8_t family,
		     const uint8_t bytes[16])
{
	struct addr a = { .family = family };
	char text[ADDR_TEXT_MAX];

	if (family != 4 && family != 6)
		return;
	memcpy(a.bytes, bytes, sizeof(a.bytes));
	addr_format(a, text);
	(void)json_object_set_new(obj, key, json_string(text));
}

static void put_text(json_t *obj, const char *key, const char *text)
{
	if (text[0] != '\0')
		(void)json_object_set_new(obj, key, json_string(text));
}

static json_t *tunnel_json(const struct proto_tunnel *t)
{
	char opened[WHEN_TEXT_MAX];
	json_t *obj;

	when_format_us(t->opened_us, opened);
	obj = json_pack("{s:I, s:s, s:i, s:i, s:I, s:I, s:I, s:b}", "id",
			(json_int_t)t->conn, "opened", opened, "src_port", t->src_port,
			"dst_port", t->dst_port, "bytes_up", (json_int_t)t->bytes_up,
			"bytes_down", (json_int_t)t->bytes_down, "idle_ms",
			(json_int_t)t->idle_ms, "transparent", (int)t->transparent);
	if (obj == NULL)
		return NULL;
	put_text(obj, "state",
		 t->state < ARRAY_LEN(states) && states[t->state] != NULL
			 ? states[t->state]
			 : "");
	put_addr(obj, "src", t->src_family, t->src);
	put_addr(obj, "dst", t->dst_family, t->dst);
	put_text(obj, "zone", t->zone);
	put_text(obj, "device", t->device);
	put_text(obj, "user", t->user);
	put_text(obj, "rule", t->rule);
	put_text(obj, "host", t->host);
	put_text(obj, "method", t->method);
	return obj;
}

/* Pages of proxyd until there are limit rows. Returns 0 or a negative errno. */
static int collect(struct call *c, uint64_t after, uint64_t limit, json_t *list,
		   bool *ret_more)
{
	struct proto_tunnels_reply page = { .more = 1 };

	while (page.more != 0 && json_array_size(list) < limit) {
		int r = parts_tunnels(&c->app->parts, after, &page);

		if (r < 0)
			return r;
		for (uint32_t i = 0; i < page.count; i++) {
			if (json_array_size(list) == limit) {
				page.more = 1;
				break;
			}
			after = page.row[i].conn;
			if (json_array_append_new(list, tunnel_json(&page.row[i])) < 0)
				return -ENOMEM;
		}
	}
	*ret_more = page.more != 0;
	return 0;
}

static void fail(struct call *c, int r)
{
	if (r == -EHOSTDOWN || r == -EBADMSG)
		call_fail(c, MSG_PART_AWAY, part_name(PART_PROXYD));
	else
		call_fail_internal(c, r);
}

static bool read_number(struct call *c, const char *key, uint64_t min, uint64_t max,
			uint64_t *number)
{
	const char *text = call_query(c, key);

	if (text == NULL || str_to_uint(text, min, max, number) == 0)
		return true;
	call_fail(c, MSG_BAD_QUERY, key);
	return false;
}

void handle_proxy_list(struct call *c)
{
	static const char *const keys[] = { "after", "limit", NULL };
	uint64_t after = 0, limit = LIMIT_DEFAULT;
	bool more = false;
	json_t *list;
	int r;

	if (!call_query_known(c, keys) ||
	    !read_number(c, "after", 0, INT64_MAX, &after) ||
	    !read_number(c, "limit", 1, LIMIT_MAX, &limit))
		return;
	/* who speaks to whom: reading it is on record, like reading records */
	if (journal_read(&c->app->journal, c->actor.login, "open proxy connections",
			 c->req->client) < 0) {
		call_fail(c, MSG_NO_RECORD, "");
		return;
	}
	list = json_array();
	r = collect(c, after, limit, list, &more);
	if (r < 0) {
		json_decref(list);
		fail(c, r);
		return;
	}
	call_json(c, 200,
		  json_pack("{s:o, s:b}", "connections", list, "more", (int)more));
}

/* Cut inside the ledger's transaction: no line of history without a cut. */
static int cut(struct call *c, uint64_t id, const char *reason)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order = call_order(c, "proxy-cut", c->arg, reason);
	int r = publish_begin(p);

	order.withdrawal = true; /* it is not undone for want of room */
	if (r < 0)
		return r;
	r = parts_cut(&c->app->parts, id, c->actor.login);
	if (r < 0) {
		publish_abort(p);
		return r;
	}
	return publish_note(p, &order);
}

void handle_proxy_cut(struct call *c)
{
	struct input_reason in;
	struct input_error e;
	uint64_t id;
	int r;

	if (input_reason(c->body, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	if (str_to_uint(c->arg, 1, INT64_MAX, &id) < 0) {
		call_fail(c, MSG_NOT_FOUND, "");
		return;
	}
	r = cut(c, id, in.reason);
	if (r == -ENOENT)
		call_fail(c, MSG_NOT_FOUND, "");
	else if (r == -EHOSTDOWN || r == -EBADMSG)
		fail(c, r);
	else if (r < 0)
		call_fail_publish(c, r, NULL);
	else
		call_json(c, 200, json_pack("{s:i}", "cut", 1));
}
