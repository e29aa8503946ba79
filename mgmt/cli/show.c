/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/cli/show.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/str.h"
#include "mgmt/cli/msg.h"
#include "mgmt/cli/out.h"

#define JOINED_MAX 1024

const char *show_string(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

long long show_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

void show_time(const char *rfc3339, char dst[SHOW_TIME_MAX])
{
	struct tm utc = { 0 }, local;
	const char *end = strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &utc);
	time_t s;

	if (end == NULL || strchr(end, 'Z') == NULL) {
		(void)str_copy(dst, SHOW_TIME_MAX, rfc3339);
		return;
	}
	s = timegm(&utc);
	if (localtime_r(&s, &local) == NULL ||
	    strftime(dst, SHOW_TIME_MAX, "%Y-%m-%d %H:%M:%S", &local) == 0)
		(void)str_copy(dst, SHOW_TIME_MAX, rfc3339);
}

struct table show_table(const struct cli *c, const char *const *heads)
{
	struct table t = { 0 };

	while (heads[t.columns] != NULL && t.columns < TABLE_COLUMNS_MAX)
		t.columns++;
	for (size_t i = 0; i < t.columns; i++)
		table_add(&t, msg_head(c->lang, heads[i]));
	return t;
}

/* Text of one value; dst is used for numbers. */
static const char *scalar(const json_t *value, char dst[32])
{
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	if (!json_is_integer(value))
		return "";
	(void)snprintf(dst, 32, "%lld", (long long)json_integer_value(value));
	return dst;
}

static void add_value(struct table *t, const json_t *value)
{
	char joined[JOINED_MAX] = "", number[32];

	if (!json_is_array(value)) {
		table_add(t, scalar(value, number));
		return;
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		size_t used = strlen(joined);

		(void)snprintf(joined + used, sizeof(joined) - used, "%s%s",
			       i != 0 ? "," : "",
			       scalar(json_array_get(value, i), number));
	}
	table_add(t, joined);
}

void show_cell(struct table *t, const json_t *object, const char *key)
{
	add_value(t, json_object_get(object, key));
}

void show_cells(struct table *t, const json_t *object, const char *keys)
{
	while (*keys != '\0') {
		size_t len = strcspn(keys, " ");

		add_value(t, json_object_getn(object, keys, len));
		keys += len;
		keys += strspn(keys, " ");
	}
}

void show_cell_time(struct table *t, const json_t *object, const char *key)
{
	char text[SHOW_TIME_MAX];

	show_time(show_string(object, key), text);
	table_add(t, text);
}

int show_end(struct table *t)
{
	if (table_print(t, stdout) == 0)
		return CLI_DONE;
	out_complain("out of memory");
	return CLI_FAILED;
}

int show_list(const struct cli *c, const json_t *answer, const char *key,
	      const char *const *heads, show_row_fn *row)
{
	const json_t *one;
	struct table t;
	size_t i;

	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	t = show_table(c, heads);
	json_array_foreach(json_object_get(answer, key), i, one) row(c, &t, one);
	return show_end(&t);
}

int show_json(const json_t *answer)
{
	if (out_json(stdout, answer) == 0)
		return CLI_DONE;
	out_complain("out of memory");
	return CLI_FAILED;
}
