/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of one packet: the rules as the kernel has them, asked by the proof's engine */
#include "fw/gated/proof.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/num.h"
#include "fw/verify/report.h"
#include "lib/mem.h"
#include "lib/revision.h"

#define EPHEMERAL 40000

struct question {
	struct work w;
	struct ifnames names;
	const struct revision *rev;
	struct packet packet;
	struct addr src, dst;
	uint32_t hook;
	const char *from, *to;
};

/* Is it an address of this machine? */
static bool is_own(struct addr a)
{
	struct ifaddrs *list = NULL;
	bool own = false;

	if (getifaddrs(&list) == -1)
		return false;
	for (const struct ifaddrs *i = list; i != NULL && !own; i = i->ifa_next) {
		uint16_t port;

		own = i->ifa_addr != NULL &&
		      (i->ifa_addr->sa_family == AF_INET ||
		       i->ifa_addr->sa_family == AF_INET6) &&
		      addr_equal(addr_from_sockaddr(i->ifa_addr, &port), a);
	}
	freeifaddrs(list);
	return own;
}

static void set(struct question *q, enum field f, uint64_t v)
{
	q->packet.v[f] = num_from(v);
}

/* The name by which packets are routed: of a bridge's port the bridge's. */
static const char *routed(const struct policy *p, const char *name)
{
	size_t zone = policy_zone_by_interface(p, name);

	return zone != POLICY_NONE && p->zone[zone].port_count != 0
		       ? p->zone[zone].interface[0].name
		       : name;
}

/* Interface of a zone, by the name asked for or its first one. */
static const char *place(struct question *q, size_t zone, const char *name, enum field f)
{
	const struct policy *p = q->rev->policy;

	if (name[0] == '\0' && zone != POLICY_NONE)
		name = p->zone[zone].interface[0].name;
	if (name[0] == '\0')
		set(q, f, NAME_OTHER);
	else
		set(q, f, ifnames_add(&q->w, &q->names, routed(p, name)));
	zone = policy_zone_by_interface(p, name);
	return zone != POLICY_NONE ? p->zone[zone].name : "(other)";
}

/* The card: the one asked for, or one that has a permit there. */
static void set_mac(struct question *q, const uint8_t *mac, const char *interface)
{
	static const uint8_t none[6];
	uint64_t v = 0;

	for (size_t i = 0; i < q->rev->permit_count && memcmp(mac, none, 6) == 0; i++) {
		const struct revision_permit *p = &q->rev->permit[i];

		if (strcmp(routed(q->rev->policy, p->interface), interface) == 0 &&
		    revision_permit_mark(p) >> 24 == REVISION_MARK_FULL >> 24)
			mac = p->mac.b;
	}
	for (size_t i = 0; i < 6; i++)
		v = v << 8 | mac[i];
	set(q, FIELD_MAC, v);
}

static void place_packet(struct question *q, const struct proto_explain *m)
{
	const struct policy *p = q->rev->policy;
	bool from_here = m->iifname[0] == '\0' && is_own(q->src);
	bool to_here = !from_here && is_own(q->dst);

	q->hook = from_here ? NF_INET_LOCAL_OUT
		  : to_here ? NF_INET_LOCAL_IN
			    : NF_INET_FORWARD;
	q->from = q->to = "gateway";
	set(q, FIELD_LOCAL, to_here);
	if (!from_here)
		q->from = place(q, policy_zone_by_addr(p, q->src), m->iifname, FIELD_IIF);
	if (!to_here)
		q->to = place(q, policy_zone_by_addr(p, q->dst), "", FIELD_OIF);
	if (from_here)
		q->packet.v[FIELD_MAC] = field_max(FIELD_MAC);
	else
		set_mac(q, m->mac, q->names.name[q->packet.v[FIELD_IIF].lo]);
}

static struct addr addr_of(uint8_t family, const uint8_t *bytes)
{
	struct addr a = { .family = family };

	memcpy(a.bytes, bytes, family == 4 ? 4 : 16);
	return a;
}

static int make_question(struct question *q, const struct proto_explain *m)
{
	bool icmp = m->l4proto == IPPROTO_ICMP || m->l4proto == IPPROTO_ICMPV6;

	if ((m->addr_family != 4 && m->addr_family != 6) ||
	    !proto_str_ok(m->iifname, sizeof(m->iifname)))
		return -EINVAL;
	q->src = addr_of(m->addr_family, m->src);
	q->dst = addr_of(m->addr_family, m->dst);
	set(q, FIELD_FAMILY, m->addr_family);
	q->packet.v[FIELD_SADDR] = num_of_addr(q->src);
	q->packet.v[FIELD_DADDR] = num_of_addr(q->dst);
	set(q, FIELD_PROTO, m->l4proto);
	set(q, FIELD_SPORT, icmp ? 0 : m->src_port != 0 ? m->src_port : EPHEMERAL);
	set(q, FIELD_DPORT, icmp ? 0 : m->dst_port);
	set(q, FIELD_ICMP_TYPE, icmp ? m->icmp_type : 0);
	set(q, FIELD_HOPLIMIT, 64);
	set(q, FIELD_RPF, 1);
	set(q, FIELD_SKUID, UID_NONE);
	place_packet(q, m);
	return q->w.error;
}

/* Why was it refused? The rules of a refusal have their reason as id. */
static const char *refusal_of(const struct model *m, const struct eval *e)
{
	static const char *const reasons[][2] = { { "sys:stranger", "not-admitted" },
						  { "sys:quarantined", "quarantined" },
						  { "sys:spoofed", "spoofed" } };
	const struct eval_place *at;

	if (e->verdict != EVAL_DROP || e->path_count == 0)
		return "";
	at = &e->path[e->path_count - 1];
	if (at->rule >= m->chain[at->chain].rule_count)
		return "no-flow";
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (strcmp(m->chain[at->chain].rule[at->rule].id, reasons[i][0]) == 0)
			return reasons[i][1];
	}
	return report_flow(&m->chain[at->chain].rule[at->rule]) != NULL ? "no-record"
									: "no-flow";
}

/* The packet goes on to the server that the deciding rule leads to. False: to none. */
static bool lead(struct question *q, const struct eval *e)
{
	const struct eval_place *at = &e->path[e->path_count - 1];
	const struct rule *r = &e->model->chain[at->chain].rule[at->rule];
	struct num address = { 0 };

	for (size_t i = 0; i < r->step_count; i++) {
		if (r->step[i].kind == STEP_REWRITE)
			address = r->step[i].address;
	}
	if (num_cmp(address, num_from(0)) == 0)
		return false;
	q->packet.v[FIELD_DADDR] = address;
	q->dst = num_to_addr(address, q->dst.family);
	q->hook = NF_INET_FORWARD;
	q->to = place(q, policy_zone_by_addr(q->rev->policy, q->dst), "", FIELD_OIF);
	set(q, FIELD_LOCAL, 0);
	return true;
}

/* Addresses change first: behind that the packet is for this machine, or for a server. */
static void run_question(struct question *q, struct eval *e)
{
	if (q->hook != NF_INET_LOCAL_OUT) {
		eval_packet(e, NF_INET_PRE_ROUTING, &q->packet);
		if (e->verdict == EVAL_REWRITE && e->port != 0) {
			set(q, FIELD_DPORT, e->port);
			set(q, FIELD_OIF, NAME_NONE);
			set(q, FIELD_LOCAL, 1);
			q->hook = NF_INET_LOCAL_IN;
			q->to = "gateway";
		} else if (e->verdict != EVAL_ACCEPT &&
			   (e->verdict != EVAL_REWRITE || !lead(q, e)))
			return;
	}
	eval_packet(e, q->hook, &q->packet);
}

/* The answer in malloc()ed memory. */
static int explain(struct question *q, const struct model *model,
		   const struct proto_explain *m, char **ret_text)
{
	struct eval e = { .limits = true };
	struct explanation x;
	int r = q->rev != NULL ? ifnames_new(&q->w, model, &q->names) : -ENOENT;

	if (r == 0)
		r = make_question(q, m);
	if (r < 0)
		return r;
	e.model = model;
	e.names = &q->names;
	run_question(q, &e);
	x = (struct explanation){ .model = model,
				  .rev = q->rev,
				  .names = &q->names,
				  .packet = &q->packet,
				  .eval = &e,
				  .from = q->from,
				  .to = q->to,
				  .reason = refusal_of(model, &e) };
	*ret_text = report_explanation(&x);
	return *ret_text != NULL ? 0 : -ENOMEM;
}

int explain_packet(const struct revision *rev, const struct model *m,
		   const struct proto_explain *asked, FILE *out)
{
	CLEANUP(free_p) char *text = NULL;
	struct question q = { .rev = rev };
	int r = explain(&q, m, asked, &text);

	work_free(&q.w);
	if (r < 0)
		r = fprintf(out, "{\"error\":\"%s\"}", strerror(-r));
	else
		r = fputs(text, out);
	return r < 0 ? -EIO : 0;
}
