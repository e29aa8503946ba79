/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * revision_json - values out of a revision's JSON (for lib/revision itself)
 *
 * What does not fit is told to diags; the functions then return false or NULL.
 */
#ifndef LIB_REVISION_JSON_H
#define LIB_REVISION_JSON_H

#include <jansson.h>

#include "lib/revision.h"

/* Every member of obj must stand in the NULL-terminated list of keys. */
bool revision_only_keys(json_t *obj, const char *what, const char *const *keys,
			struct diags *diags);

bool revision_get_text(json_t *obj, const char *key, char *dst, size_t size,
		       struct diags *diags);

/* An integer min..max; min when the key is absent and optional. */
bool revision_get_int(json_t *obj, const char *key, int64_t min, int64_t max,
		      bool optional, int64_t *ret_value, struct diags *diags);

/* The list under key, of max members at most. */
json_t *revision_get_list(json_t *obj, const char *key, size_t max, struct diags *diags);

bool revision_get_zone(const struct policy *p, json_t *value, size_t *ret_zone,
		       struct diags *diags);
bool revision_get_id(json_t *obj, const char *key, char kind, char dst[ID_TEXT_MAX],
		     struct diags *diags);
bool revision_get_pattern(json_t *value, char dst[HOST_PATTERN_MAX + 1],
			  struct diags *diags);

/* The parts of a revision; rev->policy is there. Each returns 0, -EINVAL or -ENOMEM. */
int revision_read_lists(json_t *list, struct revision *rev, struct diags *diags);
int revision_read_permits(json_t *list, struct revision *rev, struct diags *diags);

#endif
