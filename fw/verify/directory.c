/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/parts.h"

#define ARRAY_FIRST 16
#define HASH_SEED   2166136261u /* FNV-1a */
#define HASH_PRIME  16777619u

bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

struct span span_of(const struct nla *a)
{
	struct span s = { .at = a->data.pos, .len = a->data.left };

	if (!a->there)
		return (struct span){ .len = 0 };
	if (s.len > 0 && s.at[s.len - 1] == '\0')
		s.len--;
	return s;
}

void span_copy(struct span s, char *dst, size_t size)
{
	size_t len = s.len < size ? s.len : size - 1;

	if (len > 0)
		memcpy(dst, s.at, len);
	dst[len] = '\0';
}

int entity_of(uint8_t family, const struct nla *table, const struct nla *name,
	      struct entity *ret_entity)
{
	struct entity e = { .family = family,
			    .table = span_of(table),
			    .name = span_of(name) };

	if (e.table.len == 0 || e.name.len == 0)
		return -EBADMSG;
	*ret_entity = e;
	return 0;
}

static uint32_t hash(const struct entity *who)
{
	uint32_t h = (HASH_SEED ^ who->family) * HASH_PRIME;

	for (size_t i = 0; i < who->table.len; i++)
		h = (h ^ who->table.at[i]) * HASH_PRIME;
	h *= HASH_PRIME;
	for (size_t i = 0; i < who->name.len; i++)
		h = (h ^ who->name.at[i]) * HASH_PRIME;
	return h;
}

static const struct entity *entity_at(const struct directory *dir, size_t i)
{
	return (const struct entity *)(const void *)(dir->items + i * dir->stride);
}

static size_t slot_of(const struct directory *dir, const struct entity *who)
{
	size_t at = hash(who) & dir->mask;

	while (dir->slot[at] != 0) {
		const struct entity *e = entity_at(dir, dir->slot[at] - 1);

		if (e->family == who->family && span_equal(e->name, who->name) &&
		    span_equal(e->table, who->table))
			break;
		at = (at + 1) & dir->mask;
	}
	return at;
}

int directory_build(struct directory *dir, const void *items, size_t stride, size_t count)
{
	size_t size = ARRAY_FIRST;

	while (size < count * 2)
		size *= 2;
	*dir = (struct directory){ .items = items, .stride = stride, .mask = size - 1 };
	dir->slot = calloc(size, sizeof(*dir->slot));
	if (dir->slot == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t at = slot_of(dir, entity_at(dir, i));

		if (dir->slot[at] != 0)
			return -EBADMSG; /* twice the same */
		dir->slot[at] = (uint32_t)i + 1;
	}
	return 0;
}

void directory_free(struct directory *dir)
{
	free(dir->slot);
	dir->slot = NULL;
}

size_t directory_find(const struct directory *dir, const struct entity *who)
{
	uint32_t found = dir->slot[slot_of(dir, who)];

	return found == 0 ? NONE : found - 1;
}

int array_room(void *array, size_t *room, size_t count, size_t size, size_t max)
{
	size_t want = *room == 0 ? ARRAY_FIRST : *room * 2;
	void *old, *grown;

	if (count < *room)
		return 0;
	if (count >= max)
		return -E2BIG;
	memcpy(&old, array, sizeof(old));
	grown = realloc(old, want * size);
	if (grown == NULL)
		return -ENOMEM;
	memcpy(array, &grown, sizeof(grown));
	*room = want;
	return 0;
}
