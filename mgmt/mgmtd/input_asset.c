/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/input_asset.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/input_permit.h"
#include "mgmt/mgmtd/input_read.h"

/* A text that may be emptied; what is not there stays. */
static int change_text(const json_t *body, const char *key, char *dst, size_t size,
		       struct input_error *e)
{
	return json_object_get(body, key) == NULL
		       ? 0
		       : input_maybe_line(body, key, dst, size, e);
}

static int get_kind(const json_t *body, struct asset *a, struct input_error *e)
{
	const char *kind;

	if (json_object_get(body, "kind") == NULL)
		return 0;
	if (input_string(body, "kind", &kind, e) < 0)
		return -EINVAL;
	if (input_kind(kind) == NULL)
		return input_refuse(e, MSG_BAD_KIND, "");
	(void)str_copy(a->kind, sizeof(a->kind), kind);
	return 0;
}

static int get_zone(const json_t *body, const struct policy *policy, struct asset *a,
		    struct input_error *e)
{
	if (change_text(body, "zone", a->zone, sizeof(a->zone), e) < 0)
		return -EINVAL;
	if (json_object_get(body, "zone") != NULL && a->zone[0] != '\0' &&
	    policy_zone_by_name(policy, a->zone) == POLICY_NONE)
		return input_refuse(e, MSG_BAD_ZONE, a->zone);
	return 0;
}

static int get_settings(const json_t *body, const struct policy *policy, struct asset *a,
			struct input_error *e)
{
	if (change_text(body, "number", a->number, sizeof(a->number), e) < 0 ||
	    change_text(body, "name", a->name, sizeof(a->name), e) < 0 ||
	    change_text(body, "organisation", a->organisation, sizeof(a->organisation),
			e) < 0 ||
	    change_text(body, "note", a->note, sizeof(a->note), e) < 0 ||
	    get_kind(body, a, e) < 0)
		return -EINVAL;
	return get_zone(body, policy, a, e);
}

static int get_cards(const json_t *body, const struct policy *policy,
		     struct input_asset *in, struct input_error *e)
{
	const json_t *list = json_object_get(body, "cards");

	if (list == NULL)
		return input_refuse(e, MSG_MISSING_KEY, "cards");
	if (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > ASSET_CARDS_MAX)
		return input_refuse(e, MSG_WRONG_TYPE, "cards");
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct input_device *card = &in->card[in->card_count++];

		if (input_device(json_array_get(list, i), policy, card, e) < 0)
			return -EINVAL;
		for (size_t k = 0; k < i; k++) {
			if (strcmp(in->card[k].mac, card->mac) == 0 &&
			    strcmp(in->card[k].interface, card->interface) == 0)
				return input_refuse(e, MSG_BAD_MAC, card->mac);
		}
	}
	return 0;
}

int input_asset_new(const json_t *body, const struct policy *policy,
		    struct input_asset *ret, struct input_error *e)
{
	static const char *const keys[] = { "number",       "name",  "owner",
					    "organisation", "kind",  "zone",
					    "note",         "cards", NULL };
	struct input_asset in = { 0 };

	if (input_keys(body, keys, e) < 0 ||
	    input_line(body, "owner", in.asset.owner, sizeof(in.asset.owner), e) < 0 ||
	    get_settings(body, policy, &in.asset, e) < 0 ||
	    get_cards(body, policy, &in, e) < 0)
		return -EINVAL;
	if (in.asset.kind[0] == '\0')
		return input_refuse(e, MSG_MISSING_KEY, "kind");
	*ret = in;
	return 0;
}

int input_asset_change(const json_t *body, const struct policy *policy,
		       const struct asset *was, struct input_asset *ret,
		       struct input_error *e)
{
	static const char *const keys[] = { "number",       "name",   "owner",
					    "organisation", "kind",   "zone",
					    "note",         "reason", NULL };
	struct input_asset in = { .asset = *was };

	if (input_keys(body, keys, e) < 0 ||
	    input_line(body, "reason", in.reason, sizeof(in.reason), e) < 0 ||
	    (json_object_get(body, "owner") != NULL &&
	     input_line(body, "owner", in.asset.owner, sizeof(in.asset.owner), e) < 0) ||
	    get_settings(body, policy, &in.asset, e) < 0)
		return -EINVAL;
	*ret = in;
	return 0;
}

int input_asset_card(const json_t *body, const struct policy *policy,
		     struct input_asset *ret, struct input_error *e)
{
	static const char *const keys[] = { "mac", "interface", "name", "reason", NULL };
	struct input_asset in = { .card_count = 1 };
	json_t *card;
	int r;

	if (input_keys(body, keys, e) < 0 ||
	    input_line(body, "reason", in.reason, sizeof(in.reason), e) < 0)
		return -EINVAL;
	card = json_copy((json_t *)(uintptr_t)body); /* jansson's signature wants it so */
	(void)json_object_del(card, "reason");
	r = input_device(card, policy, &in.card[0], e);
	json_decref(card);
	if (r == 0)
		*ret = in;
	return r;
}
