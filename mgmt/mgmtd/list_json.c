/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/list_json.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/call.h"

static json_t *schedule_json(const struct list *l)
{
	return l->schedule[0] != '\0' ? json_loads(l->schedule, 0, NULL) : json_null();
}

static json_t *version_json(const struct list *l)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o}",
			 "version", l->version, "name", l->name, "mode", l->mode, "zones",
			 json_loads(l->zones, 0, NULL), "groups",
			 json_loads(l->groups, 0, NULL), "users",
			 json_loads(l->users, 0, NULL), "schedule", schedule_json(l),
			 "reason", l->reason, "requested_by", l->requested_by,
			 "requested", call_time(l->requested), "approved_by",
			 call_maybe(l->approved_by), "approved", call_time(l->approved));
}

/* The open request of a list; null when there is none. */
static int request_json(struct db *db, const char *id, json_t **ret)
{
	struct list request;
	int r = store_list_get(db, id, "requested", &request);

	if (r < 0 && r != -ENOENT)
		return r;
	*ret = r == 0 ? version_json(&request) : json_null();
	return *ret != NULL ? 0 : -ENOMEM;
}

int list_json(struct db *db, const struct list *l, json_t **ret)
{
	int64_t entries;
	json_t *obj, *request = NULL;
	int r = store_list_entries(db, l->id, &entries);

	if (r == 0)
		r = request_json(db, l->id, &request);
	if (r < 0)
		return r;
	obj = version_json(l);
	if (obj == NULL ||
	    json_object_update_new(obj,
				   json_pack("{s:s, s:s, s:I, s:o}", "id", l->id, "state",
					     l->state, "entries", (json_int_t)entries,
					     "request", request)) < 0) {
		json_decref(obj);
		return -ENOMEM;
	}
	*ret = obj;
	return 0;
}

int list_to_input(const struct list *l, struct input_list *ret)
{
	*ret = (struct input_list){
		.zones = json_loads(l->zones, 0, NULL),
		.groups = json_loads(l->groups, 0, NULL),
		.users = json_loads(l->users, 0, NULL),
		.schedule = schedule_json(l),
	};
	(void)str_copy(ret->name, sizeof(ret->name), l->name);
	(void)str_copy(ret->mode, sizeof(ret->mode), l->mode);
	return ret->zones != NULL && ret->groups != NULL && ret->users != NULL &&
			       ret->schedule != NULL
		       ? 0
		       : -ENOMEM;
}

static int print(const json_t *value, char *dst, size_t size)
{
	size_t len = json_dumpb(value, dst, size, JSON_COMPACT);

	if (len == 0 || len >= size)
		return -EFBIG;
	dst[len] = '\0';
	return 0;
}

int list_of_input(const struct input_list *in, struct list *ret)
{
	struct list *l = ret;

	l->schedule[0] = '\0';
	if (print(in->zones, l->zones, sizeof(l->zones)) < 0 ||
	    print(in->groups, l->groups, sizeof(l->groups)) < 0 ||
	    print(in->users, l->users, sizeof(l->users)) < 0 ||
	    (!json_is_null(in->schedule) &&
	     print(in->schedule, l->schedule, sizeof(l->schedule)) < 0))
		return -EFBIG;
	(void)str_copy(l->name, sizeof(l->name), in->name);
	(void)str_copy(l->mode, sizeof(l->mode), in->mode);
	(void)str_copy(l->reason, sizeof(l->reason), in->reason);
	return 0;
}
