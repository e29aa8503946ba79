/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/probe/outcome.h"

#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define LISTED_MAX 64 /* in each list; the counts are of all */

struct judging {
	const struct revision *rev;
	struct outcome *res;
	json_t *wrong, *not_tested;
};

static const char *zone_name(const struct judging *j, size_t zone)
{
	return zone < j->rev->policy->zone_count ? j->rev->policy->zone[zone].name
						 : "gateway";
}

static const char *proto_name(uint8_t proto)
{
	return proto == IPPROTO_TCP    ? "tcp"
	       : proto == IPPROTO_UDP  ? "udp"
	       : proto == IPPROTO_ICMP ? "icmp"
				       : "icmpv6";
}

static json_t *address_json(uint8_t family, const uint8_t *bytes)
{
	struct addr a = { .family = family };
	char text[ADDR_TEXT_MAX];

	memcpy(a.bytes, bytes, sizeof(a.bytes));
	addr_format(a, text);
	return json_string(text);
}

static json_t *packet_json(const struct probe *p)
{
	bool icmp = p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6;
	char mac[MAC_TEXT_MAX];
	struct mac m;

	memcpy(m.b, p->source_mac, sizeof(m.b));
	mac_format(m, mac);
	return json_pack("{s:s,s:n,s:s,s:o,s:o,s:s,s:o,s:o,s:o,s:s}", "iif", p->iifname,
			 "oif", "mac", mac, "src", address_json(p->family, p->src), "dst",
			 address_json(p->family, p->dst), "proto", proto_name(p->proto),
			 "sport", icmp ? json_null() : json_integer(p->src_port), "dport",
			 icmp ? json_null() : json_integer(p->dst_port), "icmp_type",
			 icmp ? json_integer(p->icmp_type) : json_null(), "state", "new");
}

static json_t *item_json(const struct judging *j, const struct plan_item *i)
{
	return json_pack("{s:s,s:s,s:s,s:o,s:i}", "kind", plan_kind_name(i->kind), "from",
			 zone_name(j, i->from), "to", zone_name(j, i->to), "flow",
			 i->flow[0] != '\0' ? json_string(i->flow) : json_null(),
			 "family", (int)i->probe.family);
}

static void list(json_t *where, json_t *one)
{
	if (json_array_size(where) < LISTED_MAX)
		(void)json_array_append_new(where, one);
	else
		json_decref(one);
}

static void add_wrong(struct judging *j, const struct plan_item *i)
{
	json_t *one = item_json(j, i);

	(void)json_object_set_new(one, "expected",
				  json_string(plan_is_pass(i) ? "pass" : "block"));
	(void)json_object_set_new(one, "packet", packet_json(&i->probe));
	list(j->wrong, one);
	if (j->res->wrong++ == 0)
		(void)snprintf(j->res->first, sizeof(j->res->first),
			       "%s%s%s, from %s to %s, %s", plan_kind_name(i->kind),
			       i->flow[0] != '\0' ? " " : "", i->flow,
			       zone_name(j, i->from), zone_name(j, i->to),
			       plan_is_pass(i) ? "was blocked" : "passed");
}

static void add_not_tested(struct judging *j, const struct plan_item *i, const char *why)
{
	json_t *one = item_json(j, i);

	(void)json_object_set_new(one, "why", json_string(why));
	list(j->not_tested, one);
	j->res->not_tested++;
}

static void judge_one(struct judging *j, const struct plan_item *i, uint8_t mark)
{
	bool passed = (mark & PROBE_PASSED) != 0;

	if (i->why_not != NULL)
		add_not_tested(j, i, i->why_not);
	else if ((mark & PROBE_SENT) == 0)
		add_not_tested(j, i, "not-taken");
	else if (!passed && (mark & PROBE_ARRIVED) == 0)
		add_not_tested(j, i, "not-arrived");
	else if (passed != plan_is_pass(i))
		add_wrong(j, i);
	else if (passed)
		j->res->passed++;
	else
		j->res->blocked++;
}

/* Without one that was tested nothing is known. */
static const char *verdict(const struct outcome *r)
{
	if (r->wrong != 0)
		return "bad";
	return r->passed + r->blocked != 0 ? "good" : "not-tested";
}

int outcome_of(const struct revision *rev, const struct plan *plan, const uint8_t *mark,
	       int refused, double elapsed_ms, struct outcome *ret)
{
	struct outcome res = { 0 };
	struct judging j = {
		.rev = rev, .res = &res, .wrong = json_array(), .not_tested = json_array()
	};
	json_t *root;

	for (size_t i = 0; i < plan->count; i++)
		judge_one(&j, &plan->item[i], mark[i]);
	root = json_pack("{s:I,s:s,s:f,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "revision",
			 (json_int_t)rev->number, "result", verdict(&res), "elapsed_ms",
			 elapsed_ms, "passed", (json_int_t)res.passed, "blocked",
			 (json_int_t)res.blocked, "contradictions", (json_int_t)res.wrong,
			 "untested", (json_int_t)res.not_tested, "left_out",
			 (json_int_t)plan->left_out, "wrong", j.wrong, "not_tested",
			 j.not_tested, "refused",
			 refused < 0 ? json_string(strerror(-refused)) : json_null());
	res.text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	if (res.text == NULL)
		return -ENOMEM;
	*ret = res;
	return 0;
}
