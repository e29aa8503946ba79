/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/spread.h"

/* The side's networks, group by group; without groups the zone's own. */
static const struct policy_prefixes *side(const struct policy *p, size_t zone,
					  const size_t *group, size_t count, size_t i)
{
	if (count == 0)
		return i == 0 ? &p->zone[zone].networks : NULL;
	return i < count ? &p->group[group[i]].networks : NULL;
}

static void add_pair(struct spread *s, const struct prefix *src, const struct prefix *dst)
{
	struct fw_rule r = s->rule;

	if (src != NULL && dst != NULL && src->addr.family != dst->addr.family)
		return;
	if (src != NULL)
		builder_saddr(&r, *src);
	if (dst != NULL)
		builder_daddr(&r, *dst);
	s->count++;
	if (s->put != NULL)
		s->put(s, r, src, dst);
}

/* An empty list is a zone without networks of its own (internet): no match on it. */
static void add_pairs(struct spread *s, const struct policy_prefixes *src,
		      const struct policy_prefixes *dst)
{
	size_t src_count = src->count != 0 ? src->count : 1;
	size_t dst_count = dst->count != 0 ? dst->count : 1;

	for (size_t i = 0; i < src_count; i++) {
		for (size_t k = 0; k < dst_count; k++)
			add_pair(s, src->count != 0 ? &src->item[i] : NULL,
				 dst->count != 0 ? &dst->item[k] : NULL);
	}
}

void spread_flow(struct spread *s, bool forward)
{
	const struct policy_flow *f = s->f;
	const struct policy_prefixes *src, *dst;

	for (size_t i = 0;
	     (src = side(s->p, f->from, f->source, f->source_count, i)) != NULL; i++) {
		for (size_t k = 0; (dst = side(s->p, f->to, f->destination,
					       f->destination_count, k)) != NULL;
		     k++)
			add_pairs(s, forward ? src : dst, forward ? dst : src);
	}
}

void spread_rules(struct spread *s, struct fw_rule r, const struct prefix *src,
		  const struct prefix *dst)
{
	(void)src;
	(void)dst;
	for (size_t i = 0; i < s->out->interface_count; i++) {
		builder_name(r.oifname, sizeof(r.oifname), s->out->interface[i].name);
		builder_rule(s->b, s->chain, r);
	}
}
