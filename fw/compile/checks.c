/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/compile/parts.h"

#include <stdio.h>
#include <string.h>

static bool has_interface(const struct inventory *inv, const char *name)
{
	for (size_t i = 0; i < inv->interface_count; i++) {
		if (strcmp(inv->interface[i], name) == 0)
			return true;
	}
	return false;
}

static bool is_named(const struct policy_interface *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool is_known(const struct inventory *inv, const char *name)
{
	for (size_t i = 0; inv->known != NULL && i < inv->known->zone_count; i++) {
		const struct policy_zone *z = &inv->known->zone[i];

		if (is_named(z->interface, z->interface_count, name) ||
		    is_named(z->port, z->port_count, name))
			return true;
	}
	return false;
}

/* "eth0, eth1", cut to fit. */
static void list_interfaces(const struct inventory *inv, char *dst, size_t size)
{
	size_t len = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < inv->interface_count && len < size; i++) {
		int n = snprintf(dst + len, size - len, "%s%s", i == 0 ? "" : ", ",
				 inv->interface[i]);

		len += n > 0 ? (size_t)n : 0;
	}
}

static void check_exist(const struct policy_zone *z, const char *what,
			const struct policy_interface *list, size_t count,
			const struct inventory *inv, struct diags *diags)
{
	char all[128];

	list_interfaces(inv, all, sizeof(all));
	for (size_t i = 0; i < count; i++) {
		if (!has_interface(inv, list[i].name) && !is_known(inv, list[i].name))
			diag_add(diags, list[i].at,
				 "%s '%s' of zone '%s' does not exist on this machine "
				 "(it has: %s)",
				 what, list[i].name, z->name, all);
	}
}

void compile_check_interfaces(const struct policy *p, const struct inventory *inv,
			      struct diags *diags)
{
	for (size_t i = 0; i < p->zone_count; i++) {
		const struct policy_zone *z = &p->zone[i];

		check_exist(z, "interface", z->interface, z->interface_count, inv, diags);
		check_exist(z, "port", z->port, z->port_count, inv, diags);
	}
}

void compile_check_assertion(const struct policy *p, const struct policy_assertion *a,
			     struct diags *diags)
{
	const char *from = p->zone[a->from].name, *to = p->zone[a->to].name;

	for (size_t i = 0; i < p->flow_count; i++) {
		const struct policy_flow *f = &p->flow[i];

		if (f->from == a->from && f->to == a->to)
			diag_add(diags, f->at,
				 "flow '%s' contradicts the assertion of line %u: never "
				 "from '%s' to '%s'",
				 f->id, a->at.line, from, to);
	}
	if (p->proxy.via == a->to && policy_serves(p, a->from))
		diag_add(diags, p->proxy.at,
			 "the proxy contradicts the assertion of line %u: never from "
			 "'%s' to '%s'",
			 a->at.line, from, to);
}
