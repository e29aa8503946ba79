/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/revision_json.h"

#include <string.h>

#include "lib/str.h"

static const struct place whole = { 0 };

bool revision_only_keys(json_t *obj, const char *what, const char *const *keys,
			struct diags *diags)
{
	const char *key;
	json_t *value;

	if (!json_is_object(obj)) {
		diag_add(diags, whole, "%s must be an object", what);
		return false;
	}
	json_object_foreach(obj, key, value)
	{
		size_t i = 0;

		while (keys[i] != NULL && strcmp(keys[i], key) != 0)
			i++;
		if (keys[i] == NULL) {
			diag_add(diags, whole, "%s has an unknown key '%s'", what, key);
			return false;
		}
	}
	return true;
}

bool revision_get_text(json_t *obj, const char *key, char *dst, size_t size,
		       struct diags *diags)
{
	const char *s = json_string_value(json_object_get(obj, key));

	if (s != NULL && str_is_printable_utf8(s) && str_copy(dst, size, s) == 0)
		return true;
	diag_add(diags, whole, "'%s' must be a text of at most %zu bytes", key, size - 1);
	return false;
}

bool revision_get_int(json_t *obj, const char *key, int64_t min, int64_t max,
		      bool optional, int64_t *ret_value, struct diags *diags)
{
	json_t *v = json_object_get(obj, key);

	if (v == NULL && optional) {
		*ret_value = min;
		return true;
	}
	if (json_is_integer(v) && json_integer_value(v) >= min &&
	    json_integer_value(v) <= max) {
		*ret_value = json_integer_value(v);
		return true;
	}
	diag_add(diags, whole, "'%s' must be a number between %lld and %lld", key,
		 (long long)min, (long long)max);
	return false;
}

json_t *revision_get_list(json_t *obj, const char *key, size_t max, struct diags *diags)
{
	json_t *v = json_object_get(obj, key);

	if (json_is_array(v) && json_array_size(v) <= max)
		return v;
	diag_add(diags, whole, "'%s' must be a list of at most %zu", key, max);
	return NULL;
}

bool revision_get_zone(const struct policy *p, json_t *value, size_t *ret_zone,
		       struct diags *diags)
{
	const char *name = json_string_value(value);

	*ret_zone = name != NULL ? policy_zone_by_name(p, name) : POLICY_NONE;
	if (*ret_zone != POLICY_NONE)
		return true;
	diag_add(diags, whole, "zone '%s' is not in the policy",
		 name != NULL ? name : "?");
	return false;
}

bool revision_get_id(json_t *obj, const char *key, char kind, char dst[ID_TEXT_MAX],
		     struct diags *diags)
{
	const char *s = json_string_value(json_object_get(obj, key));

	if (s != NULL && id_is(kind, s)) {
		memcpy(dst, s, ID_TEXT_MAX);
		return true;
	}
	diag_add(diags, whole, "'%s' must be an id that begins with '%c'", key, kind);
	return false;
}

bool revision_get_pattern(json_t *value, char dst[HOST_PATTERN_MAX + 1],
			  struct diags *diags)
{
	const char *s = json_string_value(value);
	char normal[HOST_PATTERN_MAX + 1];

	if (s != NULL && host_pattern_normalise(s, normal) == 0 &&
	    strcmp(s, normal) == 0) {
		memcpy(dst, normal, sizeof(normal));
		return true;
	}
	diag_add(diags, whole, "'%s' is no host name or pattern in normal form",
		 s != NULL ? s : "?");
	return false;
}
