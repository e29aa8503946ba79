/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The permits of a revision (see revision.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/revision_json.h"

#define UNTIL_MAX 253402300799ll /* the end of the year 9999 */

static const struct place whole = { 0 };

static int read_destinations(json_t *obj, struct revision_permit *permit,
			     struct diags *diags)
{
	json_t *list =
		revision_get_list(obj, "destinations", REVISION_DESTINATIONS_MAX, diags);

	if (list == NULL)
		return -EINVAL;
	if (json_array_size(list) == 0)
		return 0;
	permit->destination = calloc(json_array_size(list), sizeof(*permit->destination));
	if (permit->destination == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!revision_get_pattern(json_array_get(list, i), permit->destination[i],
					  diags))
			return -EINVAL;
		permit->destination_count++;
	}
	return 0;
}

static bool belongs_to_zone(const struct policy *p, const struct revision_permit *permit)
{
	return policy_zone_by_interface(p, permit->interface) == permit->zone;
}

static int read_permit(const struct policy *p, json_t *obj,
		       struct revision_permit *permit, struct diags *diags)
{
	static const char *const keys[] = { "id",        "number",       "device", "mac",
					    "interface", "zone",         "until",  "user",
					    "group",     "destinations", NULL };
	char mac[MAC_TEXT_MAX];
	int64_t number = 0;

	if (!revision_only_keys(obj, "a permit", keys, diags) ||
	    !revision_get_id(obj, "id", 'p', permit->id, diags) ||
	    !revision_get_id(obj, "device", 'd', permit->device, diags) ||
	    !revision_get_int(obj, "number", 1, REVISION_MARK_NUMBER, false, &number,
			      diags) ||
	    !revision_get_int(obj, "until", 0, UNTIL_MAX, true, &permit->until, diags) ||
	    !revision_get_text(obj, "mac", mac, sizeof(mac), diags) ||
	    !revision_get_text(obj, "interface", permit->interface,
			       sizeof(permit->interface), diags) ||
	    !revision_get_text(obj, "user", permit->user, sizeof(permit->user), diags) ||
	    !revision_get_text(obj, "group", permit->group, sizeof(permit->group),
			       diags) ||
	    !revision_get_zone(p, json_object_get(obj, "zone"), &permit->zone, diags))
		return -EINVAL;
	permit->number = (uint32_t)number;
	if (mac_parse(mac, &permit->mac) < 0 || !mac_is_unicast(permit->mac)) {
		diag_add(diags, whole, "permit %s: '%s' is no card's MAC address",
			 permit->id, mac);
		return -EINVAL;
	}
	if (!belongs_to_zone(p, permit)) {
		diag_add(diags, whole,
			 "permit %s: interface '%s' does not belong to zone '%s'",
			 permit->id, permit->interface, p->zone[permit->zone].name);
		return -EINVAL;
	}
	return read_destinations(obj, permit, diags);
}

static int by_number(const void *a, const void *b)
{
	const struct revision_permit *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int by_card(const void *a, const void *b)
{
	const struct revision_permit *x = a, *y = b;
	int order = memcmp(x->mac.b, y->mac.b, sizeof(x->mac.b));

	return order != 0 ? order : strcmp(x->interface, y->interface);
}

/* One card on one interface has one permit, and a number belongs to one permit. */
static int check_permits_differ(struct revision *rev, struct diags *diags)
{
	qsort(rev->permit, rev->permit_count, sizeof(*rev->permit), by_card);
	for (size_t i = 1; i < rev->permit_count; i++) {
		if (by_card(&rev->permit[i - 1], &rev->permit[i]) == 0) {
			diag_add(diags, whole, "permits %s and %s are for the same card",
				 rev->permit[i - 1].id, rev->permit[i].id);
			return -EINVAL;
		}
	}
	qsort(rev->permit, rev->permit_count, sizeof(*rev->permit), by_number);
	for (size_t i = 1; i < rev->permit_count; i++) {
		if (rev->permit[i].number == rev->permit[i - 1].number) {
			diag_add(diags, whole, "permit number %u stands twice",
				 (unsigned)rev->permit[i].number);
			return -EINVAL;
		}
	}
	return 0;
}

int revision_read_permits(json_t *list, struct revision *rev, struct diags *diags)
{
	size_t count = json_array_size(list);

	if (count == 0)
		return 0;
	rev->permit = calloc(count, sizeof(*rev->permit));
	if (rev->permit == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int r = read_permit(rev->policy, json_array_get(list, i),
				    &rev->permit[rev->permit_count++], diags);

		if (r < 0)
			return r;
	}
	return check_permits_differ(rev, diags);
}
