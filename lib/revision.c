/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/revision.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/str.h"

#define UNTIL_MAX 253402300799ll /* the end of the year 9999 */

static const struct place whole = { 0 };

/* Every member of obj must stand in the NULL-terminated list of keys. */
static bool only_keys(json_t *obj, const char *what, const char *const *keys,
		      struct diags *diags)
{
	const char *key;
	json_t *value;

	if (!json_is_object(obj)) {
		diag_add(diags, whole, "%s must be an object", what);
		return false;
	}
	json_object_foreach(obj, key, value)
	{
		size_t i = 0;

		while (keys[i] != NULL && strcmp(keys[i], key) != 0)
			i++;
		if (keys[i] == NULL) {
			diag_add(diags, whole, "%s has an unknown key '%s'", what, key);
			return false;
		}
	}
	return true;
}

static bool get_text(json_t *obj, const char *key, char *dst, size_t size,
		     struct diags *diags)
{
	const char *s = json_string_value(json_object_get(obj, key));

	if (s != NULL && str_is_printable_utf8(s) && str_copy(dst, size, s) == 0)
		return true;
	diag_add(diags, whole, "'%s' must be a text of at most %zu bytes", key, size - 1);
	return false;
}

/* An integer min..max; min when the key is absent and optional. */
static bool get_int(json_t *obj, const char *key, int64_t min, int64_t max, bool optional,
		    int64_t *ret_value, struct diags *diags)
{
	json_t *v = json_object_get(obj, key);

	if (v == NULL && optional) {
		*ret_value = min;
		return true;
	}
	if (json_is_integer(v) && json_integer_value(v) >= min &&
	    json_integer_value(v) <= max) {
		*ret_value = json_integer_value(v);
		return true;
	}
	diag_add(diags, whole, "'%s' must be a number between %lld and %lld", key,
		 (long long)min, (long long)max);
	return false;
}

/* The list under key, or NULL when it is absent, no list or longer than max (the latter two say so). */
static json_t *get_list(json_t *obj, const char *key, size_t max, struct diags *diags)
{
	json_t *v = json_object_get(obj, key);

	if (json_is_array(v) && json_array_size(v) <= max)
		return v;
	diag_add(diags, whole, "'%s' must be a list of at most %zu", key, max);
	return NULL;
}

static bool get_zone(const struct policy *p, json_t *value, size_t *ret_zone,
		     struct diags *diags)
{
	const char *name = json_string_value(value);

	*ret_zone = name != NULL ? policy_zone_by_name(p, name) : POLICY_NONE;
	if (*ret_zone != POLICY_NONE)
		return true;
	diag_add(diags, whole, "zone '%s' is not in the policy",
		 name != NULL ? name : "?");
	return false;
}

static bool get_id(json_t *obj, const char *key, char kind, char dst[ID_TEXT_MAX],
		   struct diags *diags)
{
	const char *s = json_string_value(json_object_get(obj, key));

	if (s != NULL && id_is(kind, s)) {
		memcpy(dst, s, ID_TEXT_MAX);
		return true;
	}
	diag_add(diags, whole, "'%s' must be an id that begins with '%c'", key, kind);
	return false;
}

static bool get_pattern(json_t *value, char dst[HOST_PATTERN_MAX + 1],
			struct diags *diags)
{
	const char *s = json_string_value(value);
	char normal[HOST_PATTERN_MAX + 1];

	if (s != NULL && host_pattern_normalise(s, normal) == 0 &&
	    strcmp(s, normal) == 0) {
		memcpy(dst, normal, sizeof(normal));
		return true;
	}
	diag_add(diags, whole, "'%s' is no host name or pattern in normal form",
		 s != NULL ? s : "?");
	return false;
}

static int read_entry(const struct policy *p, json_t *obj, struct revision_entry *e,
		      struct diags *diags)
{
	static const char *const keys[] = { "id", "host", "ports", "zones", NULL };
	json_t *ports, *zones;

	if (!only_keys(obj, "an entry", keys, diags) ||
	    !get_id(obj, "id", 'a', e->id, diags) ||
	    !get_pattern(json_object_get(obj, "host"), e->host, diags) ||
	    (ports = get_list(obj, "ports", REVISION_PORTS_MAX, diags)) == NULL ||
	    (zones = get_list(obj, "zones", POLICY_ZONES_MAX, diags)) == NULL)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(ports); i++) {
		json_t *v = json_array_get(ports, i);

		if (!json_is_integer(v) || json_integer_value(v) < 1 ||
		    json_integer_value(v) > 65535) {
			diag_add(diags, whole, "entry %s: a port must be 1 to 65535",
				 e->id);
			return -EINVAL;
		}
		e->port[e->port_count++] = (uint16_t)json_integer_value(v);
	}
	if (json_array_size(zones) == 0)
		return 0;
	e->zone = calloc(json_array_size(zones), sizeof(*e->zone));
	if (e->zone == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(zones); i++) {
		if (!get_zone(p, json_array_get(zones, i), &e->zone[i], diags))
			return -EINVAL;
		e->zone_count++;
	}
	return 0;
}

static int read_destinations(json_t *obj, struct revision_permit *permit,
			     struct diags *diags)
{
	json_t *list = get_list(obj, "destinations", REVISION_DESTINATIONS_MAX, diags);

	if (list == NULL)
		return -EINVAL;
	if (json_array_size(list) == 0)
		return 0;
	permit->destination = calloc(json_array_size(list), sizeof(*permit->destination));
	if (permit->destination == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!get_pattern(json_array_get(list, i), permit->destination[i], diags))
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
	static const char *const keys[] = { "id",           "number", "device", "mac",
					    "interface",    "zone",   "until",  "user",
					    "destinations", NULL };
	char mac[MAC_TEXT_MAX];
	int64_t number = 0;

	if (!only_keys(obj, "a permit", keys, diags) ||
	    !get_id(obj, "id", 'p', permit->id, diags) ||
	    !get_id(obj, "device", 'd', permit->device, diags) ||
	    !get_int(obj, "number", 1, REVISION_MARK_NUMBER, false, &number, diags) ||
	    !get_int(obj, "until", 0, UNTIL_MAX, true, &permit->until, diags) ||
	    !get_text(obj, "mac", mac, sizeof(mac), diags) ||
	    !get_text(obj, "interface", permit->interface, sizeof(permit->interface),
		      diags) ||
	    !get_text(obj, "user", permit->user, sizeof(permit->user), diags) ||
	    !get_zone(p, json_object_get(obj, "zone"), &permit->zone, diags))
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

static int read_entries(json_t *list, struct revision *rev, struct diags *diags)
{
	size_t count = json_array_size(list);

	if (count == 0)
		return 0;
	rev->entry = calloc(count, sizeof(*rev->entry));
	if (rev->entry == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int r = read_entry(rev->policy, json_array_get(list, i),
				   &rev->entry[rev->entry_count++], diags);

		if (r < 0)
			return r;
	}
	return 0;
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

static int read_permits(json_t *list, struct revision *rev, struct diags *diags)
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

static int read_revision(json_t *top, struct revision *rev, struct diags *diags)
{
	static const char *const keys[] = { "format",  "number",  "created", "policy",
					    "entries", "permits", NULL };
	json_t *entries, *permits;
	char created[32];
	int64_t format = 0, number = 0;
	const char *policy;
	int r;

	if (!only_keys(top, "a revision", keys, diags) ||
	    !get_int(top, "format", 1, 1, false, &format, diags) ||
	    !get_int(top, "number", 1, INT64_MAX, false, &number, diags) ||
	    !get_text(top, "created", created, sizeof(created), diags) ||
	    (entries = get_list(top, "entries", REVISION_ENTRIES_MAX, diags)) == NULL ||
	    (permits = get_list(top, "permits", REVISION_PERMITS_MAX, diags)) == NULL)
		return -EINVAL;
	rev->number = (uint64_t)number;
	policy = json_string_value(json_object_get(top, "policy"));
	if (policy == NULL) {
		diag_add(diags, whole, "'policy' must be the text of a policy file");
		return -EINVAL;
	}
	rev->policy_text = strdup(policy);
	if (rev->policy_text == NULL)
		return -ENOMEM;
	if ((r = policy_parse(policy, strlen(policy), &rev->policy, diags)) < 0 ||
	    (r = read_entries(entries, rev, diags)) < 0)
		return r;
	return read_permits(permits, rev, diags);
}

int revision_parse(const char *text, size_t len, struct revision **ret_rev,
		   struct diags *diags)
{
	struct revision *rev;
	json_error_t error;
	json_t *top;
	int r;

	if (len > REVISION_FILE_MAX) {
		diag_add(diags, whole, "a revision has at most %u bytes",
			 REVISION_FILE_MAX);
		return -EFBIG;
	}
	top = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (top == NULL) {
		diag_add(diags,
			 (struct place){ (unsigned)error.line, (unsigned)error.column },
			 "%s", error.text);
		return -EINVAL;
	}
	rev = calloc(1, sizeof(*rev));
	r = rev != NULL ? read_revision(top, rev, diags) : -ENOMEM;
	json_decref(top);
	if (r < 0) {
		revision_free(rev);
		return r;
	}
	*ret_rev = rev;
	return 0;
}

void revision_free(struct revision *rev)
{
	if (rev == NULL)
		return;
	for (size_t i = 0; i < rev->entry_count; i++)
		free(rev->entry[i].zone);
	for (size_t i = 0; i < rev->permit_count; i++)
		free(rev->permit[i].destination);
	free(rev->entry);
	free(rev->permit);
	free(rev->policy_text);
	policy_free(rev->policy);
	free(rev);
}
