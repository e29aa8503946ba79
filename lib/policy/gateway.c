/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the gateway itself may say, besides what the proxy does: clock, logs, mail, RADIUS, VPN. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/nets.h"
#include "lib/policy/sections.h"
#include "lib/policy/text.h"
#include "lib/str.h"

#define CLOCK_ACCOUNT "systemd-timesync"
#define NTP_PORT      123
#define SYSLOG_PORT   6514 /* over TLS, RFC 5425 */
#define MAIL_PORT     25

/* What crosses the border of a personal zone is a flow, with its papers; this has none. */
static int read_servers(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_target *t = object;
	int e = reader_addrs(r, n, "servers", "a server", POLICY_SERVERS_MAX, &t->server,
			     &t->server_count);

	reader_outside_personal(r, n, t->server, t->server_count, "server",
				"this machine's own services have no way into a personal "
				"zone; name a server in another zone");
	return e;
}

/* As useradd takes it, without '$'. */
static int read_account(struct reader *r, const struct yaml_node *n, void *object)
{
	static const char accepted[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	struct policy_target *t = object;

	if (!reader_is_text(r, n, "account"))
		return 0;
	if (strspn(n->text, accepted) == strlen(n->text) && n->text[0] != '-' &&
	    str_copy(t->account, sizeof(t->account), n->text) >= 0)
		return 0;
	diag_add(r->diags, n->at,
		 "'%s' is not an account name; accepted: 1 to %d characters of a-z 0-9 _ "
		 "-",
		 text_shown(n->text).s, POLICY_ACCOUNT_MAX);
	return 0;
}

static int read_service(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_target *t = object;
	uint64_t port;

	if (!reader_is_text(r, n, "service"))
		return 0;
	if ((strncmp(n->text, "tcp/", 4) != 0 && strncmp(n->text, "udp/", 4) != 0) ||
	    str_to_uint(n->text + 4, 1, UINT16_MAX, &port) < 0) {
		diag_add(
			r->diags, n->at,
			"'%s' is not a service of one port; accepted: tcp/PORT, udp/PORT",
			text_shown(n->text).s);
		return 0;
	}
	t->proto = n->text[0] == 't' ? IPPROTO_TCP : IPPROTO_UDP;
	t->port = (uint16_t)port;
	return 0;
}

static int read_ntp(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "servers", true, read_servers },
		{ "account", false, read_account },
	};
	struct policy_target *t = &r->p->gateway.ntp;

	(void)object;
	*t = (struct policy_target){
		.present = true, .proto = IPPROTO_UDP, .port = NTP_PORT, .at = n->key_at
	};
	(void)str_copy(t->account, sizeof(t->account), CLOCK_ACCOUNT);
	return reader_mapping(r, n, "ntp", keys, ARRAY_LEN(keys), t);
}

static bool is_inside(const struct reader *r, struct addr a)
{
	size_t z = policy_zone_by_addr(r->p, a);

	return z != POLICY_NONE && r->p->zone[z].kind != POLICY_ZONE_INTERNET;
}

/* mgmtd reads what everybody types: taken over, it must have no way out of the site. */
static void check_inside(struct reader *r, const struct yaml_node *n,
			 const struct policy_target *t)
{
	for (size_t i = 0; i < t->server_count; i++) {
		char text[ADDR_TEXT_MAX];

		if (is_inside(r, t->server[i]))
			continue;
		addr_format(t->server[i], text);
		diag_add(r->diags, n->key_at,
			 "server %s of '%s' is in no zone but the internet, which the "
			 "management service must never reach; name a relay in a zone of "
			 "the site",
			 text, n->key);
	}
}

static int read_own(struct reader *r, const struct yaml_node *n, struct policy_target *t,
		    uint16_t port)
{
	static const struct reader_key keys[] = {
		{ "servers", true, read_servers },
		{ "service", false, read_service },
	};
	int e;

	*t = (struct policy_target){
		.present = true, .proto = IPPROTO_TCP, .port = port, .at = n->key_at
	};
	e = reader_mapping(r, n, n->key, keys, ARRAY_LEN(keys), t);
	if (e == 0)
		check_inside(r, n, t);
	return e;
}

static int read_syslog(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	return read_own(r, n, &r->p->gateway.syslog, SYSLOG_PORT);
}

static int read_mail(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	return read_own(r, n, &r->p->gateway.mail, MAIL_PORT);
}

static int read_switches(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_switches *s = object;
	int e = reader_addrs(r, n, "switches", "a switch", POLICY_SWITCHES_MAX, &s->item,
			     &s->count);

	for (size_t i = 0; i < s->count; i++) {
		char text[ADDR_TEXT_MAX];

		if (is_inside(r, s->item[i]))
			continue;
		addr_format(s->item[i], text);
		diag_add(r->diags, reader_addr_at(n, s->item[i]),
			 "switch %s is in no zone but the internet", text);
	}
	return e;
}

static int read_radius(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "switches", true, read_switches },
	};

	(void)object;
	return reader_mapping(r, n, "radius", keys, ARRAY_LEN(keys),
			      &r->p->gateway.radius);
}

static int read_vpn_port(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_vpn *v = object;

	if (reader_port(r, n, "port", &v->port) && v->port == POLICY_RADIUS_PORT)
		diag_add(r->diags, n->at,
			 "port %d is the RADIUS server's, which only switches may ask",
			 POLICY_RADIUS_PORT);
	return 0;
}

static int read_vpn_from(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_vpn *v = object;
	enum policy_zone_kind kind;

	if (!reader_ref(r, n, "zone", reader_zones(r), &v->from))
		return 0;
	kind = r->p->zone[v->from].kind;
	if (kind == POLICY_ZONE_VPN || kind == POLICY_ZONE_PERSONAL)
		diag_add(
			r->diags, n->at,
			"zone '%s': a VPN does not come in through a zone of kind vpn or "
			"personal",
			r->p->zone[v->from].name);
	return 0;
}

/* Read after from, which says where they have to lie. */
static int read_peers(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_vpn *v = object;
	int e = reader_addrs(r, n, "peers", "a peer", POLICY_PEERS_MAX, &v->peer,
			     &v->peer_count);

	for (size_t i = 0; v->from != POLICY_NONE && i < v->peer_count; i++) {
		char text[ADDR_TEXT_MAX];

		if (policy_zone_by_addr(r->p, v->peer[i]) == v->from)
			continue;
		addr_format(v->peer[i], text);
		diag_add(r->diags, reader_addr_at(n, v->peer[i]),
			 "peer %s is not in zone '%s'", text, r->p->zone[v->from].name);
	}
	return e;
}

static size_t zone_of_kind(const struct policy *p, enum policy_zone_kind kind)
{
	for (size_t z = 0; z < p->zone_count; z++) {
		if (p->zone[z].kind == kind)
			return z;
	}
	return POLICY_NONE;
}

static int read_vpn(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "port", true, read_vpn_port },
		{ "from", false, read_vpn_from },
		{ "peers", false, read_peers },
	};
	struct policy_vpn *v = &r->p->gateway.vpn;

	(void)object;
	*v = (struct policy_vpn){ .present = true,
				  .from = zone_of_kind(r->p, POLICY_ZONE_INTERNET) };
	if (zone_of_kind(r->p, POLICY_ZONE_VPN) == POLICY_NONE)
		diag_add(r->diags, n->key_at,
			 "'vpn' is for a policy with a zone of kind vpn, where its "
			 "terminals are");
	if (v->from == POLICY_NONE && yaml_get(n, "from") == NULL)
		diag_add(r->diags, n->key_at,
			 "there is no zone of kind internet: 'from' has to name a zone");
	return reader_mapping(r, n, "vpn", keys, ARRAY_LEN(keys), v);
}

int gateway_read(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "ntp", false, read_ntp },   { "syslog", false, read_syslog },
		{ "mail", false, read_mail }, { "radius", false, read_radius },
		{ "vpn", false, read_vpn },
	};

	return reader_mapping(r, n, "gateway", keys, ARRAY_LEN(keys), object);
}
