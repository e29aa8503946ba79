/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/expect_cubes.h"

#include <errno.h>
#include <linux/netfilter.h>

#include "fw/verify/num.h"

struct cube cube_any(uint32_t hook)
{
	struct cube c = { .hook = hook, .from = EXPECT_GATEWAY, .to = EXPECT_GATEWAY };

	for (size_t f = 0; f < FIELD_COUNT; f++)
		c.r[f] = (struct range){ { 0 }, field_max((enum field)f) };
	c.flow = "";
	return c;
}

void cube_set(struct cube *c, enum field f, uint64_t min, uint64_t max)
{
	c->r[f] = range_of(min, max);
}

struct cube expect_first_packet(uint32_t hook)
{
	struct cube c = cube_any(hook);

	cube_set(&c, FIELD_CT_STATE, STATE_NEW, STATE_NEW);
	cube_set(&c, FIELD_CT_DIR, 0, 0);
	if (hook == NF_INET_FORWARD || hook == NF_INET_PRE_ROUTING)
		cube_set(&c, FIELD_LOCAL, 0, 0);
	return c;
}

void expect_add(struct work *w, struct expect *x, const struct cube *c)
{
	void *p;

	if (x->count == EXPECT_CUBES_MAX)
		w->error = -E2BIG;
	p = work_grow(w, x->cube, sizeof(*x->cube), x->count, &x->room);
	if (p == NULL)
		return;
	x->cube = p;
	x->cube[x->count++] = *c;
}

void expect_add_both(struct work *w, struct expect *x, struct cube c)
{
	c.sure = false;
	expect_add(w, x, &c);
	c.sure = true;
	cube_set(&c, FIELD_RPF, 1, 1);
	cube_set(&c, FIELD_CT_MARK, 0, 0);
	c.r[FIELD_SPORT].min = num_from(1);
	expect_add(w, x, &c);
}

enum cube_who expect_who(const struct expect *x, uint32_t zone, enum cube_who admitted)
{
	return expect_admits(x, zone) ? admitted : WHO_ANY;
}

void expect_spread(struct work *w, struct expect *x, struct cube c, enum field f,
		   const struct ranges *list, bool sure)
{
	c.sure = sure;
	if (sure) {
		cube_set(&c, FIELD_RPF, 1, 1);
		cube_set(&c, FIELD_CT_MARK, 0, 0);
		c.r[FIELD_SPORT].min = num_from(1);
		if (c.r[FIELD_HOPLIMIT].min.lo == 0)
			c.r[FIELD_HOPLIMIT].min = num_from(2);
	}
	for (size_t i = 0; i < list->count; i++) {
		struct cube one = c;

		if (!range_has(c.r[FIELD_FAMILY], num_from(list->family[i])))
			continue;
		cube_set(&one, FIELD_FAMILY, list->family[i], list->family[i]);
		one.r[f] = list->item[i];
		expect_add(w, x, &one);
	}
}

void expect_add_from(struct work *w, struct expect *x, struct cube c, uint32_t zone,
		     uint32_t interface)
{
	c.from = zone;
	cube_set(&c, FIELD_IIF, interface, interface);
	expect_spread(w, x, c, FIELD_SADDR, &x->sources[zone].may, false);
	expect_spread(w, x, c, FIELD_SADDR, &x->sources[zone].sure, true);
}

void expect_add_pairs(struct work *w, struct expect *x, const struct cube *c,
		      const struct ranges *src, const struct ranges *dst, bool sure)
{
	for (size_t i = 0; i < dst->count && w->error == 0; i++) {
		struct cube one = *c;

		if (!range_has(c->r[FIELD_FAMILY], num_from(dst->family[i])))
			continue;
		cube_set(&one, FIELD_FAMILY, dst->family[i], dst->family[i]);
		one.r[FIELD_DADDR] = dst->item[i];
		expect_spread(w, x, one, FIELD_SADDR, src, sure);
	}
}
