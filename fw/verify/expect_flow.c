/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a flow of the policy lets pass. */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <netinet/in.h>

#include "fw/verify/expect_cubes.h"
#include "fw/verify/expect_parts.h"
#include "fw/verify/num.h"
#include "lib/policy/when.h"

static void set_match(struct cube *c, const struct policy_match *m)
{
	cube_set(c, FIELD_PROTO, m->proto, m->proto);
	if (m->proto == IPPROTO_ICMP || m->proto == IPPROTO_ICMPV6) {
		uint64_t family = m->proto == IPPROTO_ICMP ? 4 : 6;

		cube_set(c, FIELD_ICMP_TYPE, m->icmp_type, m->icmp_type);
		cube_set(c, FIELD_FAMILY, family, family);
	} else
		cube_set(c, FIELD_DPORT, m->port_min, m->port_max);
}

struct side { /* addresses of a flow's one end */
	struct ranges may, sure;
};

/* Where addresses change because of a flow. */
static void add_translation(struct work *w, struct expect *x, const struct policy_flow *f,
			    const struct cube *flow, const struct side *src,
			    const struct side *dst)
{
	struct cube c = *flow;

	c.who = WHO_ANY;
	c.r[FIELD_LOCAL] = range_of(0, 1);
	c.sure = false;
	c.hook = EXPECT_PUBLISH;
	c.r[FIELD_OIF] = cube_any(0).r[FIELD_OIF];
	for (size_t i = 0; i < f->publish_count; i++) {
		struct cube one = c;

		cube_set(&one, FIELD_FAMILY, f->publish[i].family, f->publish[i].family);
		one.r[FIELD_DADDR].min = one.r[FIELD_DADDR].max =
			num_of_addr(f->publish[i]);
		if (when_is_timed(f))
			expect_add(w, x, &one);
		else
			expect_add_both(w, x, one);
	}
	c.hook = NF_INET_POST_ROUTING;
	c.r[FIELD_OIF] = flow->r[FIELD_OIF];
	if (!f->masquerade)
		return;
	if (x->rev->policy->zone[f->from].networks.count != 0) {
		c.r[FIELD_IIF] = cube_any(0).r[FIELD_IIF];
		expect_add_pairs(w, x, &c, &src->may, &dst->may, false);
	} else /* its addresses have been looked at, and its interfaces tell it apart */
		expect_spread(w, x, c, FIELD_DADDR, &dst->may, false);
	/* of what passes by the flow */
	c.r[FIELD_IIF] = flow->r[FIELD_IIF];
	if (!when_is_timed(f))
		expect_add_pairs(w, x, &c, &src->sure, &dst->sure, true);
}

void expect_add_flow(struct work *w, struct expect *x, const struct policy_flow *f,
		     enum cube_who who)
{
	const struct policy *p = x->rev->policy;
	struct cube c = expect_first_packet(NF_INET_FORWARD);
	struct side src = { 0 }, dst = { 0 };

	expect_side(w, x, (uint32_t)f->from, f->source, f->source_count, true, &src.may,
		    &src.sure);
	expect_side(w, x, (uint32_t)f->to, f->destination, f->destination_count, false,
		    &dst.may, &dst.sure);
	c.from = (uint32_t)f->from;
	c.to = (uint32_t)f->to;
	c.flow = f->id;
	c.who = expect_who(x, c.from, who);
	c.limited = who == WHO_LIMITED ? (uint32_t)(f - p->flow) : 0;
	for (size_t i = 0; i < p->zone[f->from].interface_count; i++) {
		for (size_t k = 0; k < p->zone[f->to].interface_count; k++) {
			uint32_t in = x->interface[f->from][i];
			uint32_t out = x->interface[f->to][k];

			cube_set(&c, FIELD_IIF, in, in);
			cube_set(&c, FIELD_OIF, out, out);
			for (size_t s = 0; s < f->service_count; s++) {
				const struct policy_service *sv =
					&p->service[f->service[s]];

				for (size_t m = 0; m < sv->match_count; m++) {
					struct cube one = c;

					set_match(&one, &sv->match[m]);
					if (who == WHO_FULL) /* it asks for nobody */
						add_translation(w, x, f, &one, &src,
								&dst);
					expect_add_pairs(w, x, &one, &src.may, &dst.may,
							 false);
					/* one that ends may end at any moment */
					if (!when_is_timed(f))
						expect_add_pairs(w, x, &one, &src.sure,
								 &dst.sure, true);
				}
			}
		}
	}
}
