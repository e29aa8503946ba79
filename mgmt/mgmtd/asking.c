/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/asking.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/input_permit.h"
#include "mgmt/mgmtd/store_asset.h"
#include "mgmt/mgmtd/store_list.h"

static bool is_vpn(const struct policy *policy, const char *interface)
{
	size_t zone = policy_zone_by_interface(policy, interface);

	return zone != POLICY_NONE && policy->zone[zone].kind == POLICY_ZONE_VPN;
}

/* Takes the list over. */
static int dump_list(json_t *list, char *dst, size_t size)
{
	size_t len = json_dumpb(list, dst, size, JSON_COMPACT);

	json_decref(list);
	if (len == 0 || len >= size)
		return -ENOMEM;
	dst[len] = '\0';
	return 0;
}

/* Lists by their ids. Returns 0, -ENOENT with the name that is none's, or another. */
static int dump_lists(const struct call *c, const struct input_request *in,
		      struct permit *p, const char **ret_bad)
{
	json_t *list = json_array();

	for (size_t i = 0; i < in->list_count; i++) {
		struct list found;
		int r = store_list_find(c->app->db, in->list[i], &found);

		if (r < 0) {
			*ret_bad = in->list[i];
			json_decref(list);
			return r;
		}
		(void)json_array_append_new(list, json_string(found.id));
	}
	return dump_list(list, p->lists, sizeof(p->lists));
}

static int dump_limits(const struct input_request *in, struct permit *p)
{
	json_t *hosts = json_array(), *flows = json_array();
	int r;

	for (size_t i = 0; i < in->destination_count; i++)
		(void)json_array_append_new(hosts, json_string(in->destination[i]));
	for (size_t i = 0; i < in->flow_count; i++)
		(void)json_array_append_new(flows, json_string(in->flow[i]));
	r = dump_list(hosts, p->destinations, sizeof(p->destinations));
	if (r < 0) {
		json_decref(flows);
		return r;
	}
	return dump_list(flows, p->flows, sizeof(p->flows));
}

static int permit_of(const struct call *c, const struct device *d,
		     const struct input_request *in, struct permit *p)
{
	int r = dump_limits(in, p);

	if (r < 0)
		return r;
	id_new('p', p->id);
	(void)str_copy(p->bundle, sizeof(p->bundle), p->id);
	(void)str_copy(p->device, sizeof(p->device), d->id);
	(void)str_copy(p->interface, sizeof(p->interface), d->interface);
	(void)str_copy(p->kind, sizeof(p->kind), in->kind);
	(void)str_copy(p->owner, sizeof(p->owner), in->owner);
	(void)str_copy(p->company, sizeof(p->company), in->company);
	(void)str_copy(p->ticket, sizeof(p->ticket), in->ticket);
	(void)str_copy(p->reason, sizeof(p->reason), in->reason);
	(void)str_copy(p->address, sizeof(p->address),
		       in->address[0] == '\0' && is_vpn(c->app->policy, d->interface)
			       ? d->address
			       : in->address);
	(void)str_copy(p->terminal, sizeof(p->terminal), in->terminal);
	(void)str_copy(p->checked, sizeof(p->checked), in->checked);
	(void)str_copy(p->requested_by, sizeof(p->requested_by), c->actor.login);
	(void)str_copy(p->requested_role, sizeof(p->requested_role),
		       role_name(c->actor.role));
	p->check_until = in->check_until;
	p->since = in->since;
	p->until = in->until;
	p->seconds = in->seconds;
	p->requested = c->req->now;
	return 0;
}

/* Further cards are the same device's, or nobody's yet. Returns false when answered. */
static bool add_cards(struct call *c, const struct input_request *in, struct asking *ask)
{
	const struct policy *policy = c->app->policy;
	const struct device *first = &ask->card[0];
	size_t zone = policy_zone_by_interface(policy, first->interface);

	for (size_t i = 0; i < in->card_count; i++) {
		struct device *d = &ask->card[ask->card_count];
		int r = store_device_get(c->app->db, in->card[i], d);

		if (r < 0 && r != -ENOENT) {
			call_fail_internal(c, r);
			return false;
		}
		if (r == -ENOENT || strcmp(d->id, first->id) == 0 ||
		    (d->asset[0] != '\0' && strcmp(d->asset, first->asset) != 0)) {
			call_fail(c, MSG_BAD_CARDS, in->card[i]);
			return false;
		}
		if (policy_zone_by_interface(policy, d->interface) != zone) {
			call_fail(c, MSG_ONE_ZONE, "");
			return false;
		}
		ask->card_count++;
	}
	return true;
}

/* May a device with this address be in the interface's zone? */
static bool address_fits(const struct policy *policy, const char *interface,
			 const char *text)
{
	const struct policy_zone *z =
		&policy->zone[policy_zone_by_interface(policy, interface)];
	struct addr a;

	return addr_parse(text, &a) == 0 && policy_prefixes_hold(&z->networks, a);
}

/* The first flow of the list that does not begin in the interface's zone, or NULL. */
static const char *bad_flow(const struct policy *policy, const struct permit *p,
			    const json_t *flows)
{
	size_t zone = policy_zone_by_interface(policy, p->interface);

	for (size_t i = 0; i < json_array_size(flows); i++) {
		const char *id = json_string_value(json_array_get(flows, i));
		size_t f = 0;

		while (f < policy->flow_count && (policy->flow[f].from != zone ||
						  strcmp(policy->flow[f].id, id) != 0))
			f++;
		if (f == policy->flow_count)
			return id;
	}
	return NULL;
}

/* Is all there that the permit is limited to? Returns false when it has answered. */
static bool limits_ok(struct call *c, const struct permit *p)
{
	json_t *flows = json_loads(p->flows, 0, NULL);
	json_t *lists = json_loads(p->lists, 0, NULL);
	const char *bad = bad_flow(c->app->policy, p, flows);
	int r = flows != NULL && lists != NULL ? 0 : -ENOMEM;
	bool ok = false;
	struct list found;

	for (size_t i = 0; r == 0 && i < json_array_size(lists); i++)
		r = store_list_get(c->app->db,
				   json_string_value(json_array_get(lists, i)), "active",
				   &found);
	if (bad != NULL)
		call_fail(c, MSG_BAD_FLOW, bad);
	else if (r == -ENOENT)
		call_fail(c, MSG_LIST_GONE, "");
	else if (r < 0)
		call_fail_internal(c, r);
	else
		ok = true;
	json_decref(flows);
	json_decref(lists);
	return ok;
}

/* Is the permit's address the one that its device is known by? */
static bool is_peer(const struct call *c, const struct permit *p)
{
	char text[MAC_TEXT_MAX];
	struct device d;
	struct addr a;

	if (addr_parse(p->address, &a) < 0 ||
	    store_device_get(c->app->db, p->device, &d) < 0)
		return false;
	mac_format(mac_of_addr(a), text);
	return strcmp(text, d.mac) == 0;
}

bool asking_place_ok(struct call *c, const struct permit *p)
{
	if (!input_interface_ok(c->app->policy, p->interface))
		call_fail(c, MSG_BAD_INTERFACE, p->interface);
	else if (strcmp(p->kind, PERMIT_MAINTENANCE) == 0 &&
		 !is_vpn(c->app->policy, p->interface))
		call_fail(c, MSG_NOT_VPN, p->interface);
	else if (is_vpn(c->app->policy, p->interface) && !is_peer(c, p))
		call_fail(c, MSG_PEER_ADDRESS, p->address);
	else if (p->address[0] != '\0' &&
		 !address_fits(c->app->policy, p->interface, p->address))
		call_fail(c, MSG_BAD_DEVICE_ADDRESS, p->address);
	else
		return limits_ok(c, p);
	return false;
}

/* What is out of use for good gets nothing more. Returns false when it has answered. */
static bool in_use(struct call *c, const struct device *d)
{
	struct asset a;
	int r = d->asset[0] != '\0' ? store_asset_get(c->app->db, d->asset, &a) : -ENOENT;

	if (r == -ENOENT || (r == 0 && !a.retired))
		return true;
	if (r < 0)
		call_fail_internal(c, r);
	else
		call_fail(c, MSG_HELD, a.state);
	return false;
}

bool asking_read(struct call *c, const struct device *d, struct asking *ret)
{
	struct input_request in;
	struct input_error e;
	struct terms terms;
	const char *bad = "";
	int r;

	if (!call_needs_policy(c) || !in_use(c, d))
		return false;
	r = store_terms_get(c->app->db, &terms);
	if (r < 0) {
		call_fail_internal(c, r);
		return false;
	}
	if (input_request(c->body, c->req->now, &terms, &in, &e) < 0) {
		call_fail_input(c, &e);
		return false;
	}
	ret->card[0] = *d;
	ret->card_count = 1;
	r = permit_of(c, d, &in, &ret->permit);
	if (r == 0)
		r = dump_lists(c, &in, &ret->permit, &bad);
	if (r == -ENOENT) {
		call_fail(c, MSG_BAD_LIST, bad);
		return false;
	}
	if (r < 0) {
		call_fail_internal(c, r);
		return false;
	}
	return asking_place_ok(c, &ret->permit) && add_cards(c, &in, ret);
}
