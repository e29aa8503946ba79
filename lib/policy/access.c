/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the gateway itself offers to zones: the proxy and the management page. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "lib/policy/sections.h"
#include "lib/policy/text.h"

#define PROXY_PORT          3128
#define MANAGEMENT_PORT     8443
#define PROXY_RESOLVERS_MAX 8

const struct policy_limits policy_limits_default = {
	.connections = 20000,
	.device_connections = 256,
	.head_seconds = 10,
	.idle_seconds = 600,
	.total_hours = 24,
	.upload_action = POLICY_UPLOAD_ALARM,
};

static bool is_kind(const struct reader *r, size_t zone, enum policy_zone_kind kind)
{
	return r->kind_known[zone] && r->p->zone[zone].kind == kind;
}

static int read_proxy_port(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	(void)reader_port(r, n, "port", &r->p->proxy.port);
	return 0;
}

static int read_via(struct reader *r, const struct yaml_node *n, void *object)
{
	size_t *via = &r->p->proxy.via;

	(void)object;
	if (!reader_ref(r, n, "zone", reader_zones(r), via))
		return 0;
	if (r->kind_known[*via] && !is_kind(r, *via, POLICY_ZONE_INTERNET))
		diag_add(r->diags, n->at,
			 "the proxy reaches out via the zone of kind internet; '%s' is "
			 "not",
			 r->p->zone[*via].name);
	return 0;
}

static void check_proxy_zone(struct reader *r, struct place at, size_t zone)
{
	const char *name = r->p->zone[zone].name;

	if (is_kind(r, zone, POLICY_ZONE_PERSONAL))
		diag_add(r->diags, at,
			 "the proxy must not serve zone '%s': a personal zone has no way "
			 "to the "
			 "internet",
			 name);
	else if (zone == r->p->proxy.via || is_kind(r, zone, POLICY_ZONE_INTERNET))
		diag_add(r->diags, at,
			 "the proxy cannot serve zone '%s', which it reaches out to",
			 name);
}

static int read_proxy_zones(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_proxy *p = &r->p->proxy;
	int e = reader_refs(r, n, "zones", "zone", reader_zones(r), &p->zone,
			    &p->zone_count);

	(void)object;
	for (size_t i = 0; i < p->zone_count; i++)
		check_proxy_zone(r, reader_member_at(n, reader_zones(r), p->zone[i]),
				 p->zone[i]);
	return e;
}

/* Read a list of zones that must be of those the proxy serves. */
static int read_some_zones(struct reader *r, const struct yaml_node *n, size_t **ret_zone,
			   size_t *ret_count)
{
	const struct policy_proxy *p = &r->p->proxy;
	const char *served[POLICY_ZONES_MAX];
	struct names names = { .first = served,
			       .stride = sizeof(served[0]),
			       .count = p->zone_count,
			       .pointer = true };
	int e = reader_refs(r, n, n->key, "zone", reader_zones(r), ret_zone, ret_count);

	for (size_t i = 0; i < p->zone_count; i++)
		served[i] = r->p->zone[p->zone[i]].name;
	for (size_t i = 0; i < *ret_count && p->zone_count != 0; i++) {
		size_t zone = (*ret_zone)[i];

		if (policy_zone_listed(p->zone, p->zone_count, zone))
			continue;
		diag_add(r->diags, reader_member_at(n, reader_zones(r), zone),
			 "the proxy does not serve zone '%s'; accepted: %s",
			 r->p->zone[zone].name, names_known(names).s);
	}
	return e;
}

static bool has_web_port(const struct policy_service *s)
{
	for (size_t i = 0; i < s->match_count; i++) {
		const struct policy_match *m = &s->match[i];

		if (m->proto == IPPROTO_TCP &&
		    ((m->port_min <= 80 && m->port_max >= 80) ||
		     (m->port_min <= 443 && m->port_max >= 443)))
			return true;
	}
	return false;
}

/* What is redirected can have no flow to the internet besides: it would be in vain. */
static void check_transparent(struct reader *r, struct place at, size_t zone)
{
	const struct policy *p = r->p;

	for (size_t i = 0; i < p->flow_count; i++) {
		const struct policy_flow *f = &p->flow[i];

		if (f->from != zone || f->to != p->proxy.via)
			continue;
		for (size_t k = 0; k < f->service_count; k++) {
			const struct policy_service *s = &p->service[f->service[k]];

			if (has_web_port(s))
				diag_add(r->diags, at,
					 "zone '%s' cannot be transparent: flow '%s' "
					 "(line %u) lets tcp/80 or tcp/443 through to "
					 "the internet (service '%s')",
					 p->zone[zone].name, f->id, f->at.line, s->name);
		}
	}
}

static int read_transparent(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_proxy *p = &r->p->proxy;
	int e = read_some_zones(r, n, &p->transparent, &p->transparent_count);

	(void)object;
	for (size_t i = 0; i < p->transparent_count; i++)
		check_transparent(r,
				  reader_member_at(n, reader_zones(r), p->transparent[i]),
				  p->transparent[i]);
	return e;
}

/* A browser that does not know of the proxy never sends it a password. */
static int read_sign_in(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_proxy *p = &r->p->proxy;
	int e = read_some_zones(r, n, &p->sign_in, &p->sign_in_count);

	(void)object;
	for (size_t i = 0; i < p->sign_in_count; i++) {
		size_t zone = p->sign_in[i];

		if (policy_zone_listed(p->transparent, p->transparent_count, zone))
			diag_add(r->diags, reader_member_at(n, reader_zones(r), zone),
				 "zone '%s' is transparent: a browser that does not know "
				 "of the proxy cannot sign in; list it in one of the two",
				 r->p->zone[zone].name);
	}
	return e;
}

static int read_workers(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	(void)reader_number(r, n, "workers", 1, POLICY_WORKERS_MAX, &r->p->proxy.workers);
	return 0;
}

static int read_ech(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_choice choices[] = {
		{ "allow", POLICY_ECH_ALLOW },
		{ "refuse", POLICY_ECH_REFUSE },
	};
	int v;

	(void)object;
	if (reader_choice(r, n, "ech", choices, ARRAY_LEN(choices), &v))
		r->p->proxy.ech = (enum policy_ech)v;
	return 0;
}

static int read_restart(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_choice choices[] = {
		{ "keep", POLICY_RESTART_KEEP },
		{ "cut", POLICY_RESTART_CUT },
	};
	int v;

	(void)object;
	if (reader_choice(r, n, "restart", choices, ARRAY_LEN(choices), &v))
		r->p->proxy.restart = (enum policy_restart)v;
	return 0;
}

/* Names are asked for on behalf of everybody: what answers must not be in a personal zone. */
static int read_resolvers(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_proxy *p = &r->p->proxy;
	int e = reader_addrs(r, n, "resolvers", "a resolver", PROXY_RESOLVERS_MAX,
			     &p->resolver, &p->resolver_count);

	(void)object;
	reader_outside_personal(r, n, p->resolver, p->resolver_count, "resolver",
				"the proxy, which speaks with the internet, has no way "
				"into a personal zone");
	return e;
}

int proxy_read(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "port", false, read_proxy_port },
		{ "via", true, read_via }, /* zones are judged by it */
		{ "zones", true, read_proxy_zones },
		{ "resolvers", true, read_resolvers },
		{ "transparent", false, read_transparent }, /* after zones and via */
		{ "sign_in", false, read_sign_in }, /* after transparent */
		{ "workers", false, read_workers },
		{ "ech", false, read_ech },
		{ "restart", false, read_restart },
		{ "limits", false, proxy_limits_read },
	};
	struct policy_proxy *p = &r->p->proxy;

	p->present = true;
	p->port = PROXY_PORT;
	p->via = POLICY_NONE;
	p->limits = policy_limits_default;
	p->at = n->key_at;
	return reader_mapping(r, n, "proxy", keys, ARRAY_LEN(keys), object);
}

static int read_management_port(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	(void)reader_port(r, n, "port", &r->p->management.port);
	return 0;
}

static int read_management_ssh(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	(void)reader_port(r, n, "ssh", &r->p->management.ssh);
	return 0;
}

static int read_management_zones(struct reader *r, const struct yaml_node *n,
				 void *object)
{
	struct policy_management *m = &r->p->management;
	int e = reader_refs(r, n, "zones", "zone", reader_zones(r), &m->zone,
			    &m->zone_count);

	(void)object;
	for (size_t i = 0; i < m->zone_count; i++) {
		if (is_kind(r, m->zone[i], POLICY_ZONE_INTERNET))
			diag_add(
				r->diags,
				reader_member_at(n, reader_zones(r), m->zone[i]),
				"the management page must not be offered to the internet "
				"(zone '%s')",
				r->p->zone[m->zone[i]].name);
	}
	return e;
}

int management_read(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "port", false, read_management_port },
		{ "ssh", false, read_management_ssh },
		{ "zones", true, read_management_zones },
	};
	struct policy_management *m = &r->p->management;
	int e;

	m->present = true;
	m->port = MANAGEMENT_PORT;
	m->at = n->key_at;
	e = reader_mapping(r, n, "management", keys, ARRAY_LEN(keys), object);
	if (e == 0 && r->p->proxy.present && r->p->proxy.port == m->port)
		diag_add(r->diags, n->key_at,
			 "management and proxy (line %u) both use port %u",
			 r->p->proxy.at.line, m->port);
	if (e == 0 && m->ssh != 0 &&
	    (m->ssh == m->port || (r->p->proxy.present && m->ssh == r->p->proxy.port)))
		diag_add(r->diags, n->key_at,
			 "'ssh' is at port %u, which the management page or the proxy "
			 "uses",
			 m->ssh);
	return e;
}
