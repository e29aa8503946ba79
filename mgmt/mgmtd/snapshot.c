/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/snapshot.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/revision.h"
#include "lib/str.h"
#include "mgmt/mgmtd/snapshot_allow.h"
#include "mgmt/mgmtd/store_permit.h"
#include "mgmt/mgmtd/store_policy.h"
#include "mgmt/mgmtd/when.h"

struct building {
	const struct policy *policy;
	json_t *permits; /* belongs to the top object */
	struct diags *diags;
};

static int add_permit(const struct permit *p, const char *mac, void *user)
{
	struct building *b = user;
	size_t zone = policy_zone_by_interface(b->policy, p->interface);
	char owner[sizeof(((struct revision_permit *)NULL)->user)];
	json_t *obj;

	if (zone == POLICY_NONE) {
		diag_add(b->diags, (struct place){ 0 },
			 "device %s has a permit on interface '%s', which is not in the "
			 "policy; revoke the permit first",
			 mac, p->interface);
		return -EINVAL;
	}
	(void)str_copy(owner, sizeof(owner), p->owner);
	obj = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "id", p->id,
			"number", (json_int_t)p->number, "device", p->device, "mac", mac,
			"interface", p->interface, "zone", b->policy->zone[zone].name,
			"user", owner, "group", p->group, "destinations",
			json_loads(p->destinations, 0, NULL));
	if (obj == NULL)
		return -ENOMEM;
	if (p->until != 0 &&
	    json_object_set_new(obj, "until", json_integer(p->until)) < 0) {
		json_decref(obj);
		return -ENOMEM;
	}
	return json_array_append_new(b->permits, obj) == 0 ? 0 : -ENOMEM;
}

/* As the daemons will: what they would refuse is found before they are asked. */
static int check(const char *text, size_t len, struct diags *diags)
{
	struct revision *rev = NULL;
	int r = revision_parse(text, len, &rev, diags);

	if (r == 0)
		revision_free(rev);
	return r;
}

static int print(json_t *top, char **ret_text, size_t *ret_len, struct diags *diags)
{
	CLEANUP(free_p) char *text = json_dumps(top, JSON_INDENT(1));
	int r;

	if (text == NULL)
		return -ENOMEM;
	r = check(text, strlen(text), diags);
	if (r < 0)
		return r;
	*ret_len = strlen(text);
	*ret_text = STEAL(text);
	return 0;
}

static int fill(struct db *db, const char *dir, uint64_t number, int64_t now,
		const char *policy_text, struct building *b, char **ret_text,
		size_t *ret_len)
{
	char created[WHEN_TEXT_MAX];
	json_t *top;
	int r = -ENOMEM;

	when_format(now, created);
	top = json_pack("{s:i, s:I, s:s, s:s, s:[]}", "format", 2, "number",
			(json_int_t)number, "created", created, "policy", policy_text,
			"permits");
	if (top != NULL) {
		b->permits = json_object_get(top, "permits");
		r = snapshot_allow_add(db, dir, number, top, b->diags);
	}
	if (r == 0)
		r = store_permit_each(db, now, add_permit, b);
	if (r == 0)
		r = print(top, ret_text, ret_len, b->diags);
	json_decref(top);
	return r;
}

int snapshot_build(struct db *db, const char *dir, uint64_t number, int64_t now,
		   char **ret_text, size_t *ret_len, struct diags *diags)
{
	CLEANUP(store_policy_free) struct policy_version version = { 0 };
	struct policy *policy = NULL;
	struct building b = { .diags = diags };
	int r = store_policy_get(db, &version);

	if (r == 0)
		r = policy_parse(version.text, strlen(version.text), &policy, diags);
	if (r < 0)
		return r;
	b.policy = policy;
	r = fill(db, dir, number, now, version.text, &b, ret_text, ret_len);
	policy_free(policy);
	return r;
}
