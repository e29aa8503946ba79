/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/snapshot_allow.h"

#include <errno.h>
#include <string.h>

#include "lib/allow/build.h"
#include "lib/mem.h"
#include "lib/revision.h"
#include "lib/str.h"
#include "mgmt/mgmtd/store_entry.h"
#include "mgmt/mgmtd/store_list.h"

static const struct place whole = { 0 };

struct building {
	struct allow_build *build;
	json_t *lists; /* belongs to the top object */
	char id[ALLOW_LISTS_MAX][ID_TEXT_MAX]; /* of the lists, in their order */
	size_t list_count;
	struct diags *diags;
};

/* The ledger keeps a schedule as the revision has it. */
static int add_list(const struct list *l, void *user)
{
	struct building *b = user;
	json_t *obj;

	if (b->list_count == ALLOW_LISTS_MAX) {
		diag_add(b->diags, whole, "there are more than %d lists",
			 ALLOW_LISTS_MAX);
		return -EINVAL;
	}
	obj = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "id", l->id, "name",
			l->name, "mode", l->mode, "zones", json_loads(l->zones, 0, NULL),
			"groups", json_loads(l->groups, 0, NULL), "users",
			json_loads(l->users, 0, NULL), "schedule",
			l->schedule[0] != '\0' ? json_loads(l->schedule, 0, NULL)
					       : json_null());
	if (obj == NULL || json_array_append_new(b->lists, obj) < 0)
		return -ENOMEM;
	(void)str_copy(b->id[b->list_count++], ID_TEXT_MAX, l->id);
	return 0;
}

/* An entry without its list would permit it to somebody else: that is refused. */
static int find_list(struct building *b, const struct entry *e, uint16_t *ret_list)
{
	for (size_t i = 0; i < b->list_count; i++) {
		if (strcmp(b->id[i], e->list) == 0) {
			*ret_list = (uint16_t)i;
			return 0;
		}
	}
	diag_add(b->diags, whole, "entry %s: its list %s is not in force", e->id,
		 e->list);
	return -EINVAL;
}

static int read_ports(const char *text, struct allow_entry *e)
{
	json_t *ports = json_loads(text, 0, NULL);
	size_t count = json_array_size(ports);
	int r = ports != NULL && count <= ALLOW_PORTS_MAX ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < count; i++)
		e->port[e->port_count++] =
			(uint16_t)json_integer_value(json_array_get(ports, i));
	json_decref(ports);
	return r;
}

static enum allow_scheme scheme_of(const char *name)
{
	return strcmp(name, "http") == 0    ? ALLOW_SCHEME_HTTP
	       : strcmp(name, "https") == 0 ? ALLOW_SCHEME_HTTPS
					    : ALLOW_SCHEME_ANY;
}

/* The methods point into list, which is the caller's to release after e. */
static int read_methods(const char *text, json_t **list, struct allow_entry *e)
{
	size_t count;

	if (strcmp(text, "[]") == 0)
		return 0;
	*list = json_loads(text, 0, NULL);
	count = json_array_size(*list);
	if (count == 0 || count > ALLOW_METHODS_MAX)
		return -ENOMEM; /* none must not become all */
	for (size_t i = 0; i < count; i++)
		e->method[e->method_count++] =
			json_string_value(json_array_get(*list, i));
	return 0;
}

static int build_entry(struct building *b, const struct entry *e, json_t **methods)
{
	struct allow_entry a = { .id = e->id,
				 .host = e->host,
				 .scheme = scheme_of(e->scheme),
				 .tls_any = e->tls_any,
				 .path = e->path,
				 .from = e->since,
				 .until = e->until };
	const char *what;
	int r;

	if ((r = find_list(b, e, &a.list)) < 0 || (r = read_ports(e->ports, &a)) < 0 ||
	    (r = read_methods(e->methods, methods, &a)) < 0)
		return r;
	r = allow_build_add(b->build, &a);
	if (r == -EINVAL && !allow_entry_is_valid(&a, &what))
		diag_add(b->diags, whole, "entry %s: %s", e->id, what);
	if (r == -E2BIG || r == -EFBIG) {
		diag_add(b->diags, whole, "the allowlist is too big");
		r = -EINVAL;
	}
	return r;
}

static int add_entry(const struct entry *e, void *user)
{
	json_t *methods = NULL;
	int r = build_entry(user, e, &methods);

	json_decref(methods);
	return r;
}

static int add_ports(const struct allow_build *build, json_t *list)
{
	for (uint32_t port = 1; port <= UINT16_MAX; port++) {
		if (allow_build_has_port(build, (uint16_t)port) &&
		    json_array_append_new(list, json_integer(port)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_image(struct building *b, const struct allow_built *built, json_t *top)
{
	char hash[2 * ALLOW_HASH_SIZE + 1];
	json_t *obj;

	str_hex(hash, built->hash, sizeof(built->hash));
	obj = json_pack("{s:I, s:s, s:[]}", "size", (json_int_t)built->size, "blake2b",
			hash, "ports");
	if (obj == NULL || json_object_set_new(top, "allow", obj) < 0)
		return -ENOMEM;
	return add_ports(b->build, json_object_get(obj, "ports"));
}

static int write_image(struct building *b, const char *dir, uint64_t number, json_t *top)
{
	CLEANUP(close_p) int fd = revision_create_image(dir, number);
	struct allow_built built;
	int r = fd < 0 ? fd : allow_build_finish(b->build, fd, &built);

	if (r == -E2BIG) {
		diag_add(b->diags, whole, "one host has more than %d entries",
			 ALLOW_SAME_MAX);
		return -EINVAL;
	}
	if (r < 0) /* other codes mean something else to our callers */
		return r == -ENOSPC || r == -ENOMEM ? r : -EIO;
	return add_image(b, &built, top);
}

int snapshot_allow_add(struct db *db, const char *dir, uint64_t number, json_t *top,
		       struct diags *diags)
{
	struct building b = { .lists = json_array(), .diags = diags };
	int r = json_object_set_new(top, "lists", b.lists) < 0 ? -ENOMEM : 0;

	if (r == 0)
		r = allow_build_new(&b.build);
	if (r == 0)
		r = store_list_each(db, "active", add_list, &b);
	if (r == 0)
		r = store_entry_each(db, true, add_entry, &b);
	if (r == 0)
		r = write_image(&b, dir, number, top);
	allow_build_free(b.build);
	return r;
}
