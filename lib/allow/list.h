/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list - which lists count for a client now (level 2)
 *
 * Pure. A list counts when zone, device group and user fit and its schedule is
 * open; it fits when only the schedule stands against it.
 */
#ifndef LIB_ALLOW_LIST_H
#define LIB_ALLOW_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/allow/entry.h"
#include "lib/allow/schedule.h"
#include "lib/id.h"

#define ALLOW_LIST_DEFAULT    "ldefault" /* the id of the list that is always there */
#define ALLOW_LIST_NONE       ((uint16_t)UINT16_MAX)
#define ALLOW_LIST_NAME_MAX   127 /* bytes */
#define ALLOW_LIST_GROUPS_MAX 64
#define ALLOW_LIST_USERS_MAX  4096
#define ALLOW_MEMBER_MAX      63 /* bytes of a group's or user's name */
#define ALLOW_CHANGE_MAX_S    86400

struct allow_list {
	char id[ID_TEXT_MAX]; /* "l...", or ALLOW_LIST_DEFAULT */
	char name[ALLOW_LIST_NAME_MAX + 1];
	bool observe; /* let pass what nothing permits, and record it */
	uint64_t zones; /* a bit per zone of the policy; 0: all */
	char **group; /* by strcmp(); none: all */
	size_t group_count;
	char **user; /* likewise */
	size_t user_count;
	struct allow_schedule *schedule; /* NULL: always open */
};

/* Frees what l holds, not l itself. */
void allow_list_clear(struct allow_list *l);

/* Is id the default list's, or an id of the kind 'l'? */
bool allow_list_id_is_valid(const char *id);

struct allow_client {
	size_t zone; /* index into the policy's zones */
	const char *group; /* the device's; "" none */
	const char *user; /* "" none */
	bool listed; /* only these count */
	const char (*list)[ID_TEXT_MAX];
	size_t list_count;
};

#define ALLOW_LIST_WORDS (ALLOW_LISTS_MAX / 64)

/* A bit per list. */
struct allow_lists {
	uint64_t fits[ALLOW_LIST_WORDS];
	uint64_t counts[ALLOW_LIST_WORDS]; /* of those that fit */
	uint16_t observe; /* the first that counts and observes; ALLOW_LIST_NONE */
};

/* count: ALLOW_LISTS_MAX at most; further ones do not count. */
struct allow_lists allow_lists_of(const struct allow_list *list, size_t count,
				  const struct allow_client *client, int64_t now_s);

/*
 * Seconds until a list of these opens or closes: 1..ALLOW_CHANGE_MAX_S. The latter
 * also when none does before: ask again then.
 */
int64_t allow_lists_next_change(const struct allow_list *list, size_t count,
				int64_t now_s);

#endif
