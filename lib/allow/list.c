/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/allow/list.h"

#include <stdlib.h>
#include <string.h>

void allow_list_clear(struct allow_list *l)
{
	for (size_t i = 0; i < l->group_count; i++)
		free(l->group[i]);
	for (size_t i = 0; i < l->user_count; i++)
		free(l->user[i]);
	free(l->group);
	free(l->user);
	free(l->schedule);
	*l = (struct allow_list){ 0 };
}

bool allow_list_id_is_valid(const char *id)
{
	return strcmp(id, ALLOW_LIST_DEFAULT) == 0 || id_is('l', id);
}

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static bool holds(char *const *member, size_t count, const char *name)
{
	return count == 0 ||
	       bsearch(&name, member, count, sizeof(*member), by_text) != NULL;
}

static bool is_listed(const struct allow_client *client, const char *id)
{
	for (size_t i = 0; i < client->list_count; i++) {
		if (strcmp(client->list[i], id) == 0)
			return true;
	}
	return !client->listed;
}

static bool fits(const struct allow_list *l, const struct allow_client *client)
{
	if (!is_listed(client, l->id))
		return false;
	if (l->zones != 0 && (client->zone > 63 || (l->zones >> client->zone & 1) == 0))
		return false;
	return holds(l->group, l->group_count, client->group) &&
	       holds(l->user, l->user_count, client->user);
}

struct allow_lists allow_lists_of(const struct allow_list *list, size_t count,
				  const struct allow_client *client, int64_t now_s)
{
	struct allow_lists a = { .observe = ALLOW_LIST_NONE };

	for (size_t i = 0; i < count && i < ALLOW_LISTS_MAX; i++) {
		uint64_t bit = UINT64_C(1) << (i % 64);

		if (!fits(&list[i], client))
			continue;
		a.fits[i / 64] |= bit;
		if (!allow_schedule_is_open(list[i].schedule, now_s))
			continue;
		a.counts[i / 64] |= bit;
		if (list[i].observe && a.observe == ALLOW_LIST_NONE)
			a.observe = (uint16_t)i;
	}
	return a;
}

int64_t allow_lists_next_change(const struct allow_list *list, size_t count,
				int64_t now_s)
{
	int64_t best = ALLOW_CHANGE_MAX_S;

	for (size_t i = 0; i < count && i < ALLOW_LISTS_MAX; i++)
		best = allow_schedule_next_change(list[i].schedule, now_s, best);
	return best;
}
