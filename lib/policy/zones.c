/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/nets.h"
#include "lib/policy/sections.h"
#include "lib/policy/text.h"
#include "lib/str.h"

#define SOURCE_LIMIT_MAX 100000
#define WIDEST           8 /* a network of a site, in bits of its prefix */

static const struct reader_choice kinds[] = {
	{ "personal", POLICY_ZONE_PERSONAL }, { "closed", POLICY_ZONE_CLOSED },
	{ "office", POLICY_ZONE_OFFICE },     { "management", POLICY_ZONE_MANAGEMENT },
	{ "internet", POLICY_ZONE_INTERNET }, { "vpn", POLICY_ZONE_VPN },
};

static const struct reader_choice admissions[] = {
	{ "enforce", POLICY_ADMISSION_ENFORCE },
	{ "off", POLICY_ADMISSION_OFF },
	{ "detect", POLICY_ADMISSION_DETECT },
};

static const struct reader_choice switches[] = {
	{ "on", true },
	{ "off", false },
};

static const struct reader_choice truths[] = {
	{ "true", 1 },
	{ "false", 0 },
};

static size_t index_of(const struct reader *r, const struct policy_zone *z)
{
	return (size_t)(z - r->p->zone);
}

static int read_label_ja(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;

	(void)reader_text(r, n, "label 'ja'", z->label_ja, sizeof(z->label_ja));
	return 0;
}

static int read_label_en(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;

	(void)reader_text(r, n, "label 'en'", z->label_en, sizeof(z->label_en));
	return 0;
}

static int read_label(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "ja", false, read_label_ja },
		{ "en", false, read_label_en },
	};

	return reader_mapping(r, n, "label", keys, ARRAY_LEN(keys), object);
}

static int read_kind(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;
	int value;

	if (!reader_choice(r, n, "kind", kinds, ARRAY_LEN(kinds), &value))
		return 0;
	z->kind = (enum policy_zone_kind)value;
	r->kind_known[index_of(r, z)] = true;
	for (const struct policy_zone *o = r->p->zone; o < z; o++) {
		if (z->kind == POLICY_ZONE_INTERNET && o->kind == POLICY_ZONE_INTERNET &&
		    r->kind_known[index_of(r, o)])
			diag_add(r->diags, n->at,
				 "zone '%s' is of kind internet already (line %u); one "
				 "zone may be",
				 o->name, o->at.line);
	}
	return 0;
}

static bool is_interface_name(const char *s)
{
	static const char accepted[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789._-";
	size_t len = strlen(s);

	return len >= 1 && len < sizeof(((struct policy_interface *)NULL)->name) &&
	       strspn(s, accepted) == len && strcmp(s, ".") != 0 &&
	       strcmp(s, "..") != 0 && strcmp(s, "lo") != 0;
}

static bool is_free(struct reader *r, const struct yaml_node *n)
{
	size_t owner = policy_zone_by_interface(r->p, n->text);

	if (owner != POLICY_NONE)
		diag_add(r->diags, n->at,
			 "interface '%s' belongs to zone '%s' already (line %u)", n->text,
			 r->p->zone[owner].name, r->p->zone[owner].at.line);
	return owner == POLICY_NONE;
}

/* *list, of *count, is the zone's; it grows as names are found free. */
static int read_names(struct reader *r, const struct yaml_node *n,
		      struct policy_interface **list, size_t *count)
{
	*list = calloc(n->count, sizeof(**list));
	if (*list == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		struct policy_interface *i = &(*list)[*count];

		if (!reader_is_text(r, c, "an interface"))
			continue;
		if (!is_interface_name(c->text)) {
			diag_add(r->diags, c->at,
				 "'%s' is not an interface name; accepted: 1 to 15 "
				 "characters "
				 "of A-Z a-z 0-9 . _ - and not 'lo'",
				 text_shown(c->text).s);
			continue;
		}
		if (!is_free(r, c))
			continue;
		(void)str_copy(i->name, sizeof(i->name), c->text);
		i->at = c->at;
		(*count)++;
	}
	return 0;
}

static int read_interfaces(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;

	if (!reader_is_list(r, n, "interfaces", POLICY_INTERFACES_MAX))
		return 0;
	return read_names(r, n, &z->interface, &z->interface_count);
}

static int read_ports(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;

	if (!reader_is_list(r, n, "ports", POLICY_PORTS_MAX))
		return 0;
	if (z->interface_count != 1)
		diag_add(r->diags, n->at,
			 "'ports' are the ports of a bridge: then the zone has one "
			 "interface, the bridge");
	return read_names(r, n, &z->port, &z->port_count);
}

static int read_port_lock(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;
	int value;

	if (reader_choice(r, n, "port_lock", truths, ARRAY_LEN(truths), &value))
		z->port_lock = value == 1;
	return 0;
}

/* What is locked opens for permits; without them it would never open. */
static void check_port_lock(struct reader *r, const struct yaml_node *n,
			    const struct policy_zone *z)
{
	if (z->port_lock &&
	    (z->port_count == 0 || z->admission != POLICY_ADMISSION_ENFORCE))
		diag_add(r->diags, yaml_get(n, "port_lock")->at,
			 "'port_lock' needs 'ports' and 'admission: enforce'");
}

/* /0, or /1 twice, in any other zone would make the whole world that zone's. */
static void check_whole_world(struct reader *r, const struct policy_zone *z,
			      struct place at)
{
	if (!r->kind_known[index_of(r, z)] || z->kind == POLICY_ZONE_INTERNET)
		return;
	for (size_t i = 0; i < z->networks.count; i++) {
		if (z->networks.item[i].len < WIDEST)
			diag_add(
				r->diags, at,
				"a network wider than /%d is for a zone of kind internet",
				WIDEST);
	}
}

static int read_networks(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;
	bool known = false;
	int e = nets_read(r, n, "networks", index_of(r, z), &z->networks, &known);

	r->networks_known[index_of(r, z)] = known;
	if (e == 0)
		check_whole_world(r, z, n->at);
	return e;
}

static int read_admission(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;
	int value;

	if (reader_choice(r, n, "admission", admissions, ARRAY_LEN(admissions), &value))
		z->admission = (enum policy_admission)value;
	return 0;
}

static enum policy_admission default_admission(enum policy_zone_kind kind)
{
	switch (kind) {
	case POLICY_ZONE_PERSONAL:
	case POLICY_ZONE_OFFICE:
	case POLICY_ZONE_MANAGEMENT:
	case POLICY_ZONE_VPN:
		return POLICY_ADMISSION_ENFORCE;
	case POLICY_ZONE_CLOSED:
	case POLICY_ZONE_INTERNET:
		return POLICY_ADMISSION_OFF;
	}
	return POLICY_ADMISSION_ENFORCE;
}

static int read_new_per_second(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;

	(void)reader_number(r, n, "new_per_second", 1, SOURCE_LIMIT_MAX,
			    &z->limits.new_per_second);
	return 0;
}

static int read_connections(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;

	(void)reader_number(r, n, "connections", 1, SOURCE_LIMIT_MAX,
			    &z->limits.connections);
	return 0;
}

static int read_limits(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "new_per_second", false, read_new_per_second },
		{ "connections", false, read_connections },
	};

	return reader_mapping(r, n, "limits", keys, ARRAY_LEN(keys), object);
}

/* Two zones in one VLAN would be one network. */
static int read_vlan(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;
	uint32_t vlan = 0;

	if (!reader_number(r, n, "vlan", 1, POLICY_VLAN_MAX, &vlan))
		return 0;
	for (const struct policy_zone *o = r->p->zone; o < z; o++) {
		if (o->vlan == vlan)
			diag_add(r->diags, n->at,
				 "VLAN %u belongs to zone '%s' already (line %u)",
				 (unsigned)vlan, o->name, o->at.line);
	}
	z->vlan = (uint16_t)vlan;
	return 0;
}

static int read_containment(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_zone *z = object;
	int value;

	if (reader_choice(r, n, "containment", switches, ARRAY_LEN(switches), &value))
		z->containment = value != 0;
	return 0;
}

/* kind comes first: the other keys are judged by it. */
static const struct reader_key zone_keys[] = {
	{ "kind", true, read_kind },
	{ "label", false, read_label },
	{ "interfaces", true, read_interfaces },
	{ "networks", false, read_networks },
	{ "admission", false, read_admission },
	{ "limits", false, read_limits },
	{ "vlan", false, read_vlan },
	{ "containment", false, read_containment },
	{ "ports", false, read_ports }, /* after interfaces */
	{ "port_lock", false, read_port_lock },
};

/* Both act on the strength of permits, which only an enforcing zone has. */
static void check_permits_count(struct reader *r, const struct yaml_node *n,
				const struct policy_zone *z)
{
	if (z->admission == POLICY_ADMISSION_ENFORCE)
		return;
	if (z->vlan != 0)
		diag_add(r->diags, yaml_get(n, "vlan")->key_at,
			 "'vlan' is for a zone with admission enforce");
	if (z->containment)
		diag_add(r->diags, yaml_get(n, "containment")->key_at,
			 "'containment' is for a zone with admission enforce");
}

static bool is_of_vpn(const char *interface)
{
	static const char *const names[] = { "wg",  "tun",  "tap", "ipsec",
					     "vti", "xfrm", "ppp" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strncmp(interface, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

/*
 * There an address is as good as the VPN's own keys. On a wire it would be good for
 * nothing, and what goes by cards has none to go by.
 */
static void check_vpn(struct reader *r, const struct yaml_node *n,
		      const struct policy_zone *z)
{
	static const char *const wired[] = { "ports", "vlan", "containment" };

	for (size_t i = 0; i < z->interface_count; i++) {
		if (!is_of_vpn(z->interface[i].name))
			diag_add(r->diags, z->interface[i].at,
				 "'%s' is no interface of a VPN, which a zone of kind "
				 "vpn has: wg…, tun…, tap…, ipsec…, vti…, xfrm…, ppp…",
				 z->interface[i].name);
	}
	for (size_t i = 0; i < ARRAY_LEN(wired); i++) {
		if (yaml_get(n, wired[i]) != NULL)
			diag_add(r->diags, yaml_get(n, wired[i])->key_at,
				 "'%s' is not for a zone of kind vpn", wired[i]);
	}
}

static int read_zone(struct reader *r, const struct yaml_node *n)
{
	size_t index = r->p->zone_count++;
	struct policy_zone *z = &r->p->zone[index];
	char what[READER_WHAT_MAX];
	int e;

	z->at = n->key_at;
	(void)reader_name(r, n->key_at, n->key, "zone", z->name);
	(void)snprintf(what, sizeof(what), "zone '%s'", z->name);
	e = reader_mapping(r, n, what, zone_keys, ARRAY_LEN(zone_keys), z);
	if (e < 0 || n->kind != YAML_MAPPING || !r->kind_known[index])
		return e;
	if (yaml_get(n, "admission") == NULL)
		z->admission = default_admission(z->kind);
	check_permits_count(r, n, z);
	check_port_lock(r, n, z);
	if (z->kind == POLICY_ZONE_VPN)
		check_vpn(r, n, z);
	if (yaml_get(n, "networks") == NULL && z->kind != POLICY_ZONE_INTERNET)
		diag_add(r->diags, n->key_at,
			 "%s lacks the key 'networks'; only a zone of kind internet may",
			 what);
	return 0;
}

int zones_read(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	if (!reader_is_mapping(r, n, "zones", POLICY_ZONES_MAX))
		return 0;
	r->p->zone = calloc(n->count, sizeof(*r->p->zone));
	if (r->p->zone == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		int e = read_zone(r, c);

		if (e < 0)
			return e;
	}
	nets_check_overlap(r);
	return 0;
}
