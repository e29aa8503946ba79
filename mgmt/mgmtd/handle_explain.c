/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which rule decides about a packet, what the proxy would say, and who approved what
 * decides.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host.h"
#include "lib/mem.h"
#include "lib/reason.h"
#include "lib/revision.h"
#include "lib/str.h"
#include "mgmt/mgmtd/flow_stamp.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/store_device.h"
#include "mgmt/mgmtd/store_entry.h"
#include "mgmt/mgmtd/store_permit.h"
#include "mgmt/mgmtd/store_policy.h"

#define VERSIONS_MAX 200 /* of the policy that are read */

struct asked {
	struct device device;
	bool has_device;
	struct permit permit;
	bool has_permit;
	struct addr from, to; /* family 0: not an address */
	char host[HOST_PATTERN_MAX + 1]; /* "" when to is an address */
	uint8_t l4proto;
	uint16_t port;
};

static int device_by_address(const struct device *d, void *user)
{
	struct asked *q = user;
	struct addr a;

	if (addr_parse(d->address, &a) == 0 && addr_equal(a, q->from)) {
		q->device = *d;
		q->has_device = true;
	}
	return 0;
}

/* Returns 0, -EINVAL, -ENOTUNIQ or another errno of the ledger. */
static int find_source(struct call *c, const char *text, struct asked *q)
{
	struct mac mac;
	char mac_text[MAC_TEXT_MAX], address[ADDR_TEXT_MAX];
	const struct device_filter near = { .text = address, .limit = INT64_MAX };
	int r;

	app_take_sightings(c->app);
	if (addr_parse(text, &q->from) == 0) {
		addr_format(q->from, address);
		return store_device_each(c->app->db, &near, device_by_address, q);
	}
	if (mac_parse(text, &mac) == 0) {
		mac_format(mac, mac_text);
		r = store_device_find(c->app->db, mac_text, NULL, &q->device);
	} else {
		r = store_device_get(c->app->db, text, &q->device);
	}
	if (r < 0)
		return r == -ENOENT ? -EINVAL : r;
	q->has_device = true;
	if (addr_parse(q->device.address, &q->from) < 0)
		q->from = (struct addr){ 0 };
	return 0;
}

static int find_permit(struct call *c, struct asked *q)
{
	int r = q->has_device
			? store_permit_of(c->app->db, q->device.id, "active", &q->permit)
			: -ENOENT;

	q->has_permit = r == 0 && permit_is_live(&q->permit, c->req->now);
	return r == -ENOENT ? 0 : r;
}

/* Returns the name of the parameter that is wrong, or NULL. */
static const char *read_target(const struct call *c, struct asked *q)
{
	const char *to = call_query(c, "to"), *port = call_query(c, "port");
	const char *proto = call_query(c, "proto");
	uint64_t number = 443;

	if (to == NULL || (addr_parse(to, &q->to) < 0 && host_normalise(to, q->host) < 0))
		return "to";
	if (port != NULL && str_to_uint(port, 0, 65535, &number) < 0)
		return "port";
	q->port = (uint16_t)number;
	if (proto == NULL || strcmp(proto, "tcp") == 0)
		q->l4proto = IPPROTO_TCP;
	else if (strcmp(proto, "udp") == 0)
		q->l4proto = IPPROTO_UDP;
	else if (strcmp(proto, "icmp") == 0)
		q->l4proto = q->to.family == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	else
		return "proto";
	if (q->l4proto == IPPROTO_ICMP || q->l4proto == IPPROTO_ICMPV6)
		q->port = 0;
	return NULL;
}

/*
 * Versions from the newest on, one on trial too: the flow came in with the last one that
 * has it as it is now. Who approved what it was before has approved something else.
 */
struct since {
	const char *flow;
	char stamp[FLOW_STAMP_MAX]; /* as it is now; "" not met yet */
	struct policy_version found; /* without its text */
	unsigned seen; /* versions */
	bool any, over;
};

/* Has the policy the flow, as it is now? */
static bool has_flow(struct since *s, const struct policy *p)
{
	char stamp[FLOW_STAMP_MAX];

	for (size_t i = 0; i < p->flow_count; i++) {
		if (strcmp(p->flow[i].id, s->flow) != 0)
			continue;
		if (flow_stamp(p, &p->flow[i], stamp) < 0)
			return false;
		if (s->stamp[0] == '\0')
			(void)str_copy(s->stamp, sizeof(s->stamp), stamp);
		return strcmp(s->stamp, stamp) == 0;
	}
	return false;
}

static int look_for_flow(const struct policy_version *v, void *user)
{
	struct since *s = user;
	struct diags diags = { 0 };
	struct policy *p = NULL;
	bool here = false;

	s->seen++;
	if (s->over ||
	    (strcmp(v->state, POLICY_CONFIRMED) != 0 && strcmp(v->state, "trial") != 0))
		return 0;
	if (policy_parse(v->text, strlen(v->text), &p, &diags) == 0) {
		here = has_flow(s, p);
		policy_free(p);
	}
	s->over = !here;
	if (here) {
		s->found = *v;
		s->found.text = NULL;
		s->any = true;
	}
	return 0;
}

static json_t *approval_json(const char *kind, const char *id, const char *by, int64_t at,
			     const char *reason, uint64_t revision)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "kind", kind, "id", id, "by",
			 call_maybe(by), "since", call_time(at), "reason",
			 call_maybe(reason), "revision",
			 revision != 0 ? json_integer((json_int_t)revision)
				       : json_null());
}

/* A new reference each; the caller hands them on. */
static void add_flow(struct call *c, json_t *list, const char *flow)
{
	struct since s = { .flow = flow };
	int r = store_policy_each(c->app->db, true, VERSIONS_MAX, look_for_flow, &s);

	/* it is older than what was read: nobody is named rather than the wrong one */
	if (s.any && !s.over && s.seen == VERSIONS_MAX)
		s.found = (struct policy_version){ 0 };
	if (r == 0 && s.any)
		(void)json_array_append_new(
			list, approval_json("flow", flow, s.found.by, s.found.applied,
					    s.found.reason, s.found.revision));
}

static void add_permit(json_t *list, const struct asked *q)
{
	if (q->has_permit)
		(void)json_array_append_new(
			list, approval_json("permit", q->permit.id, q->permit.approved_by,
					    q->permit.approved, q->permit.reason, 0));
}

static void add_entry(struct call *c, json_t *list, const char *id)
{
	struct entry e;

	if (store_entry_get(c->app->db, id, &e) == 0)
		(void)json_array_append_new(list,
					    approval_json("entry", id, e.approved_by,
							  e.approved, e.purpose, 0));
}

/* gated's answer as it is. NULL: it cannot be asked or read, and c was answered. */
static json_t *ask_gated(struct call *c, const struct asked *q)
{
	struct proto_explain m;
	CLEANUP(free_p) char *text = NULL;
	struct mac mac;
	json_t *answer = NULL;
	int r;

	memset(&m, 0, sizeof(m));
	m.addr_family = q->from.family;
	m.l4proto = q->l4proto;
	m.icmp_type = q->l4proto == IPPROTO_ICMP     ? 8
		      : q->l4proto == IPPROTO_ICMPV6 ? 128
						     : 0;
	m.dst_port = q->port;
	memcpy(m.src, q->from.bytes, sizeof(m.src));
	memcpy(m.dst, q->to.bytes, sizeof(m.dst));
	if (q->has_device && mac_parse(q->device.mac, &mac) == 0) {
		memcpy(m.mac, mac.b, sizeof(m.mac));
		(void)str_copy(m.iifname, sizeof(m.iifname), q->device.interface);
	}
	r = parts_explain(&c->app->parts, &m, &text);
	if (r == 0)
		answer = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_string(json_object_get(answer, "verdict")))
		return answer;
	json_decref(answer);
	call_fail(c, r == -EHOSTDOWN ? MSG_PART_AWAY : MSG_PART_ANSWER,
		  part_name(PART_GATED));
	return NULL;
}

/* Whether people of that device's zone go through the proxy. */
static bool through_proxy(const struct call *c, const struct asked *q)
{
	const struct policy *p = c->app->policy;
	size_t zone = q->has_device ? policy_zone_by_interface(p, q->device.interface)
				    : POLICY_NONE;

	if (!p->proxy.present || q->l4proto != IPPROTO_TCP)
		return false;
	if (zone == POLICY_NONE)
		return q->from.family != 0;
	return policy_serves(p, zone);
}

static json_t *ask_proxy(struct call *c, const struct asked *q, json_t *approvals)
{
	struct proto_decide m;
	struct proto_decide_reply a;
	enum reason reason;

	memset(&m, 0, sizeof(m));
	m.time_s = c->req->now;
	m.port = q->port;
	m.scheme = q->port == 80 ? PROTO_SCHEME_HTTP : PROTO_SCHEME_HTTPS;
	m.addr_family = q->from.family;
	memcpy(m.addr, q->from.bytes, sizeof(m.addr));
	if (q->has_permit)
		m.mark = permit_mark(&q->permit);
	(void)str_copy(m.method, sizeof(m.method), "GET");
	(void)str_copy(m.path, sizeof(m.path), "/");
	if (q->host[0] != '\0')
		(void)str_copy(m.host, sizeof(m.host), q->host);
	else
		addr_format(q->to, m.host);
	if (parts_decide(&c->app->parts, &m, &a) < 0)
		return json_pack("{s:b, s:s}", "known", 0, "text",
				 part_name(PART_PROXYD));
	reason = reason_of(a.reason);
	if (a.rule[0] != '\0')
		add_entry(c, approvals, a.rule);
	return json_pack("{s:b, s:b, s:s, s:s, s:o, s:o, s:o}", "known", 1, "allowed",
			 a.allowed != 0, "reason", reason_name(reason), "reason_text",
			 reason_text(reason, c->ja ? "ja" : "en"), "entry",
			 call_maybe(a.rule), "list", call_maybe(a.list), "zone",
			 call_maybe(a.zone));
}

static void answer(struct call *c, const struct asked *q)
{
	json_t *firewall = json_null(), *proxy = json_null(), *approvals = json_array();
	const char *flow;

	if (q->to.family != 0) {
		json_decref(firewall);
		firewall = ask_gated(c, q);
		if (firewall == NULL) {
			json_decref(proxy);
			json_decref(approvals);
			return;
		}
		flow = json_string_value(json_object_get(firewall, "flow"));
		if (flow != NULL && flow[0] != '\0')
			add_flow(c, approvals, flow);
	}
	if (through_proxy(c, q) &&
	    (q->host[0] != '\0' || q->port == 80 || q->port == 443)) {
		json_decref(proxy);
		proxy = ask_proxy(c, q, approvals);
	}
	add_permit(approvals, q);
	call_json(c, 200,
		  json_pack("{s:o, s:o, s:o, s:o}", "firewall", firewall, "proxy", proxy,
			    "approvals", approvals, "device",
			    q->has_device ? json_string(q->device.id) : json_null()));
}

void handle_explain(struct call *c)
{
	static const char *const keys[] = { "from", "to", "port", "proto", NULL };
	const char *from = call_query(c, "from"), *bad;
	struct asked q = { 0 };
	int r;

	if (!call_needs_policy(c) || !call_query_known(c, keys))
		return;
	bad = read_target(c, &q);
	r = from != NULL ? find_source(c, from, &q) : -EINVAL;
	if (r == 0)
		r = find_permit(c, &q);
	if (r == -ENOTUNIQ)
		call_fail(c, MSG_AMBIGUOUS, from);
	else if (r < 0 && r != -EINVAL)
		call_fail_internal(c, r);
	else if (r == -EINVAL || q.from.family == 0)
		call_fail(c, MSG_BAD_QUERY, "from");
	else if (bad != NULL || (q.to.family != 0 && q.to.family != q.from.family))
		call_fail(c, MSG_BAD_QUERY, bad != NULL ? bad : "to");
	else
		answer(c, &q);
}
