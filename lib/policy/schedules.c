/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/sections.h"
#include "lib/policy/text.h"
#include "lib/str.h"

#define SPAN_TEXT_MAX 24 /* "mon-fri 08:30-17:15" */
#define FORM          "'mon-fri 08:30-17:15' or 'sat 09:00-12:00'"

/* The text up to the separator, which *at is then behind; the rest when there is none. */
static const char *cut(char **at, char separator)
{
	char *word = *at, *end = strchr(word, separator);

	if (end != NULL)
		*end++ = '\0';
	*at = end != NULL ? end : word + strlen(word);
	return word;
}

/* "mon" or "mon-fri" as bits; 0 when it is neither. */
static uint8_t days_of(char *text)
{
	unsigned first, last, bits = 0;
	bool range = strchr(text, '-') != NULL;
	char *rest = text;
	const char *from = cut(&rest, '-');

	if (allow_schedule_day(from, &first) < 0)
		return 0;
	last = first;
	if (range && allow_schedule_day(rest, &last) < 0)
		return 0;
	for (unsigned day = first; day <= last; day++)
		bits |= 1u << day;
	return (uint8_t)bits;
}

static bool parse_span(const char *text, struct allow_span *ret_span)
{
	struct allow_span s = { 0 };
	char copy[SPAN_TEXT_MAX], *rest = copy, *clock;

	if (str_copy(copy, sizeof(copy), text) < 0)
		return false;
	(void)cut(&rest, ' ');
	s.days = days_of(copy);
	clock = rest;
	(void)cut(&rest, '-');
	if (s.days == 0 || allow_schedule_clock(clock, &s.from) < 0 ||
	    allow_schedule_clock(rest, &s.to) < 0 || s.from >= s.to)
		return false;
	*ret_span = s;
	return true;
}

static int read_hours(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_schedule *s = object;

	if (!reader_is_list(r, n, "hours", ALLOW_SPANS_MAX))
		return 0;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		if (!reader_is_text(r, c, "an entry of hours"))
			continue;
		if (parse_span(c->text, &s->hours.span[s->hours.span_count]))
			s->hours.span_count++;
		else
			diag_add(r->diags, c->at,
				 "'%s' are not hours of a week; accepted: " FORM
				 ", the earlier one first",
				 text_shown(c->text).s);
	}
	return 0;
}

static int read_holidays(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_schedule *s = object;

	if (!reader_is_list(r, n, "holidays", ALLOW_HOLIDAYS_MAX))
		return 0;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		int32_t day;

		if (!reader_is_text(r, c, "a holiday"))
			continue;
		if (allow_schedule_date(c->text, &day) < 0 ||
		    allow_schedule_add_holiday(&s->hours, day) < 0)
			diag_add(r->diags, c->at,
				 "a holiday is a date as YYYY-MM-DD that the calendar "
				 "has, found '%s'",
				 text_shown(c->text).s);
	}
	return 0;
}

static int read_schedule(struct reader *r, const struct yaml_node *n)
{
	static const struct reader_key keys[] = {
		{ "hours", true, read_hours },
		{ "holidays", false, read_holidays },
	};
	struct policy_schedule *s = &r->p->schedule[r->p->schedule_count++];
	char what[READER_WHAT_MAX];

	s->at = n->key_at;
	(void)reader_name(r, n->key_at, n->key, "schedule", s->name);
	(void)snprintf(what, sizeof(what), "schedule '%s'", s->name);
	s->hours.offset_s = r->p->offset_s;
	return reader_mapping(r, n, what, keys, ARRAY_LEN(keys), s);
}

int schedules_read(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	if (!reader_is_mapping(r, n, "schedules", POLICY_SCHEDULES_MAX) ||
	    !reader_offset(r, n))
		return 0;
	r->p->schedule = calloc(n->count, sizeof(*r->p->schedule));
	if (r->p->schedule == NULL)
		return -ENOMEM;
	for (const struct yaml_node *c = n->first; c != NULL; c = c->next) {
		int e = read_schedule(r, c);

		if (e < 0)
			return e;
	}
	return 0;
}
