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

#define FORMAT 4

struct building {
	const struct policy *policy;
	json_t *permits, *cards; /* belong to the top object; cards to the last permit */
	char bundle[ID_TEXT_MAX]; /* of the last permit */
	size_t zone;
	uint64_t like; /* whose allowlist it has; 0: its own */
	struct diags *diags;
};

static int set(json_t *obj, const char *key, json_t *value)
{
	return json_object_set_new(obj, key, value) == 0 ? 0 : -ENOMEM;
}

/* A flow that begins in the zone? */
static bool has_flow(const struct building *b, const char *id)
{
	for (size_t i = 0; i < b->policy->flow_count; i++) {
		if (strcmp(b->policy->flow[i].id, id) == 0)
			return b->policy->flow[i].from == b->zone;
	}
	return false;
}

/*
 * What the permit is limited to under key, without flows that there are no more. Nothing
 * else comes in their place: also when none is left the permit is limited.
 */
static int set_limits(json_t *obj, const char *key, const char *text,
		      const struct building *b, bool flows)
{
	json_t *list = json_loads(text, 0, NULL);

	if (json_array_size(list) == 0) {
		json_decref(list);
		return list != NULL ? 0 : -ENOMEM;
	}
	for (size_t i = json_array_size(list); flows && i-- > 0;) {
		if (!has_flow(b, json_string_value(json_array_get(list, i))))
			(void)json_array_remove(list, i);
	}
	return set(obj, key, list);
}

/* The row that begins a bundle, with its first card to come. */
static int begin_permit(const struct permit *p, struct building *b)
{
	char owner[sizeof(((struct revision_permit *)NULL)->user)];
	json_t *obj;
	int r = 0;

	(void)str_copy(owner, sizeof(owner), p->owner);
	obj = json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:o, s:[]}", "id", p->bundle,
			"number", (json_int_t)p->number, "device", p->device, "zone",
			b->policy->zone[b->zone].name, "user", owner, "group", p->group,
			"destinations", json_loads(p->destinations, 0, NULL), "cards");
	if (obj == NULL || json_array_append_new(b->permits, obj) < 0)
		return -ENOMEM;
	b->cards = json_object_get(obj, "cards");
	(void)str_copy(b->bundle, sizeof(b->bundle), p->bundle);
	if (p->address[0] != '\0')
		r = set(obj, "address", json_string(p->address));
	if (r == 0 && p->since != 0)
		r = set(obj, "from", json_integer(p->since));
	if (r == 0 && permit_end(p) != 0)
		r = set(obj, "until", json_integer(permit_end(p)));
	if (r == 0)
		r = set_limits(obj, "flows", p->flows, b, true);
	return r < 0 ? r : set_limits(obj, "lists", p->lists, b, false);
}

static int add_permit(const struct permit *p, const char *mac, void *user)
{
	struct building *b = user;
	size_t zone = policy_zone_by_interface(b->policy, p->interface);
	bool more = strcmp(b->bundle, p->bundle) == 0;
	int r = 0;

	if (zone == POLICY_NONE || (more && zone != b->zone)) {
		diag_add(b->diags, (struct place){ 0 },
			 zone == POLICY_NONE ? "device %s has a permit on interface "
					       "'%s', which is not "
					       "in the policy; revoke the permit first"
					     : "device %s has a permit on interface '%s' "
					       "and on one of "
					       "another zone; revoke the permit first",
			 mac, p->interface);
		return -EINVAL;
	}
	b->zone = zone;
	if (!more)
		r = begin_permit(p, b);
	if (r < 0)
		return r;
	return json_array_append_new(b->cards, json_pack("{s:s, s:s}", "mac", mac,
							 "interface", p->interface)) == 0
		       ? 0
		       : -ENOMEM;
}

/* As the daemons will: what they would refuse is found before they are asked. */
static int check(const char *text, size_t len, const struct policy *policy, bool small,
		 struct diags *diags)
{
	struct revision_small *change = NULL;
	struct revision *rev = NULL;
	int r = small ? revision_small_parse(text, len, policy, &change, diags)
		      : revision_parse(text, len, &rev, diags);

	if (r == 0 && small)
		revision_small_free(change);
	else if (r == 0)
		revision_free(rev);
	return r;
}

static int print(json_t *top, const struct building *b, bool small, char **ret_text,
		 size_t *ret_len)
{
	CLEANUP(free_p)
	char *text = json_dumps(top, small ? JSON_COMPACT : JSON_INDENT(1));
	int r;

	if (text == NULL)
		return -ENOMEM;
	r = check(text, strlen(text), b->policy, small, b->diags);
	if (r < 0)
		return r;
	*ret_len = strlen(text);
	*ret_text = STEAL(text);
	return 0;
}

/* The first column of each row as {"mac": ...}. */
static int add_macs(struct db *db, const char *sql, const char *asset, json_t *list)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = asset != NULL ? db_query(db, &rows, sql, "s", asset)
			      : db_query(db, &rows, sql, "");

	while (r >= 0 && (r = db_next(rows)) == 1) {
		if (json_array_append_new(
			    list, json_pack("{s:s}", "mac", db_text(rows, 0))) < 0)
			r = -ENOMEM;
	}
	return r;
}

/* The cards of devices in quarantine, wherever else the same address is used. */
#define WANTED \
	"SELECT d.mac FROM device d JOIN asset a ON a.id = d.asset" \
	" WHERE a.quarantined = 1"

#define NOT_ISOLATED \
	"SELECT count(*) FROM (" WANTED " AND d.mac NOT IN (SELECT mac FROM isolated)"

int snapshot_not_isolated(struct db *db, const char *asset, int64_t *ret_count)
{
	return asset != NULL ? db_number(db, ret_count, NOT_ISOLATED " AND a.id = ?)",
					 "s", asset)
			     : db_number(db, ret_count, NOT_ISOLATED ")", "");
}

static int note_all(struct db *db, int64_t now)
{
	int r = store_permit_mark(db, NULL, now);

	if (r == 0)
		r = db_run(db, "DELETE FROM isolated", "");
	return r < 0 ? r : db_run(db, "INSERT OR IGNORE INTO isolated (mac) " WANTED, "");
}

static int fill(struct db *db, const char *dir, uint64_t number, int64_t now,
		const char *policy_text, struct building *b, char **ret_text,
		size_t *ret_len)
{
	char created[WHEN_TEXT_MAX];
	json_t *top;
	int r = -ENOMEM;

	when_format(now, created);
	top = json_pack("{s:i, s:I, s:s, s:s, s:[], s:[]}", "format", FORMAT, "number",
			(json_int_t)number, "created", created, "policy", policy_text,
			"permits", "quarantine");
	if (top != NULL) {
		b->permits = json_object_get(top, "permits");
		r = b->like != 0 ? revision_keep_allow(dir, number, b->like, top) : 1;
		if (r != 0) /* compiled anew, also when the old one cannot be had */
			r = snapshot_allow_add(db, dir, number, top, b->diags);
	}
	if (r == 0)
		r = note_all(db, now);
	if (r == 0)
		r = store_permit_each(db, NULL, now, add_permit, b);
	if (r == 0)
		r = add_macs(db, "SELECT mac FROM isolated", NULL,
			     json_object_get(top, "quarantine"));
	if (r == 0)
		r = print(top, b, false, ret_text, ret_len);
	json_decref(top);
	return r;
}

static int add_removed(const char *bundle, void *user)
{
	return json_array_append_new(user, json_string(bundle)) == 0 ? 0 : -ENOMEM;
}

/* What of the entry's cards goes into quarantine and comes out of it, then noted. */
static int change_quarantine(struct db *db, const char *asset, json_t *top)
{
	static const char *const into[] = {
		"SELECT DISTINCT mac FROM device WHERE asset = ?1 AND mac IN (" WANTED
		" AND d.mac = device.mac) AND mac NOT IN (SELECT mac FROM isolated)",
		"SELECT DISTINCT mac FROM device WHERE asset = ?1 AND mac NOT IN (" WANTED
		" AND d.mac = device.mac) AND mac IN (SELECT mac FROM isolated)",
	};
	int r = add_macs(db, into[0], asset, json_object_get(top, "quarantine_added"));

	if (r == 0)
		r = add_macs(db, into[1], asset,
			     json_object_get(top, "quarantine_removed"));
	if (r == 0)
		r = db_run(db,
			   "DELETE FROM isolated WHERE mac IN (SELECT mac FROM device"
			   " WHERE asset = ?1) AND mac NOT IN (" WANTED
			   " AND d.mac = isolated.mac)",
			   "s", asset);
	return r < 0 ? r
		     : db_run(db,
			      "INSERT OR IGNORE INTO isolated (mac) SELECT d.mac FROM"
			      " device d JOIN asset a ON a.id = d.asset"
			      " WHERE a.id = ?1 AND a.quarantined = 1",
			      "s", asset);
}

static bool is_empty(const json_t *top)
{
	static const char *const keys[] = { "permits_removed", "permits_added",
					    "quarantine_added", "quarantine_removed" };

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (json_array_size(json_object_get(top, keys[i])) != 0)
			return false;
	}
	return true;
}

static int fill_small(struct db *db, const char *asset, int64_t now, json_t *top,
		      struct building *b, char **ret_text, size_t *ret_len)
{
	int r = store_permit_before(db, asset, add_removed,
				    json_object_get(top, "permits_removed"));

	b->permits = json_object_get(top, "permits_added");
	if (r == 0)
		r = store_permit_mark(db, asset, now);
	if (r == 0)
		r = store_permit_each(db, asset, now, add_permit, b);
	if (r == 0)
		r = change_quarantine(db, asset, top);
	if (r == 0 && is_empty(top))
		return 0;
	return r < 0 ? r : print(top, b, true, ret_text, ret_len);
}

static int read_policy(struct db *db, struct policy_version *version,
		       struct policy **ret_policy, struct diags *diags)
{
	int r = store_policy_get(db, version);

	return r < 0 ? r
		     : policy_parse(version->text, strlen(version->text), ret_policy,
				    diags);
}

int snapshot_build(struct db *db, const char *dir, uint64_t number, uint64_t like,
		   int64_t now, char **ret_text, size_t *ret_len, struct diags *diags)
{
	CLEANUP(store_policy_free) struct policy_version version = { 0 };
	struct policy *policy = NULL;
	struct building b = { .diags = diags, .like = like };
	int r = read_policy(db, &version, &policy, diags);

	if (r < 0)
		return r;
	b.policy = policy;
	r = fill(db, dir, number, now, version.text, &b, ret_text, ret_len);
	policy_free(policy);
	return r;
}

int snapshot_small(struct db *db, uint64_t number, uint64_t base, const char *asset,
		   int64_t now, char **ret_text, size_t *ret_len, struct diags *diags)
{
	CLEANUP(store_policy_free) struct policy_version version = { 0 };
	struct policy *policy = NULL;
	struct building b = { .diags = diags };
	char created[WHEN_TEXT_MAX];
	json_t *top;
	int r = read_policy(db, &version, &policy, diags);

	if (r < 0)
		return r;
	b.policy = policy;
	when_format(now, created);
	top = json_pack("{s:i, s:I, s:s, s:I, s:[], s:[], s:[], s:[]}", "format", FORMAT,
			"number", (json_int_t)number, "created", created, "base",
			(json_int_t)base, "permits_removed", "permits_added",
			"quarantine_added", "quarantine_removed");
	r = top != NULL ? fill_small(db, asset, now, top, &b, ret_text, ret_len)
			: -ENOMEM;
	json_decref(top);
	policy_free(policy);
	return r;
}
