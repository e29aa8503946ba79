/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fw/sensor/dhcp4.h"
#include "fw/sensor/dhcp6.h"
#include "fw/sensor/mdns.h"
#include "fw/sensor/sight_parts.h"
#include "lib/record.h"

#define PORT_SERVER 67
#define PORT_CLIENT 68

static void play_server(struct sight *s, struct addr at, const char *note)
{
	s->role = SIGHT_ROLE_DHCP;
	s->role_addr = at;
	(void)snprintf(s->note, sizeof(s->note), "%s", note);
	sight_own(s, s->mac, at); /* a server speaks of others, as itself */
}

static void note_lease(struct sight *s, const struct dhcp4 *d)
{
	char client[MAC_TEXT_MAX], address[ADDR_TEXT_MAX];

	mac_format(d->client_mac, client);
	addr_format(d->assigned, address);
	(void)snprintf(s->note, sizeof(s->note), "DHCP message %u, gives %s to %s",
		       (unsigned)d->message, address, client);
}

static int from_dhcp4(const struct ip *ip, const struct udp *u, struct sight *s)
{
	struct dhcp4 d;
	int e = dhcp4_parse(u->payload, &d);

	s->source = PROTO_SOURCE_DHCP4;
	if (e < 0) {
		/* in fragments its contents cannot be read, but who is answering can */
		if (!ip->cut || u->source != PORT_SERVER || u->dest != PORT_CLIENT)
			return e;
		play_server(s, ip->source, "DHCP answer in fragments");
		return 0;
	}
	if (d.direction == DHCP4_FROM_SERVER) {
		play_server(s, ip->source, "");
		note_lease(s, &d);
		return 0;
	}
	sight_own(s, d.client_mac, d.client.family != 0 ? d.client : d.requested);
	if (!mac_equal(d.client_mac, s->mac))
		return 0;
	record_set_str(s->name, sizeof(s->name), d.name);
	memcpy(s->fingerprint, d.fingerprint, sizeof(s->fingerprint));
	return 0;
}

static int from_dhcp6(const struct ip *ip, const struct udp *u, struct sight *s)
{
	struct dhcp6 d;
	int e = dhcp6_parse(u->payload, &d);

	if (e < 0)
		return e;
	s->source = PROTO_SOURCE_DHCP6;
	if (d.direction == DHCP6_FROM_SERVER) {
		play_server(s, ip->source, "");
		(void)snprintf(s->note, sizeof(s->note), "DHCPv6 message %u",
			       (unsigned)d.message);
		return 0;
	}
	sight_own(s, s->mac, ip->source);
	record_set_str(s->name, sizeof(s->name), d.name);
	memcpy(s->fingerprint, d.fingerprint, sizeof(s->fingerprint));
	return 0;
}

static int from_mdns(const struct ip *ip, const struct udp *u, struct sight *s)
{
	char name[LABEL_MAX];
	int e = mdns_parse(u->payload, ip->source, name);

	if (e < 0)
		return e;
	s->source = PROTO_SOURCE_MDNS;
	sight_own(s, s->mac, ip->source);
	record_set_str(s->name, sizeof(s->name), name);
	return 0;
}

static bool is_either(uint16_t port, uint16_t a, uint16_t b)
{
	return port == a || port == b;
}

int sight_from_udp(const struct ip *ip, struct sight *s)
{
	struct udp u;
	int e = ip_open_udp(ip, &u);

	if (e < 0)
		return e;
	if (ip->source.family == 4 && is_either(u.source, PORT_CLIENT, PORT_SERVER) &&
	    is_either(u.dest, PORT_CLIENT, PORT_SERVER))
		return from_dhcp4(ip, &u, s);
	/* a server may answer from any port (RFC 8415 7.2): the destination tells */
	if (ip->source.family == 6 &&
	    is_either(u.dest, DHCP6_CLIENT_PORT, DHCP6_SERVER_PORT))
		return from_dhcp6(ip, &u, s);
	if (u.source == MDNS_PORT || u.source == MDNS_LLMNR_PORT)
		return from_mdns(ip, &u, s);
	return -ENOMSG;
}
