/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The permits of a revision, and its quarantine (see revision.h). */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/revision_json.h"
#include "lib/revision_text.h"
#include "lib/str.h"

#define UNTIL_MAX 253402300799ll /* the end of the year 9999 */

static const struct place whole = { 0 };

struct revision_tail {
	atomic_uint refs;
	struct revision_card card[REVISION_CARDS_MAX];
	uint16_t flow[REVISION_FLOWS_MAX];
	char text[]; /* destinations, then lists */
};

void revision_clear_permit(struct revision_permit *permit)
{
	struct revision_tail *t = permit->tail;

	if (t != NULL &&
	    atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1)
		free(t);
	permit->tail = NULL;
}

struct revision_permit revision_share_permit(const struct revision_permit *permit)
{
	(void)atomic_fetch_add_explicit(&permit->tail->refs, 1, memory_order_relaxed);
	return *permit;
}

static int begin_tail(struct revision_permit *permit, size_t destinations, size_t lists)
{
	size_t size = destinations * sizeof(*permit->destination);
	struct revision_tail *t =
		calloc(1, sizeof(*t) + size + lists * sizeof(*permit->list));

	if (t == NULL)
		return -ENOMEM;
	atomic_init(&t->refs, 1);
	permit->tail = t;
	permit->card = t->card;
	permit->flow = t->flow;
	permit->destination = (const char(*)[HOST_PATTERN_MAX + 1]) t->text;
	permit->destination_count = destinations;
	permit->list = (const char(*)[ID_TEXT_MAX])(t->text + size);
	permit->list_count = lists;
	return 0;
}

static bool read_lists(json_t *list, struct revision_permit *permit, struct diags *diags)
{
	char(*to)[ID_TEXT_MAX] = (char(*)[ID_TEXT_MAX])(
		permit->tail->text +
		permit->destination_count * sizeof(*permit->destination));

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *id = json_string_value(json_array_get(list, i));

		if (id == NULL || !allow_list_id_is_valid(id)) {
			diag_add(diags, whole, "permit %s: 'lists' must be ids of lists",
				 permit->id);
			return false;
		}
		(void)str_copy(to[i], sizeof(to[i]), id);
	}
	permit->listed = list != NULL;
	if (!permit->listed || permit->destination_count == 0)
		return true;
	diag_add(diags, whole, "permit %s has both destinations and lists", permit->id);
	return false;
}

static int read_destinations(json_t *obj, struct revision_permit *permit,
			     struct diags *diags)
{
	json_t *hosts =
		revision_get_list(obj, "destinations", REVISION_DESTINATIONS_MAX, diags);
	json_t *lists = NULL;
	int r;

	if (json_object_get(obj, "lists") != NULL)
		lists = revision_get_list(obj, "lists", REVISION_LISTS_MAX, diags);
	if (hosts == NULL || (lists == NULL && json_object_get(obj, "lists") != NULL))
		return -EINVAL;
	r = begin_tail(permit, json_array_size(hosts), json_array_size(lists));
	if (r < 0)
		return r;
	for (size_t i = 0; i < permit->destination_count; i++) {
		char *to = permit->tail->text + i * sizeof(*permit->destination);

		if (!revision_get_pattern(json_array_get(hosts, i), to, diags))
			return -EINVAL;
	}
	return read_lists(lists, permit, diags) ? 0 : -EINVAL;
}

static size_t find_flow(const struct policy *p, const char *id)
{
	size_t i = 0;

	while (i < p->flow_count && strcmp(p->flow[i].id, id) != 0)
		i++;
	return i;
}

static int by_flow(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

bool revision_permit_names_flow(const struct revision_permit *p, size_t flow)
{
	uint16_t key = (uint16_t)flow;

	return p->flow_count != 0 &&
	       bsearch(&key, p->flow, p->flow_count, sizeof(*p->flow), by_flow) != NULL;
}

/* Each is one of the policy's that begin in the permit's zone, and stands there once. */
static bool read_flows(const struct policy *p, json_t *obj,
		       struct revision_permit *permit, struct diags *diags)
{
	uint16_t *flow = permit->tail->flow;
	json_t *list;

	if (json_object_get(obj, "flows") == NULL)
		return true;
	list = revision_get_list(obj, "flows", REVISION_FLOWS_MAX, diags);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *id = json_string_value(json_array_get(list, i));
		size_t at = id != NULL ? find_flow(p, id) : p->flow_count;

		if (at == p->flow_count || p->flow[at].from != permit->zone) {
			diag_add(diags, whole,
				 "permit %s: no flow '%s' begins in zone '%s'",
				 permit->id, id != NULL ? id : "?",
				 p->zone[permit->zone].name);
			return false;
		}
		flow[permit->flow_count++] = (uint16_t)at;
	}
	qsort(flow, permit->flow_count, sizeof(*flow), by_flow);
	for (size_t i = 1; i < permit->flow_count; i++) {
		if (flow[i] == flow[i - 1]) {
			diag_add(diags, whole, "permit %s names a flow twice",
				 permit->id);
			return false;
		}
	}
	permit->limited = true;
	return list != NULL;
}

static bool read_mac(json_t *obj, struct mac *ret_mac, struct diags *diags)
{
	char mac[MAC_TEXT_MAX];

	if (!revision_get_text(obj, "mac", mac, sizeof(mac), diags))
		return false;
	if (mac_parse(mac, ret_mac) == 0 && mac_is_unicast(*ret_mac))
		return true;
	diag_add(diags, whole, "'%s' is no card's MAC address", mac);
	return false;
}

static bool read_card(const struct policy *p, json_t *obj, struct revision_permit *permit,
		      struct diags *diags)
{
	struct revision_card *card = &permit->tail->card[permit->card_count];

	if (!read_mac(obj, &card->mac, diags) ||
	    !revision_get_text(obj, "interface", card->interface, sizeof(card->interface),
			       diags))
		return false;
	if (policy_zone_by_interface(p, card->interface) != permit->zone) {
		diag_add(diags, whole,
			 "permit %s: interface '%s' does not belong to zone '%s'",
			 permit->id, card->interface, p->zone[permit->zone].name);
		return false;
	}
	permit->card_count++;
	return true;
}

static bool read_cards(const struct policy *p, json_t *obj, int64_t format,
		       struct revision_permit *permit, struct diags *diags)
{
	static const char *const keys[] = { "mac", "interface", NULL };
	json_t *list;

	if (format == 2)
		return read_card(p, obj, permit, diags);
	list = revision_get_list(obj, "cards", REVISION_CARDS_MAX, diags);
	if (list == NULL)
		return false;
	if (json_array_size(list) == 0) {
		diag_add(diags, whole, "permit %s has no card", permit->id);
		return false;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *card = json_array_get(list, i);

		if (!revision_only_keys(card, "a card", keys, diags) ||
		    !read_card(p, card, permit, diags))
			return false;
	}
	return true;
}

static bool read_address(json_t *obj, struct revision_permit *permit, struct diags *diags)
{
	json_t *v = json_object_get(obj, "address");
	const char *text = json_string_value(v);
	static const struct addr none;
	struct addr a = none;

	if (v == NULL)
		return true;
	if (text != NULL && addr_parse(text, &a) == 0 && addr_equal(addr_unmap(a), a) &&
	    memcmp(a.bytes, none.bytes, sizeof(a.bytes)) != 0) {
		permit->address = a;
		return true;
	}
	diag_add(diags, whole, "permit %s: 'address' is no address of a device",
		 permit->id);
	return false;
}

static bool read_times(json_t *obj, struct revision_permit *permit, struct diags *diags)
{
	if (!revision_get_int(obj, "from", 0, UNTIL_MAX, true, &permit->from, diags) ||
	    !revision_get_int(obj, "until", 0, UNTIL_MAX, true, &permit->until, diags))
		return false;
	if (permit->until == 0 || permit->from < permit->until)
		return true;
	diag_add(diags, whole, "permit %s ends before it begins", permit->id);
	return false;
}

static bool check_peer(const struct policy *p, const struct revision_permit *permit,
		       struct diags *diags)
{
	if (p->zone[permit->zone].kind != POLICY_ZONE_VPN ||
	    (permit->address.family != 0 && permit->card_count == 1 &&
	     mac_equal(permit->mac, mac_of_addr(permit->address))))
		return true;
	diag_add(diags, whole,
		 "permit %s is for a card, and zone '%s' is one of a VPN, where permits "
		 "are for addresses; revoke it first",
		 permit->id, p->zone[permit->zone].name);
	return false;
}

int revision_read_permit(const struct policy *p, json_t *obj, int64_t format,
			 struct revision_permit *permit, struct diags *diags)
{
	static const char *const keys2[] = { "id",           "number",    "device",
					     "mac",          "interface", "zone",
					     "until",        "user",      "group",
					     "destinations", NULL };
	static const char *const keys3[] = { "id",   "number",  "device",       "cards",
					     "zone", "address", "from",         "until",
					     "user", "group",   "destinations", NULL };
	static const char *const keys4[] = { "id",    "number",  "device",       "cards",
					     "zone",  "address", "from",         "until",
					     "user",  "group",   "destinations", "flows",
					     "lists", NULL };
	int64_t number = 0;
	int r;

	if (!revision_only_keys(obj, "a permit",
				format == 2   ? keys2
				: format == 3 ? keys3
					      : keys4,
				diags) ||
	    !revision_get_id(obj, "id", 'p', permit->id, diags) ||
	    !revision_get_id(obj, "device", 'd', permit->device, diags) ||
	    !revision_get_int(obj, "number", 1, REVISION_MARK_NUMBER, false, &number,
			      diags) ||
	    !read_times(obj, permit, diags) || !read_address(obj, permit, diags) ||
	    !revision_get_text(obj, "user", permit->user, sizeof(permit->user), diags) ||
	    !revision_get_text(obj, "group", permit->group, sizeof(permit->group),
			       diags) ||
	    !revision_get_zone(p, json_object_get(obj, "zone"), &permit->zone, diags))
		return -EINVAL;
	permit->number = (uint32_t)number;
	r = read_destinations(obj, permit, diags);
	if (r < 0)
		return r;
	if (!read_cards(p, obj, format, permit, diags) ||
	    !read_flows(p, obj, permit, diags))
		return -EINVAL;
	permit->mac = permit->card[0].mac;
	memcpy(permit->interface, permit->card[0].interface, sizeof(permit->interface));
	return check_peer(p, permit, diags) ? 0 : -EINVAL;
}

int revision_read_permits(struct revision_text *t, int64_t format, struct revision *rev,
			  struct diags *diags)
{
	json_t *obj = NULL;
	int r;

	if (t->left == 0)
		return 0;
	rev->permit = calloc(t->left, sizeof(*rev->permit));
	if (rev->permit == NULL)
		return -ENOMEM;
	while ((r = revision_text_next(t, &obj, diags)) > 0) {
		r = revision_read_permit(rev->policy, obj, format,
					 &rev->permit[rev->permit_count++], diags);
		json_decref(obj);
		if (r < 0)
			break;
	}
	return r < 0 ? r : revision_sort_permits(rev->permit, rev->permit_count, diags);
}

int revision_compare_macs(const void *a, const void *b)
{
	const struct mac *x = a, *y = b;

	return memcmp(x->b, y->b, sizeof(x->b));
}

int revision_read_macs(json_t *list, struct mac **ret_macs, size_t *ret_count,
		       struct diags *diags)
{
	static const char *const keys[] = { "mac", NULL };
	size_t count = json_array_size(list);
	CLEANUP(free_p) struct mac *macs = calloc(count + 1, sizeof(*macs));

	if (macs == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		json_t *card = json_array_get(list, i);

		if (!revision_only_keys(card, "a card", keys, diags) ||
		    !read_mac(card, &macs[i], diags))
			return -EINVAL;
	}
	qsort(macs, count, sizeof(*macs), revision_compare_macs);
	for (size_t i = 1; i < count; i++) {
		if (revision_compare_macs(&macs[i - 1], &macs[i]) == 0) {
			diag_add(diags, whole, "a card stands twice in a list");
			return -EINVAL;
		}
	}
	*ret_macs = STEAL(macs);
	*ret_count = count;
	return 0;
}
