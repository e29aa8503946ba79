/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "lib/reason.h"
#include "lib/revision.h"
#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/question.h"
#include "mgmt/mgmtd/store_device.h"
#include "mgmt/mgmtd/store_list.h"
#include "mgmt/mgmtd/store_permit.h"

/* By id or MAC address. Returns false when it has answered. */
static bool find_device(struct call *c, const char *key, struct device *ret)
{
	char text[MAC_TEXT_MAX];
	struct mac mac;
	int r;

	app_take_sightings(c->app);
	if (mac_parse(key, &mac) == 0) {
		mac_format(mac, text);
		r = store_device_find(c->app->db, text, NULL, ret);
	} else {
		r = store_device_get(c->app->db, key, ret);
	}
	if (r == -ENOENT)
		call_fail(c, MSG_BAD_QUERY, "device");
	else if (r == -ENOTUNIQ)
		call_fail(c, MSG_AMBIGUOUS, text);
	else if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
}

/* The question is about this device, where it was seen last. */
static int set_device(const struct call *c, const struct device *d,
		      struct proto_decide *q)
{
	size_t zone = policy_zone_by_interface(c->app->policy, d->interface);
	struct permit permit;
	struct addr a;
	int r = store_permit_of(c->app->db, d->id, "active", &permit);

	if (r == 0 && permit_is_live(&permit, q->time_s))
		q->mark = permit_mark(&permit);
	if (addr_parse(d->address, &a) == 0) {
		q->addr_family = a.family;
		memcpy(q->addr, a.bytes, sizeof(q->addr));
	} else if (zone != POLICY_NONE) {
		(void)str_copy(q->zone, sizeof(q->zone), c->app->policy->zone[zone].name);
	}
	return r == -ENOENT ? 0 : r;
}

/* Without a device or zone: is there a zone whose clients may? */
static int ask_zones(struct call *c, struct proto_decide *q,
		     struct proto_decide_reply *ret)
{
	const struct policy *policy = c->app->policy;
	int r = -ENOENT;

	for (size_t i = 0; i < policy->proxy.zone_count; i++) {
		const char *name = policy->zone[policy->proxy.zone[i]].name;

		(void)str_copy(q->zone, sizeof(q->zone), name);
		r = parts_decide(&c->app->parts, q, ret);
		if (r < 0 || ret->allowed != 0)
			break;
	}
	return r;
}

/* Who asks. Returns 0, a negative errno, or 1 when it has answered. */
static int ask(struct call *c, struct proto_decide *q, struct proto_decide_reply *ret)
{
	const char *device = call_query(c, "device"), *zone = call_query(c, "zone");
	struct device d;
	int r = 0;

	if (device != NULL && device[0] != '\0') {
		if (!find_device(c, device, &d))
			return 1;
		r = set_device(c, &d, q);
	} else if (zone == NULL || zone[0] == '\0') {
		return ask_zones(c, q, ret);
	} else if (policy_zone_by_name(c->app->policy, zone) == POLICY_NONE) {
		call_fail(c, MSG_BAD_QUERY, "zone");
		return 1;
	} else {
		(void)str_copy(q->zone, sizeof(q->zone), zone);
	}
	return r == 0 ? parts_decide(&c->app->parts, q, ret) : r;
}

static json_t *answer_json(const struct call *c, const struct proto_decide *q,
			   const struct proto_decide_reply *a)
{
	enum reason reason = reason_of(a->reason), would = reason_of(a->would);
	const char *lang = c->ja ? "ja" : "en";
	struct list list = { 0 };

	if (a->list[0] != '\0' &&
	    store_list_get(c->app->db, a->list, "active", &list) < 0)
		list.name[0] = '\0';
	return json_pack(
		"{s:b, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:s, s:i, s:s, s:o}",
		"allowed", a->allowed != 0, "reason", reason_name(reason), "reason_text",
		reason_text(reason, lang), "would",
		call_maybe(would != REASON_NONE ? reason_name(would) : ""), "entry",
		call_maybe(a->rule), "list", call_maybe(a->list), "list_name",
		call_maybe(list.name), "zone", call_maybe(a->zone), "revision",
		(json_int_t)a->revision, "host", q->host, "port", (int)q->port, "scheme",
		q->scheme == PROTO_SCHEME_HTTP ? "http" : "https", "detail",
		call_maybe(a->text));
}

void handle_allow_test(struct call *c)
{
	static const char *const keys[] = { "url",  "host",   "port", "scheme",
					    "path", "method", "user", "device",
					    "zone", "at",     NULL };
	struct proto_decide_reply reply;
	struct proto_decide q;
	const char *bad;
	int r;

	if (!call_needs_policy(c) || !call_query_known(c, keys))
		return;
	if (question_parse(c->req, &q, &bad) < 0) {
		call_fail(c, MSG_BAD_QUERY, bad);
		return;
	}
	if (q.time_s == 0)
		q.time_s = c->req->now;
	r = ask(c, &q, &reply);
	if (r == -EHOSTDOWN)
		call_fail(c, MSG_PART_AWAY, part_name(PART_PROXYD));
	else if (r == -EINVAL)
		call_fail(c, MSG_BAD_QUERY, "host");
	else if (r == -ENOENT)
		call_fail(c, MSG_BAD_QUERY, "zone");
	else if (r < 0)
		call_fail_internal(c, r);
	else if (r == 0)
		call_json(c, 200, answer_json(c, &q, &reply));
}
