/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/zone_since.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "mgmt/mgmtd/store_policy.h"

#define VERSIONS_MAX 100

struct walk {
	const struct policy *now;
	int64_t *since;
	bool over[POLICY_ZONES_MAX]; /* another mode, or no such zone, before that */
	size_t open;
};

static void compare(struct walk *w, const struct policy *then, int64_t applied)
{
	for (size_t i = 0; i < w->now->zone_count; i++) {
		const struct policy_zone *z = &w->now->zone[i];
		size_t old =
			w->over[i] ? POLICY_NONE : policy_zone_by_name(then, z->name);

		if (w->over[i])
			continue;
		if (old != POLICY_NONE && then->zone[old].admission == z->admission) {
			w->since[i] = applied;
		} else {
			w->over[i] = true;
			w->open--;
		}
	}
}

/* Newest first; -ECANCELED when nothing is open any more. */
static int look_at(const struct policy_version *v, void *user)
{
	struct walk *w = user;
	struct diags diags = { 0 };
	struct policy *then = NULL;
	int r;

	if (strcmp(v->state, POLICY_CONFIRMED) != 0)
		return 0;
	r = policy_parse(v->text, strlen(v->text), &then, &diags);
	if (r == -EINVAL || r == -EFBIG)
		return -ECANCELED; /* from before the file's form changed */
	if (r < 0)
		return r;
	compare(w, then, v->applied);
	policy_free(then);
	return w->open == 0 ? -ECANCELED : 0;
}

int zone_since(struct db *db, const struct policy *now,
	       int64_t ret_since[POLICY_ZONES_MAX])
{
	int64_t since[POLICY_ZONES_MAX] = { 0 };
	struct walk w = { .now = now, .since = since, .open = now->zone_count };
	int r = store_policy_each(db, true, VERSIONS_MAX, look_at, &w);

	if (r < 0 && r != -ECANCELED)
		return r;
	memcpy(ret_since, since, sizeof(since));
	return 0;
}
