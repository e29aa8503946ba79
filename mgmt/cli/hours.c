/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/hours.h"

#include <stdio.h>
#include <string.h>

#include "lib/attr.h"
#include "mgmt/cli/show.h"

#define DAYS 7

static const char *const names[DAYS] = {
	"mon", "tue", "wed", "thu", "fri", "sat", "sun"
};

/* The day that stands at *at, which moves past it; -1 for none. */
static int take_day(const char **at)
{
	for (int i = 0; i < DAYS; i++) {
		if (strncmp(*at, names[i], 3) == 0) {
			*at += 3;
			return i;
		}
	}
	return -1;
}

/* Days and ranges of days up to a blank, which *at moves past. A bit a day; 0: wrong. */
static unsigned take_days(const char **at)
{
	unsigned days = 0;

	for (;;) {
		int first = take_day(at), last = first;

		if (first >= 0 && **at == '-') {
			(*at)++;
			last = take_day(at);
		}
		if (first < 0 || last < first)
			return 0;
		for (int i = first; i <= last; i++)
			days |= 1u << i;
		if (**at != ',')
			break;
		(*at)++;
	}
	if (**at != ' ')
		return 0;
	*at += strspn(*at, " ");
	return days;
}

json_t *hours_parse(const char *text)
{
	unsigned days = take_days(&text);
	const char *dash = strchr(text, '-');
	json_t *list;

	if (days == 0 || dash == NULL)
		return NULL;
	list = json_array();
	for (int i = 0; i < DAYS; i++) {
		if ((days & 1u << i) != 0)
			(void)json_array_append_new(list, json_string(names[i]));
	}
	return json_pack("{s:o, s:s#, s:s}", "days", list, "from", text,
			 (int)(dash - text), "to", dash + 1);
}

void hours_print(const json_t *span, char dst[HOURS_TEXT_MAX])
{
	const json_t *days = json_object_get(span, "days");
	size_t used = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < json_array_size(days) && used < HOURS_TEXT_MAX; i++) {
		const char *day = json_string_value(json_array_get(days, i));

		used += (size_t)snprintf(dst + used, HOURS_TEXT_MAX - used, "%s%.3s",
					 i != 0 ? "," : "", day != NULL ? day : "?");
	}
	if (used < HOURS_TEXT_MAX)
		(void)snprintf(dst + used, HOURS_TEXT_MAX - used, " %s-%s",
			       show_string(span, "from"), show_string(span, "to"));
}
