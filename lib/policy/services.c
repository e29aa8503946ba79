/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/sections.h"
#include "lib/policy/text.h"
#include "lib/str.h"

#define FORMS "tcp/PORT, udp/PORT, tcp/MIN-MAX, udp/MIN-MAX, icmp/TYPE, icmpv6/TYPE"

struct icmp_name {
	const char *name; /* first, for struct names */
	uint8_t type;
};

/* Names as nftables writes them. */
static const struct icmp_name icmp4[] = {
	{ "echo-reply", 0 },
	{ "destination-unreachable", 3 },
	{ "redirect", 5 },
	{ "echo-request", 8 },
	{ "router-advertisement", 9 },
	{ "router-solicitation", 10 },
	{ "time-exceeded", 11 },
	{ "parameter-problem", 12 },
	{ "timestamp-request", 13 },
	{ "timestamp-reply", 14 },
};

static const struct icmp_name icmp6[] = {
	{ "destination-unreachable", 1 }, { "packet-too-big", 2 },
	{ "time-exceeded", 3 },           { "parameter-problem", 4 },
	{ "echo-request", 128 },          { "echo-reply", 129 },
	{ "mld-listener-query", 130 },    { "mld-listener-report", 131 },
	{ "mld-listener-done", 132 },     { "nd-router-solicit", 133 },
	{ "nd-router-advert", 134 },      { "nd-neighbor-solicit", 135 },
	{ "nd-neighbor-advert", 136 },    { "nd-redirect", 137 },
};

static bool read_icmp(struct reader *r, const struct yaml_node *n, const char *type,
		      struct policy_match *m)
{
	bool v4 = m->proto == IPPROTO_ICMP;
	const struct icmp_name *table = v4 ? icmp4 : icmp6;
	struct names names = { .first = table,
			       .stride = sizeof(*table),
			       .count = v4 ? ARRAY_LEN(icmp4) : ARRAY_LEN(icmp6),
			       .pointer = true };
	size_t i = names_index(names, type);
	uint64_t number;

	if (i != POLICY_NONE) {
		m->icmp_type = table[i].type;
		return true;
	}
	if (str_to_uint(type, 0, UINT8_MAX, &number) < 0) {
		reader_unknown(r, n->at,
			       v4 ? "ICMP type (a name, or 0 to 255)"
				  : "ICMPv6 type (a name, or 0 to 255)",
			       type, "", names);
		return false;
	}
	m->icmp_type = (uint8_t)number;
	return true;
}

/* "443" or "8000-8999" */
static bool read_ports(struct reader *r, const struct yaml_node *n, const char *ports,
		       struct policy_match *m)
{
	char first[8];
	const char *dash = strchr(ports, '-');
	size_t len = dash != NULL ? (size_t)(dash - ports) : strlen(ports);
	uint64_t min, max;

	if (len < sizeof(first)) {
		memcpy(first, ports, len);
		first[len] = '\0';
		if (str_to_uint(first, 1, UINT16_MAX, &min) == 0 &&
		    str_to_uint(dash != NULL ? dash + 1 : first, min, UINT16_MAX, &max) ==
			    0) {
			m->port_min = (uint16_t)min;
			m->port_max = (uint16_t)max;
			return true;
		}
	}
	diag_add(r->diags, n->at,
		 "'%s': ports are numbers from 1 to 65535, in a range the smaller one "
		 "first",
		 text_shown(n->text).s);
	return false;
}

static bool read_match(struct reader *r, const struct yaml_node *n,
		       struct policy_match *m)
{
	static const struct {
		const char *prefix;
		uint8_t proto;
	} protos[] = {
		{ "tcp/", IPPROTO_TCP },
		{ "udp/", IPPROTO_UDP },
		{ "icmp/", IPPROTO_ICMP },
		{ "icmpv6/", IPPROTO_ICMPV6 },
	};

	if (!reader_is_text(r, n, "a service"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(protos); i++) {
		size_t len = strlen(protos[i].prefix);

		if (strncmp(n->text, protos[i].prefix, len) != 0)
			continue;
		m->proto = protos[i].proto;
		if (m->proto == IPPROTO_TCP || m->proto == IPPROTO_UDP)
			return read_ports(r, n, n->text + len, m);
		return read_icmp(r, n, n->text + len, m);
	}
	diag_add(r->diags, n->at, "'%s' is not a service; accepted: " FORMS,
		 text_shown(n->text).s);
	return false;
}

static bool overlaps(const struct policy_match *a, const struct policy_match *b)
{
	return a->proto == b->proto && a->icmp_type == b->icmp_type &&
	       a->port_min <= b->port_max && b->port_min <= a->port_max;
}

bool policy_services_overlap(const struct policy_service *a,
			     const struct policy_service *b)
{
	for (size_t i = 0; i < a->match_count; i++) {
		for (size_t k = 0; k < b->match_count; k++) {
			if (overlaps(&a->match[i], &b->match[k]))
				return true;
		}
	}
	return false;
}

static void add_match(struct reader *r, const struct yaml_node *n,
		      struct policy_service *s, const struct policy_match *m)
{
	for (size_t i = 0; i < s->match_count; i++) {
		if (overlaps(&s->match[i], m)) {
			diag_add(r->diags, n->at, "'%s' is in service '%s' already",
				 n->text, s->name);
			return;
		}
	}
	s->match[s->match_count++] = *m;
}

static int read_service(struct reader *r, const struct yaml_node *n)
{
	struct policy_service *s = &r->p->service[r->p->service_count++];
	char what[READER_WHAT_MAX];

	s->at = n->key_at;
	(void)reader_name(r, n->key_at, n->key, "service", s->name);
	(void)snprintf(what, sizeof(what), "service '%s'", s->name);
	if (!reader_is_list(r, n, what, POLICY_MATCHES_MAX))
		return 0;
	s->match = calloc(n->count, sizeof(*s->match));
	if (s->match == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		struct policy_match m = { 0 };

		if (read_match(r, c, &m))
			add_match(r, c, s, &m);
	}
	return 0;
}

int services_read(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	if (!reader_is_mapping(r, n, "services", POLICY_SERVICES_MAX))
		return 0;
	r->p->service = calloc(n->count, sizeof(*r->p->service));
	if (r->p->service == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		int e = read_service(r, c);

		if (e < 0)
			return e;
	}
	return 0;
}
