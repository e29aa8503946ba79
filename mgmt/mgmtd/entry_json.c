/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/entry_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/host_check.h"
#include "mgmt/mgmtd/input_read.h"

json_t *entry_json(const struct entry *e, bool ja)
{
	char shown[HOST_CHECK_TEXT_MAX];
	json_t *obj =
		json_pack("{s:s, s:s, s:b, s:o, s:s, s:b, s:s, s:o, s:s, s:s, s:s, s:s}",
			  "id", e->id, "host", e->host, "address", (int)e->address,
			  "ports", json_loads(e->ports, 0, NULL), "scheme", e->scheme,
			  "tls_any", (int)e->tls_any, "path", e->path, "methods",
			  json_loads(e->methods, 0, NULL), "list", e->list, "list_name",
			  e->list_name, "purpose", e->purpose, "owner", e->owner);
	json_t *rest = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o}", "from",
		call_time(e->since), "until", call_time(e->until), "review",
		call_maybe(e->review), "override", call_maybe(e->override), "replaces",
		call_maybe(e->replaces), "state", e->state, "requested_by",
		e->requested_by, "requested", call_time(e->requested), "approved_by",
		call_maybe(e->approved_by), "approved", call_time(e->approved),
		"warnings", host_check_warnings(e->host, ja));

	if (obj == NULL || rest == NULL || json_object_update(obj, rest) < 0) {
		json_decref(obj);
		obj = NULL;
	}
	json_decref(rest);
	if (obj != NULL && host_check_show(e->host, shown))
		(void)json_object_set_new(obj, "shown", json_string(shown));
	return obj;
}

/* A JSON array as the text of a column; list is released. */
static int print_list(json_t *list, char *dst, size_t size)
{
	size_t len = list != NULL ? json_dumpb(list, dst, size, JSON_COMPACT) : 0;

	json_decref(list);
	if (len == 0 || len >= size)
		return -ENOMEM;
	dst[len] = '\0';
	return 0;
}

static int print_lists(const struct input_allow *in, struct entry *e)
{
	json_t *ports = json_array(), *methods = json_array();
	int r;

	for (size_t i = 0; i < in->port_count; i++)
		(void)json_array_append_new(ports, json_integer(in->port[i]));
	for (size_t i = 0; i < in->method_count; i++)
		(void)json_array_append_new(methods, json_string(in->method[i]));
	r = print_list(ports, e->ports, sizeof(e->ports));
	if (print_list(methods, e->methods, sizeof(e->methods)) < 0)
		r = -ENOMEM;
	return r;
}

static int find_list(struct db *db, const struct input_allow *in, struct entry *e,
		     struct input_error *error)
{
	struct list list;
	int r = store_list_find(db, in->list[0] != '\0' ? in->list : LIST_DEFAULT, &list);

	if (r == -ENOENT)
		return input_refuse(error, MSG_NO_LIST, in->list);
	if (r == 0) {
		(void)str_copy(e->list, sizeof(e->list), list.id);
		(void)str_copy(e->list_name, sizeof(e->list_name), list.name);
	}
	return r;
}

static int find_replaced(struct db *db, const struct input_allow *in, struct entry *e,
			 struct input_error *error)
{
	struct entry old;
	int r;

	if (in->replaces[0] == '\0')
		return 0;
	r = store_entry_get(db, in->replaces, &old);
	if (r == -ENOENT || (r == 0 && strcmp(old.state, "active") != 0))
		return input_refuse(error, MSG_NO_ENTRY, in->replaces);
	(void)str_copy(e->replaces, sizeof(e->replaces), in->replaces);
	return r;
}

/* A wildcard over a public suffix needs an override, and nothing else may have one. */
static int check_override(const struct input_allow *in, struct input_error *error)
{
	bool wide = !in->address && host_check_is_wide(in->host);

	if (wide && in->override[0] == '\0')
		return input_refuse(error, MSG_PUBLIC_SUFFIX, in->host);
	if (!wide && in->override[0] != '\0')
		return input_refuse(error, MSG_NOT_SUFFIX, in->host);
	return 0;
}

#define COPY(field) (void)str_copy(e.field, sizeof(e.field), in->field)

int entry_make(const struct call *c, const struct input_allow *in, struct entry *ret,
	       struct input_error *error)
{
	struct entry e = { .address = in->address,
			   .tls_any = in->tls_any,
			   .since = in->since,
			   .until = in->until,
			   .requested = c->req->now };
	int r;

	if ((r = check_override(in, error)) < 0 ||
	    (r = find_list(c->app->db, in, &e, error)) < 0 ||
	    (r = find_replaced(c->app->db, in, &e, error)) < 0 ||
	    (r = print_lists(in, &e)) < 0)
		return r;
	id_new('a', e.id);
	COPY(host);
	COPY(scheme);
	COPY(path);
	COPY(purpose);
	COPY(owner);
	COPY(review);
	COPY(override);
	(void)str_copy(e.state, sizeof(e.state), "requested");
	(void)str_copy(e.requested_by, sizeof(e.requested_by), c->actor.login);
	(void)str_copy(e.requested_role, sizeof(e.requested_role),
		       role_name(c->actor.role));
	*ret = e;
	return 0;
}

void entry_why(const struct entry *e, char dst[ENTRY_WHY_MAX])
{
	if (e->override[0] != '\0')
		(void)snprintf(dst, ENTRY_WHY_MAX, "[override: %s] %s", e->override,
			       e->purpose);
	else
		(void)snprintf(dst, ENTRY_WHY_MAX, "%s", e->purpose);
}
