/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/mem.h"
#include "lib/reason.h"
#include "lib/record.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define QUERY_MAX   4096
#define REASON_LAST 255
#define TAIL_ROWS   20
#define FOLLOW_ROWS 1000
#define FOLLOW_S    1
#define KINDS_MAX   32 /* bits of a query's kinds */

/* Options that go to the server as they are, which checks them. */
static const char *const filters[] = { "from",   "to",    "mac",  "address", "zone",
				       "device", "user",  "rule", "host",    "text",
				       "after",  "order", "limit" };

static int add_filter(char query[QUERY_MAX], const char *key, const char *value)
{
	CLEANUP(free_p) char *escaped = client_escape(value);
	size_t used = strlen(query);

	if (escaped == NULL ||
	    snprintf(query + used, QUERY_MAX - used, "%s%s=%s", used != 0 ? "&" : "?",
		     key, escaped) >= (int)(QUERY_MAX - used)) {
		out_complain("the question is too long");
		return CLI_MISUSE;
	}
	return CLI_DONE;
}

/* The server takes numbers; people know names. */
static int add_reason(char query[QUERY_MAX], const char *text)
{
	uint64_t number = 0;
	char digits[16];

	if (str_to_uint(text, 1, UINT16_MAX, &number) < 0) {
		for (number = 1; number <= REASON_LAST; number++) {
			if (strcmp(reason_name(reason_of((uint16_t)number)), text) == 0 &&
			    strcmp(text, "unknown") != 0)
				break;
		}
		if (number > REASON_LAST) {
			out_complain("there is no reason '%s'", text);
			return CLI_MISUSE;
		}
	}
	(void)snprintf(digits, sizeof(digits), "%" PRIu64, number);
	return add_filter(query, "reason", digits);
}

static int make_query(const struct args *a, char query[QUERY_MAX])
{
	const char *value;
	int r = CLI_DONE;

	query[0] = '\0';
	for (size_t i = 0; r == CLI_DONE && i < ARRAY_LEN(filters); i++) {
		value = args_value(a, filters[i]);
		if (value != NULL)
			r = add_filter(query, filters[i], value);
	}
	for (size_t i = 0; r == CLI_DONE && (value = args_nth(a, "kind", i)) != NULL; i++)
		r = add_filter(query, "kind", value);
	value = args_value(a, "reason");
	return r == CLI_DONE && value != NULL ? add_reason(query, value) : r;
}

static struct table record_table(const struct cli *c, bool with_head)
{
	static const char *const heads[] = { "TIME", "KIND", "REASON", "FROM", "TO",
					     "USER", "RULE", "DETAIL", NULL };
	struct table t = { 0 };

	if (with_head)
		return show_table(c, heads);
	t.columns = ARRAY_LEN(heads) - 1;
	return t;
}

/* "host:port", with what there is. */
static void add_end(struct table *t, const json_t *rec, const char *name,
		    const char *addr, const char *port)
{
	const char *who = show_string(rec, name);
	char text[320];

	if (who[0] == '\0')
		who = show_string(rec, addr);
	if (show_number(rec, port) != 0)
		(void)snprintf(text, sizeof(text), "%s:%lld", who,
			       show_number(rec, port));
	else
		(void)snprintf(text, sizeof(text), "%s", who);
	table_add(t, text);
}

static void add_record(struct table *t, const json_t *rec)
{
	const char *from = show_string(rec, "src");

	show_cell_time(t, rec, "time");
	show_cell(t, rec, "kind");
	show_cell(t, rec, "reason_name");
	table_add(t, from[0] != '\0' ? from : show_string(rec, "mac"));
	add_end(t, rec, "host", "dst", "dst_port");
	show_cell(t, rec, "user");
	show_cell(t, rec, "rule");
	show_cell(t, rec, "detail");
}

/* Whoever takes an answer for all there is must hear when it is not. */
static void say_behind(const struct cli *c, const json_t *answer)
{
	const json_t *behind = json_object_get(answer, "behind");
	char until[SHOW_TIME_MAX];

	if (!json_is_object(behind))
		return;
	if (!json_is_string(json_object_get(behind, "until"))) {
		say_problem(c, TEXT_BEHIND_UNKNOWN, "");
		return;
	}
	show_time(show_string(behind, "until"), until);
	say_problem(c, TEXT_BEHIND, until);
}

int cmd_record_search(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	char query[QUERY_MAX];
	const json_t *rec;
	struct table t;
	size_t i;
	int r = make_query(&c->args, query);

	if (r != CLI_DONE)
		return r;
	answer = ask_get(c, "/api/records%s", query);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	t = record_table(c, true);
	json_array_foreach(json_object_get(answer, "records"), i, rec)
		add_record(&t, rec);
	r = show_end(&t);
	if (json_is_true(json_object_get(answer, "more")))
		say_problem(c, TEXT_MORE, "");
	say_behind(c, answer);
	return r;
}

/* One line a record, oldest first; *last becomes the greatest id. */
static int print_tail(const struct cli *c, const json_t *answer, bool newest_first,
		      bool with_head, long long *last)
{
	const json_t *list = json_object_get(answer, "records");
	struct table t = record_table(c, with_head);
	size_t count = json_array_size(list);
	int r = CLI_DONE;

	for (size_t i = 0; i < count; i++) {
		const json_t *rec =
			json_array_get(list, newest_first ? count - 1 - i : i);

		*last = show_number(rec, "id");
		if (c->json)
			r = show_json(rec);
		else
			add_record(&t, rec);
	}
	if (!c->json)
		r = show_end(&t);
	(void)fflush(stdout);
	return r;
}

/* Following is itself reading, which is recorded: reads are left out, or it never ends. */
static int make_follow_query(char query[QUERY_MAX])
{
	int r = CLI_DONE;

	(void)snprintf(query, QUERY_MAX, "?order=oldest&limit=%d", FOLLOW_ROWS);
	for (uint16_t kind = 1; r == CLI_DONE && kind < KINDS_MAX; kind++) {
		const char *name = record_kind_name(kind);

		if (kind != RECORD_READ && strcmp(name, "unknown") != 0)
			r = add_filter(query, "kind", name);
	}
	return r;
}

static int follow(const struct cli *c, long long last)
{
	const struct timespec pause = { .tv_sec = FOLLOW_S };
	char query[QUERY_MAX];

	if (make_follow_query(query) != CLI_DONE)
		return CLI_FAILED;
	for (;;) {
		CLEANUP(ask_free) json_t *answer = NULL;

		(void)nanosleep(&pause, NULL);
		answer = ask_get(c, "/api/records%s&after=%lld", query, last);
		if (answer == NULL ||
		    print_tail(c, answer, false, false, &last) != CLI_DONE ||
		    ferror(stdout) != 0)
			return CLI_FAILED;
	}
}

int cmd_record_tail(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	long long last = 0;
	int r;

	answer = ask_get(c, "/api/records?order=newest&limit=%d", TAIL_ROWS);
	if (answer == NULL)
		return CLI_FAILED;
	r = print_tail(c, answer, true, true, &last);
	say_behind(c, answer);
	return r == CLI_DONE && args_has(&c->args, "f") ? follow(c, last) : r;
}

int cmd_record_verify(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = ask_get(c, "/api/records/verify");
	struct say_number checked;
	int r = CLI_DONE;
	bool ok, detailed;

	if (answer == NULL)
		return CLI_FAILED;
	ok = json_is_true(json_object_get(answer, "ok"));
	detailed = show_string(answer, "detail")[0] != '\0';
	checked = say_number(show_number(answer, "checked"));
	if (c->json)
		r = show_json(answer);
	else if (ok)
		say(c, TEXT_CHAIN_WHOLE, checked.text, show_string(answer, "head"));
	else
		say_problem(c, TEXT_CHAIN_BROKEN, checked.text,
			    show_string(answer, detailed ? "detail" : "text"));
	return r == CLI_DONE && ok ? CLI_DONE : CLI_FAILED;
}
