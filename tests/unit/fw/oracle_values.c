/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values that a ruleset names, and those beside them. */
#include "tests/unit/fw/oracle_parts.h"

uint32_t oracle_pick(struct oracle *o, size_t n)
{
	o->random = o->random * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(o->random >> 8) * n) >> 24);
}

void oracle_add_value(struct oracle *o, enum field f, struct num v)
{
	size_t *n = &o->value_count[f];

	if (num_cmp(v, field_max(f)) > 0)
		return;
	for (size_t i = 0; i < *n; i++) {
		if (num_cmp(o->value[f][i], v) == 0)
			return;
	}
	if (*n < ORACLE_VALUES)
		o->value[f][(*n)++] = v;
	else
		o->value[f][oracle_pick(o, ORACLE_VALUES)] = v;
}

static struct num below(struct num v)
{
	v.hi -= v.lo == 0;
	v.lo--;
	return v;
}

static void add_range(struct oracle *o, enum field f, struct range r)
{
	oracle_add_value(o, f, r.min);
	oracle_add_value(o, f, r.max);
	if (f == FIELD_IIF || f == FIELD_OIF || f == FIELD_MARK || f == FIELD_CT_MARK)
		return;
	if (num_cmp(r.min, num_from(0)) > 0)
		oracle_add_value(o, f, below(r.min));
	if (num_cmp(r.max, field_max(f)) < 0)
		oracle_add_value(o, f, num_plus(r.max, 1));
}

static void add_ceiling(struct oracle *o, uint32_t ceiling)
{
	for (size_t i = 0; i < o->ceiling_count; i++) {
		if (o->ceiling[i] == ceiling)
			return;
	}
	if (ceiling != 0 && o->ceiling_count < ORACLE_CEILINGS)
		o->ceiling[o->ceiling_count++] = ceiling;
}

void oracle_read_rule(struct oracle *o, const struct model *m, const struct rule *r)
{
	for (size_t i = 0; i < r->step_count; i++) {
		const struct step *st = &r->step[i];

		for (size_t k = 0; k < st->range_count; k++)
			add_range(o, st->field[0], st->range[k]);
		if (st->kind == STEP_MAYBE)
			add_ceiling(o, st->value);
		if (st->kind != STEP_LOOKUP && st->kind != STEP_MAP)
			continue;
		for (size_t e = 0; e < m->set[st->set].element_count; e++) {
			oracle_add_value(o, FIELD_MARK,
					 num_from(m->set[st->set].element[e].data));
			for (size_t k = 0; k < st->field_count; k++)
				add_range(o, st->field[k],
					  m->set[st->set].element[e].key[k]);
		}
	}
}
