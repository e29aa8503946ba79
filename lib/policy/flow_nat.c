/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a flow's addresses are changed on the way: only where it says so. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/sections.h"

#define PUBLISH_MAX 8

int flow_nat_read(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_choice choices[] = { { "masquerade", true } };
	struct policy_flow *f = object;
	int value;

	if (reader_choice(r, n, "nat", choices, ARRAY_LEN(choices), &value))
		f->masquerade = value != 0;
	return 0;
}

/* The one address of that family that the flow leads to, or NULL. */
static const struct prefix *only_host(const struct policy *p, const struct policy_flow *f,
				      uint8_t family)
{
	const struct prefix *found = NULL;

	for (size_t i = 0; i < f->destination_count; i++) {
		const struct policy_prefixes *nets =
			&p->group[f->destination[i]].networks;

		for (size_t k = 0; k < nets->count; k++) {
			const struct prefix *net = &nets->item[k];

			if (net->addr.family != family)
				continue;
			if (found != NULL || net->len != (family == 4 ? 32 : 128))
				return NULL;
			found = net;
		}
	}
	return found;
}

static bool share_port(const struct policy *p, const struct policy_flow *a,
		       const struct policy_flow *b)
{
	for (size_t i = 0; i < a->service_count; i++) {
		for (size_t k = 0; k < b->service_count; k++) {
			if (policy_services_overlap(&p->service[a->service[i]],
						    &p->service[b->service[k]]))
				return true;
		}
	}
	return false;
}

/* A port of an address leads to one place. */
static void check_others(struct reader *r, const struct yaml_node *n,
			 const struct policy_flow *f, struct addr a)
{
	for (const struct policy_flow *o = r->p->flow; o < f; o++) {
		for (size_t i = 0; i < o->publish_count; i++) {
			if (addr_equal(o->publish[i], a) && share_port(r->p, o, f))
				diag_add(r->diags, n->at,
					 "flow '%s' (line %u) publishes a port of %s "
					 "that this one does too",
					 o->id, o->at.line, n->text);
		}
	}
}

static void check_services(struct reader *r, const struct yaml_node *n,
			   const struct policy_flow *f)
{
	for (size_t i = 0; i < f->service_count; i++) {
		const struct policy_service *s = &r->p->service[f->service[i]];

		for (size_t k = 0; k < s->match_count; k++) {
			if (s->match[k].port_min == 0)
				diag_add(r->diags, n->at,
					 "only TCP and UDP ports can be published, and "
					 "service '%s' has ICMP",
					 s->name);
		}
	}
}

static void add_address(struct reader *r, const struct yaml_node *n,
			struct policy_flow *f)
{
	struct addr a;

	if (!reader_addr(r, n, "a published address", f->publish, f->publish_count, &a))
		return;
	if (only_host(r->p, f, a.family) == NULL)
		diag_add(r->diags, n->at,
			 "%s cannot be published: the flow's 'destination' must be one "
			 "IPv%u address, the server's",
			 n->text, a.family);
	check_others(r, n, f, a);
	f->publish[f->publish_count++] = a;
}

int flow_publish_read(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_flow *f = object;

	if (!reader_is_list(r, n, "publish", PUBLISH_MAX))
		return 0;
	f->publish = calloc(n->count, sizeof(*f->publish));
	if (f->publish == NULL)
		return -ENOMEM;
	if (f->from != POLICY_NONE && r->kind_known[f->from] &&
	    r->p->zone[f->from].kind != POLICY_ZONE_INTERNET)
		diag_add(r->diags, n->key_at,
			 "only a flow from the zone of kind internet can be published");
	check_services(r, n, f);
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next)
		add_address(r, c, f);
	return 0;
}
