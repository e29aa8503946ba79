/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "lib/policy/sections.h"

static int read_from(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_assertion *a = object;

	(void)reader_ref(r, n, "zone", reader_zones(r), &a->from);
	return 0;
}

static int read_to(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_assertion *a = object;

	(void)reader_ref(r, n, "zone", reader_zones(r), &a->to);
	return 0;
}

static void check_flows(struct reader *r, const struct policy_assertion *a)
{
	const struct policy *p = r->p;

	for (size_t i = 0; i < p->flow_count; i++) {
		const struct policy_flow *f = &p->flow[i];

		if (f->from != a->from || f->to != a->to)
			continue;
		diag_add(r->diags, a->at,
			 "never from '%s' to '%s', but flow '%s' (line %u) leads there",
			 p->zone[a->from].name, p->zone[a->to].name, f->id, f->at.line);
		diag_add(
			r->diags, f->at,
			"flow '%s' does what the assertion of line %u says must never be",
			f->id, a->at.line);
	}
}

static int read_never(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "from", true, read_from },
		{ "to", true, read_to },
	};
	struct policy_assertion *a = object;
	int e = reader_mapping(r, n, "never", keys, ARRAY_LEN(keys), a);

	if (e < 0 || a->from == POLICY_NONE || a->to == POLICY_NONE)
		return e;
	if (a->from == a->to)
		diag_add(r->diags, a->at,
			 "never names zone '%s' twice; it takes two zones",
			 r->p->zone[a->from].name);
	else
		check_flows(r, a);
	return 0;
}

int assertions_read(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "never", true, read_never },
	};

	(void)object;
	if (!reader_is_list(r, n, "assertions", POLICY_ASSERTIONS_MAX))
		return 0;
	r->p->assertion = calloc(n->count, sizeof(*r->p->assertion));
	if (r->p->assertion == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		struct policy_assertion *a = &r->p->assertion[r->p->assertion_count++];
		int e;

		a->at = c->at;
		a->from = a->to = POLICY_NONE;
		e = reader_mapping(r, c, "an assertion", keys, ARRAY_LEN(keys), a);
		if (e < 0)
			return e;
	}
	return 0;
}
