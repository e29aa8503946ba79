/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

static void add_number(struct table *t, long long n, const char *unit)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%lld%s", n, unit);
	table_add(t, text);
}

static void add_connection(struct table *t, const json_t *one)
{
	const char *who = show_string(one, "user");
	char to[320];

	show_cell(t, one, "id");
	show_cell_time(t, one, "opened");
	show_cell(t, one, "src");
	table_add(t, who[0] != '\0' ? who : show_string(one, "device"));
	(void)snprintf(to, sizeof(to), "%s:%lld", show_string(one, "host"),
		       show_number(one, "dst_port"));
	table_add(t, to);
	show_cell(t, one, "state");
	add_number(t, show_number(one, "bytes_up"), "");
	add_number(t, show_number(one, "bytes_down"), "");
	add_number(t, show_number(one, "idle_ms") / 1000, "s");
	show_cell(t, one, "rule");
}

int cmd_proxy_connections(const struct cli *c)
{
	static const char *const heads[] = { "ID",    "OPENED", "FROM", "USER",
					     "TO",    "STATE",  "UP",   "DOWN",
					     "QUIET", "RULE",   NULL };
	const char *after = args_value(&c->args, "after");
	const char *limit = args_value(&c->args, "limit");
	CLEANUP(ask_free) json_t *answer = NULL;
	uint64_t from = 0, count = 1000;
	const json_t *one;
	struct table t;
	size_t i;
	int r;

	if ((after != NULL && str_to_uint(after, 0, INT64_MAX, &from) < 0) ||
	    (limit != NULL && str_to_uint(limit, 1, 1000, &count) < 0)) {
		out_complain("--after takes an id, --limit a number up to 1000");
		return CLI_MISUSE;
	}
	answer = ask_get(c, "/api/proxy/connections?after=%" PRIu64 "&limit=%" PRIu64,
			 from, count);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	t = show_table(c, heads);
	json_array_foreach(json_object_get(answer, "connections"), i, one)
		add_connection(&t, one);
	r = show_end(&t);
	if (json_is_true(json_object_get(answer, "more")))
		say_problem(c, TEXT_MORE, "");
	return r;
}

int cmd_proxy_cut(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	uint64_t id;

	if (str_to_uint(c->args.word[0], 1, INT64_MAX, &id) < 0) {
		out_complain("'%s' is not a connection's id", c->args.word[0]);
		return CLI_MISUSE;
	}
	answer = ask_post(c, json_pack("{s:s}", "reason", args_value(&c->args, "reason")),
			  "/api/proxy/connections/%" PRIu64 "/cut", id);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_CUT, say_number(show_number(answer, "cut")).text);
	return CLI_DONE;
}
