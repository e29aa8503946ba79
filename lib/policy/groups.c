/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/policy/nets.h"
#include "lib/policy/sections.h"

static int read_group(struct reader *r, const struct yaml_node *n)
{
	size_t index = r->p->group_count++;
	struct policy_group *g = &r->p->group[index];
	char what[READER_WHAT_MAX];
	int e;

	g->at = n->key_at;
	(void)reader_name(r, n->key_at, n->key, "group of networks", g->name);
	(void)snprintf(what, sizeof(what), "group '%s'", g->name);
	e = nets_read(r, n, what, POLICY_NONE, &g->networks, &r->group_known[index]);
	nets_check_overlap(r);
	return e;
}

int groups_read(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	if (!reader_is_mapping(r, n, "networks", POLICY_GROUPS_MAX))
		return 0;
	r->p->group = calloc(n->count, sizeof(*r->p->group));
	r->fit = calloc(n->count, POLICY_ZONES_MAX);
	if (r->p->group == NULL || r->fit == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		int e = read_group(r, c);

		if (e < 0)
			return e;
	}
	return 0;
}
