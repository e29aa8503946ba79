/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/input_list.h"

#include <errno.h>
#include <string.h>

#include "lib/allow/list.h"
#include "lib/str.h"
#include "mgmt/mgmtd/input_read.h"

#define ZONE_DEFAULT "Asia/Tokyo"

static bool has_name(const json_t *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(json_string_value(json_array_get(list, i)), name) == 0)
			return true;
	}
	return false;
}

/* A group's or user's name: one printable line without commas, which join names. */
static bool member_ok(const char *name)
{
	return name[0] != '\0' && name[0] != ' ' && strlen(name) <= INPUT_MEMBER_MAX &&
	       str_is_printable_utf8(name) && strchr(name, ',') == NULL;
}

static int check_names(const json_t *list, const char *key, size_t max,
		       struct input_error *e)
{
	if (!json_is_array(list))
		return input_refuse(e, MSG_WRONG_TYPE, key);
	if (json_array_size(list) > max)
		return input_refuse(e, MSG_TOO_MANY, key);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (name == NULL)
			return input_refuse(e, MSG_WRONG_TYPE, key);
		if (!member_ok(name) || has_name(list, i, name))
			return input_refuse(e, MSG_BAD_NAME, name);
	}
	return 0;
}

static int check_zones(const json_t *list, const struct policy *policy,
		       struct input_error *e)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		size_t zone = policy_zone_by_name(policy, name);

		if (zone == POLICY_NONE)
			return input_refuse(e, MSG_BAD_ZONE, name);
		if (!policy_serves(policy, zone))
			return input_refuse(e, MSG_NOT_PROXY_ZONE, name);
	}
	return 0;
}

/* The array under key takes the place of *slot. */
static int get_names(const json_t *body, const char *key, size_t max, json_t **slot,
		     struct input_error *e)
{
	json_t *list = json_object_get(body, key);

	if (list == NULL)
		return 0;
	if (check_names(list, key, max, e) < 0)
		return -EINVAL;
	json_decref(*slot);
	*slot = json_incref(list);
	return 0;
}

static int check_span(const json_t *span, struct input_error *e)
{
	static const char *const keys[] = { "days", "from", "to", NULL };
	const json_t *days = json_object_get(span, "days");
	const char *from, *to;
	uint16_t begin, end;
	unsigned day;

	if (input_keys(span, keys, e) < 0 || input_string(span, "from", &from, e) < 0 ||
	    input_string(span, "to", &to, e) < 0)
		return -EINVAL;
	if (!json_is_array(days) || json_array_size(days) == 0)
		return input_refuse(e, MSG_BAD_SCHEDULE, "days");
	for (size_t i = 0; i < json_array_size(days); i++) {
		const char *text = json_string_value(json_array_get(days, i));

		if (text == NULL || allow_schedule_day(text, &day) < 0 ||
		    has_name(days, i, text))
			return input_refuse(e, MSG_BAD_SCHEDULE,
					    text != NULL ? text : "days");
	}
	if (allow_schedule_clock(from, &begin) < 0)
		return input_refuse(e, MSG_BAD_SCHEDULE, from);
	if (allow_schedule_clock(to, &end) < 0 || end <= begin)
		return input_refuse(e, MSG_BAD_SCHEDULE, to);
	return 0;
}

static int check_weekly(const json_t *list, struct input_error *e)
{
	if (!json_is_array(list) || json_array_size(list) == 0)
		return input_refuse(e, MSG_BAD_SCHEDULE, "weekly");
	if (json_array_size(list) > ALLOW_SPANS_MAX)
		return input_refuse(e, MSG_TOO_MANY, "weekly");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (check_span(json_array_get(list, i), e) < 0)
			return -EINVAL;
	}
	return 0;
}

static int check_holidays(const json_t *list, struct input_error *e)
{
	int32_t day;

	if (!json_is_array(list))
		return input_refuse(e, MSG_BAD_SCHEDULE, "holidays");
	if (json_array_size(list) > ALLOW_HOLIDAYS_MAX)
		return input_refuse(e, MSG_TOO_MANY, "holidays");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL || allow_schedule_date(text, &day) < 0 ||
		    has_name(list, i, text))
			return input_refuse(e, MSG_BAD_SCHEDULE,
					    text != NULL ? text : "holidays");
	}
	return 0;
}

/* Its full form in place of *slot: with time zone and holidays, given or not. */
static int get_schedule(const json_t *body, json_t **slot, struct input_error *e)
{
	static const char *const keys[] = { "timezone", "weekly", "holidays", NULL };
	json_t *v = json_object_get(body, "schedule"), *full;
	json_t *holidays = json_object_get(v, "holidays");
	const char *zone = ZONE_DEFAULT;
	int32_t offset;

	if (v == NULL)
		return 0;
	if (json_is_null(v)) {
		json_decref(*slot);
		*slot = json_null();
		return 0;
	}
	if (input_keys(v, keys, e) < 0 ||
	    (input_has(v, "timezone") && input_string(v, "timezone", &zone, e) < 0) ||
	    check_weekly(json_object_get(v, "weekly"), e) < 0 ||
	    (holidays != NULL && check_holidays(holidays, e) < 0))
		return -EINVAL;
	if (allow_schedule_zone(zone, &offset) < 0)
		return input_refuse(e, MSG_BAD_SCHEDULE, zone);
	full = json_pack("{s:s, s:O, s:o}", "timezone", zone, "weekly",
			 json_object_get(v, "weekly"), "holidays",
			 holidays != NULL ? json_incref(holidays) : json_array());
	if (full == NULL)
		return -ENOMEM;
	json_decref(*slot);
	*slot = full;
	return 0;
}

static int get_mode(const json_t *body, struct input_list *in, struct input_error *e)
{
	const char *mode;

	if (!input_has(body, "mode"))
		return 0;
	if (input_string(body, "mode", &mode, e) < 0)
		return -EINVAL;
	if (strcmp(mode, "enforce") != 0 && strcmp(mode, "observe") != 0)
		return input_refuse(e, MSG_BAD_MODE, mode);
	return str_copy(in->mode, sizeof(in->mode), mode);
}

int input_list(const json_t *body, const struct policy *policy, struct input_list *ret,
	       struct input_error *e)
{
	static const char *const keys[] = { "name",  "mode",     "zones",  "groups",
					    "users", "schedule", "reason", NULL };

	if (input_keys(body, keys, e) < 0 ||
	    ((json_object_get(body, "name") != NULL || ret->name[0] == '\0') &&
	     input_line(body, "name", ret->name, sizeof(ret->name), e) < 0) ||
	    get_mode(body, ret, e) < 0 ||
	    get_names(body, "zones", POLICY_ZONES_MAX, &ret->zones, e) < 0 ||
	    get_names(body, "groups", ALLOW_LIST_GROUPS_MAX, &ret->groups, e) < 0 ||
	    get_names(body, "users", INPUT_MEMBERS_MAX, &ret->users, e) < 0 ||
	    check_zones(ret->zones, policy, e) < 0 ||
	    input_line(body, "reason", ret->reason, sizeof(ret->reason), e) < 0)
		return -EINVAL;
	/* an id may stand where a name may, so a name must not look like one */
	if (id_is('l', ret->name) || strcmp(ret->name, ALLOW_LIST_DEFAULT) == 0)
		return input_refuse(e, MSG_BAD_NAME, ret->name);
	return get_schedule(body, &ret->schedule, e);
}

void input_list_clear(struct input_list *in)
{
	json_decref(in->zones);
	json_decref(in->groups);
	json_decref(in->users);
	json_decref(in->schedule);
	*in = (struct input_list){ 0 };
}

int input_version(const json_t *body, char ret_version[ID_TEXT_MAX],
		  struct input_error *e)
{
	static const char *const keys[] = { "request", NULL };

	if (input_keys(body, keys, e) < 0)
		return -EINVAL;
	return input_line(body, "request", ret_version, ID_TEXT_MAX, e);
}

int input_group(const json_t *body, struct input_group *ret, struct input_error *e)
{
	static const char *const keys[] = { "group", "reason", NULL };
	struct input_group in = { 0 };
	const char *group;

	if (input_keys(body, keys, e) < 0 || input_string(body, "group", &group, e) < 0 ||
	    input_line(body, "reason", in.reason, sizeof(in.reason), e) < 0)
		return -EINVAL;
	if (group[0] != '\0' && !member_ok(group))
		return input_refuse(e, MSG_BAD_NAME, group);
	(void)str_copy(in.group, sizeof(in.group), group);
	*ret = in;
	return 0;
}
