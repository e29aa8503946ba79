/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists of a revision (see revision.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/revision_json.h"
#include "lib/str.h"

_Static_assert(POLICY_ZONES_MAX <= 64, "a list's zones are bits of 64");

static const struct place whole = { 0 };

static int read_zones(const struct policy *p, json_t *obj, struct allow_list *l,
		      struct diags *diags)
{
	json_t *zones = revision_get_list(obj, "zones", POLICY_ZONES_MAX, diags);
	size_t zone;

	if (zones == NULL)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(zones); i++) {
		if (!revision_get_zone(p, json_array_get(zones, i), &zone, diags))
			return -EINVAL;
		l->zones |= UINT64_C(1) << zone;
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* Names of groups or users. What was read belongs to the list, also on failure. */
static int read_members(json_t *obj, const char *key, size_t max, char ***ret_member,
			size_t *ret_count, struct diags *diags)
{
	json_t *list = revision_get_list(obj, key, max, diags);
	size_t count = json_array_size(list);

	if (list == NULL || count == 0)
		return list == NULL ? -EINVAL : 0;
	*ret_member = calloc(count, sizeof(**ret_member));
	if (*ret_member == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *s = json_string_value(json_array_get(list, i));

		if (s == NULL || s[0] == '\0' || strlen(s) > ALLOW_MEMBER_MAX ||
		    !str_is_printable_utf8(s)) {
			diag_add(diags, whole, "'%s': a name has 1 to %d bytes", key,
				 ALLOW_MEMBER_MAX);
			return -EINVAL;
		}
		(*ret_member)[i] = strdup(s);
		if ((*ret_member)[i] == NULL)
			return -ENOMEM;
		++*ret_count;
	}
	qsort(*ret_member, count, sizeof(**ret_member), by_text);
	return 0;
}

static int read_days(json_t *obj, struct allow_span *span, struct diags *diags)
{
	json_t *days = revision_get_list(obj, "days", 7, diags);
	unsigned day;

	if (days == NULL)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(days); i++) {
		const char *s = json_string_value(json_array_get(days, i));

		if (s == NULL || allow_schedule_day(s, &day) < 0) {
			diag_add(diags, whole,
				 "a day is mon, tue, wed, thu, fri, sat or "
				 "sun");
			return -EINVAL;
		}
		span->days |= (uint8_t)(1u << day);
	}
	return 0;
}

static int read_span(json_t *obj, struct allow_span *span, struct diags *diags)
{
	static const char *const keys[] = { "days", "from", "to", NULL };
	char from[8], to[8];
	int r;

	if (!revision_only_keys(obj, "a line of 'weekly'", keys, diags) ||
	    !revision_get_text(obj, "from", from, sizeof(from), diags) ||
	    !revision_get_text(obj, "to", to, sizeof(to), diags))
		return -EINVAL;
	r = read_days(obj, span, diags);
	if (r < 0)
		return r;
	if (allow_schedule_clock(from, &span->from) < 0 ||
	    allow_schedule_clock(to, &span->to) < 0 || span->from >= span->to) {
		diag_add(diags, whole,
			 "'%s' to '%s': times are 00:00 to 24:00 of one day, the earlier "
			 "first",
			 from, to);
		return -EINVAL;
	}
	return 0;
}

static int read_holidays(json_t *obj, struct allow_schedule *s, struct diags *diags)
{
	json_t *list = revision_get_list(obj, "holidays", ALLOW_HOLIDAYS_MAX, diags);
	int32_t day;

	if (list == NULL)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL || allow_schedule_date(text, &day) < 0 ||
		    allow_schedule_add_holiday(s, day) < 0) {
			diag_add(diags, whole, "a holiday is a date like 2026-11-23");
			return -EINVAL;
		}
	}
	return 0;
}

static int fill_schedule(json_t *obj, struct allow_schedule *s, struct diags *diags)
{
	static const char *const keys[] = { "timezone", "weekly", "holidays", NULL };
	char zone[32];
	json_t *weekly;

	if (!revision_only_keys(obj, "'schedule'", keys, diags) ||
	    !revision_get_text(obj, "timezone", zone, sizeof(zone), diags) ||
	    (weekly = revision_get_list(obj, "weekly", ALLOW_SPANS_MAX, diags)) == NULL)
		return -EINVAL;
	if (allow_schedule_zone(zone, &s->offset_s) < 0) {
		diag_add(diags, whole,
			 "time zone '%s' is not known; use Asia/Tokyo, UTC, or an offset "
			 "like +09:00",
			 zone);
		return -EINVAL;
	}
	for (size_t i = 0; i < json_array_size(weekly); i++) {
		int r = read_span(json_array_get(weekly, i), &s->span[s->span_count++],
				  diags);

		if (r < 0)
			return r;
	}
	return read_holidays(obj, s, diags);
}

static int read_schedule(json_t *value, struct allow_list *l, struct diags *diags)
{
	if (json_is_null(value))
		return 0;
	l->schedule = calloc(1, sizeof(*l->schedule));
	return l->schedule != NULL ? fill_schedule(value, l->schedule, diags) : -ENOMEM;
}

static bool read_head(json_t *obj, struct allow_list *l, struct diags *diags)
{
	static const char *const keys[] = { "id",     "name",  "mode",     "zones",
					    "groups", "users", "schedule", NULL };
	char mode[16];

	if (!revision_only_keys(obj, "a list", keys, diags) ||
	    !revision_get_text(obj, "id", l->id, sizeof(l->id), diags) ||
	    !revision_get_text(obj, "name", l->name, sizeof(l->name), diags) ||
	    !revision_get_text(obj, "mode", mode, sizeof(mode), diags))
		return false;
	l->observe = strcmp(mode, "observe") == 0;
	if (!allow_list_id_is_valid(l->id))
		diag_add(diags, whole, "'%s' is no list's id", l->id);
	else if (!l->observe && strcmp(mode, "enforce") != 0)
		diag_add(diags, whole, "list %s: the mode is enforce or observe", l->id);
	else
		return true;
	return false;
}

static int read_list(const struct policy *p, json_t *obj, struct allow_list *l,
		     struct diags *diags)
{
	int r;

	if (!read_head(obj, l, diags))
		return -EINVAL;
	if ((r = read_zones(p, obj, l, diags)) < 0 ||
	    (r = read_members(obj, "groups", ALLOW_LIST_GROUPS_MAX, &l->group,
			      &l->group_count, diags)) < 0 ||
	    (r = read_members(obj, "users", ALLOW_LIST_USERS_MAX, &l->user,
			      &l->user_count, diags)) < 0)
		return r;
	return read_schedule(json_object_get(obj, "schedule"), l, diags);
}

/* Ids differ, and the default list is there as it must be. */
static int check_lists(const struct revision *rev, struct diags *diags)
{
	const struct allow_list *base = NULL;

	for (size_t i = 0; i < rev->list_count; i++) {
		const struct allow_list *l = &rev->list[i];

		if (strcmp(l->id, ALLOW_LIST_DEFAULT) == 0)
			base = l;
		for (size_t k = 0; k < i; k++) {
			if (strcmp(rev->list[k].id, l->id) == 0) {
				diag_add(diags, whole, "list %s stands twice", l->id);
				return -EINVAL;
			}
		}
	}
	if (base != NULL && !base->observe && base->zones == 0 &&
	    base->group_count == 0 && base->user_count == 0 && base->schedule == NULL)
		return 0;
	diag_add(diags, whole,
		 "there must be a list %s that enforces, for all and always",
		 ALLOW_LIST_DEFAULT);
	return -EINVAL;
}

int revision_read_lists(json_t *list, struct revision *rev, struct diags *diags)
{
	rev->list = calloc(json_array_size(list) + 1, sizeof(*rev->list));
	if (rev->list == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(list); i++) {
		int r = read_list(rev->policy, json_array_get(list, i),
				  &rev->list[rev->list_count++], diags);

		if (r < 0)
			return r;
	}
	return check_lists(rev, diags);
}
