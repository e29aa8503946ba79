/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/snapshot_allow.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/allow/build.h"
#include "lib/mem.h"
#include "lib/revision.h"
#include "lib/str.h"
#include "mgmt/mgmtd/store_entry.h"

static const struct place whole = { 0 };

struct building {
	struct allow_build *build;
	json_t *lists; /* belongs to the top object */
	char *zones[ALLOW_LISTS_MAX]; /* by list: the zones as the ledger has them */
	size_t list_count;
	struct diags *diags;
};

/* The id of the list for some zones: the same in every revision. */
static void list_id(const char *zones, char dst[ID_TEXT_MAX])
{
	uint8_t h[crypto_generichash_BYTES_MIN];

	(void)crypto_generichash(h, sizeof(h), (const unsigned char *)zones,
				 strlen(zones), NULL, 0);
	id_unpack('l', h, dst);
}

static int add_list(struct building *b, const char *zones)
{
	bool all = strcmp(zones, "[]") == 0;
	char id[ID_TEXT_MAX] = ALLOW_LIST_DEFAULT;
	json_t *obj;

	if (b->list_count == ALLOW_LISTS_MAX) {
		diag_add(b->diags, whole, "entries name more than %d sets of zones",
			 ALLOW_LISTS_MAX - 1);
		return -EINVAL;
	}
	if (!all)
		list_id(zones, id);
	obj = json_pack("{s:s, s:s, s:s, s:o, s:[], s:[], s:n}", "id", id, "name",
			all ? "default" : "zones", "mode", "enforce", "zones",
			json_loads(zones, 0, NULL), "groups", "users", "schedule");
	if (obj == NULL || json_array_append_new(b->lists, obj) < 0)
		return -ENOMEM;
	b->zones[b->list_count] = strdup(zones);
	if (b->zones[b->list_count] == NULL)
		return -ENOMEM;
	b->list_count++;
	return 0;
}

/* The list of the entries for some zones, made when it is the first of them. */
static int find_list(struct building *b, const char *zones, uint16_t *ret_list)
{
	size_t i = 0;
	int r = 0;

	while (i < b->list_count && strcmp(b->zones[i], zones) != 0)
		i++;
	if (i == b->list_count)
		r = add_list(b, zones);
	if (r == 0)
		*ret_list = (uint16_t)i;
	return r;
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

static int add_entry(const struct entry *e, void *user)
{
	struct building *b = user;
	struct allow_entry a = { .id = e->id, .host = e->host, .path = "" };
	const char *what;
	int r;

	if ((r = find_list(b, e->zones, &a.list)) < 0 ||
	    (r = read_ports(e->ports, &a)) < 0)
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
		r = add_list(&b, "[]");
	if (r == 0)
		r = store_entry_each(db, true, add_entry, &b);
	if (r == 0)
		r = write_image(&b, dir, number, top);
	for (size_t i = 0; i < b.list_count; i++)
		free(b.zones[i]);
	allow_build_free(b.build);
	return r;
}
