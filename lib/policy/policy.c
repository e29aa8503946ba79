/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/policy/sections.h"
#include "lib/policy/text.h"
#include "lib/str.h"

#define VERSION "1"

static int read_version(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	if (reader_is_text(r, n, "version") && strcmp(n->text, VERSION) != 0)
		diag_add(r->diags, n->at, "version must be " VERSION ", found '%s'",
			 text_shown(n->text).s);
	return 0;
}

/* In the order in which they need each other; the file may have another. */
static const struct reader_key sections[] = {
	{ "version", true, read_version },
	{ "site", true, site_read },
	{ "zones", true, zones_read },
	{ "networks", false, groups_read },
	{ "services", false, services_read },
	{ "schedules", false, schedules_read },
	{ "flows", false, flows_read },
	{ "proxy", false, proxy_read },
	{ "management", false, management_read },
	{ "gateway", false, gateway_read },
	{ "sensor", false, sensor_read },
	{ "pinned", false, pins_read },
	{ "assertions", false, assertions_read },
};

static void free_p_policy(struct policy **p)
{
	policy_free(*p);
}

static void free_p_yaml(struct yaml_node **n)
{
	yaml_free(*n);
}

static void free_p_reader(struct reader **r)
{
	if (*r == NULL)
		return;
	free((*r)->net);
	free((*r)->fit);
	free(*r);
}

/* Sections were read in our order; people read from top to bottom. */
static void sort_diags(struct diags *d)
{
	size_t n = d->count < DIAG_MAX ? d->count : DIAG_MAX;

	for (size_t i = 1; i < n; i++) {
		struct diag moved = d->item[i];
		size_t k = i;

		for (; k > 0; k--) {
			const struct place *p = &d->item[k - 1].at;

			if (p->line < moved.at.line ||
			    (p->line == moved.at.line && p->column <= moved.at.column))
				break;
			d->item[k] = d->item[k - 1];
		}
		d->item[k] = moved;
	}
}

static int read_policy(const struct yaml_node *root, struct policy *p,
		       struct diags *diags)
{
	CLEANUP(free_p_reader) struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->p = p;
	r->diags = diags;
	(void)str_copy(p->timezone, sizeof(p->timezone), "Asia/Tokyo");
	return reader_mapping(r, root, "the policy", sections, ARRAY_LEN(sections), NULL);
}

int policy_parse(const char *text, size_t len, struct policy **ret_policy,
		 struct diags *diags)
{
	CLEANUP(free_p_yaml) struct yaml_node *root = NULL;
	CLEANUP(free_p_policy) struct policy *p = NULL;
	size_t before = diags->count;
	int r = text_check(text, len, diags);

	if (r < 0)
		return r;
	r = yaml_load(text, len, &root, diags);
	if (r < 0)
		return r;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	r = read_policy(root, p, diags);
	if (r < 0)
		return r;
	if (diags->count != before) {
		sort_diags(diags);
		return -EINVAL;
	}
	*ret_policy = STEAL(p);
	return 0;
}

void policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->zone_count; i++) {
		free(p->zone[i].interface);
		free(p->zone[i].port);
		free(p->zone[i].networks.item);
	}
	for (size_t i = 0; i < p->group_count; i++)
		free(p->group[i].networks.item);
	for (size_t i = 0; i < p->service_count; i++)
		free(p->service[i].match);
	for (size_t i = 0; i < p->flow_count; i++) {
		free(p->flow[i].source);
		free(p->flow[i].destination);
		free(p->flow[i].service);
		free(p->flow[i].publish);
	}
	for (size_t i = 0; i < p->pin_count; i++) {
		free(p->pin[i].device);
		free(p->pin[i].to);
	}
	free(p->zone);
	free(p->group);
	free(p->service);
	free(p->schedule);
	free(p->flow);
	free(p->pin);
	free(p->proxy.zone);
	free(p->proxy.transparent);
	free(p->proxy.sign_in);
	free(p->proxy.resolver);
	free(p->management.zone);
	free(p->gateway.ntp.server);
	free(p->gateway.syslog.server);
	free(p->gateway.mail.server);
	free(p->gateway.radius.item);
	free(p->gateway.vpn.peer);
	free(p->sensor.dhcp);
	free(p->sensor.router);
	free(p->assertion);
	free(p);
}

size_t policy_zone_by_name(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->zone_count; i++) {
		if (strcmp(p->zone[i].name, name) == 0)
			return i;
	}
	return POLICY_NONE;
}

static bool has_interface(const struct policy_interface *list, size_t count,
			  const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i].name, name) == 0)
			return true;
	}
	return false;
}

size_t policy_zone_by_interface(const struct policy *p, const char *interface)
{
	for (size_t i = 0; i < p->zone_count; i++) {
		const struct policy_zone *z = &p->zone[i];

		if (has_interface(z->interface, z->interface_count, interface) ||
		    has_interface(z->port, z->port_count, interface))
			return i;
	}
	return POLICY_NONE;
}

bool policy_zone_listed(const size_t *list, size_t count, size_t zone)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == zone)
			return true;
	}
	return false;
}

bool policy_prefixes_hold(const struct policy_prefixes *list, struct addr a)
{
	for (size_t i = 0; i < list->count; i++) {
		if (prefix_contains(list->item[i], a))
			return true;
	}
	return false;
}

size_t policy_zone_by_addr(const struct policy *p, struct addr a)
{
	size_t rest = POLICY_NONE;

	for (size_t i = 0; i < p->zone_count; i++) {
		if (policy_prefixes_hold(&p->zone[i].networks, a))
			return i;
		if (p->zone[i].networks.count == 0)
			rest = i;
	}
	return rest;
}
