/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define SERVICES_MAX 256

static void add_services(struct table *t, const json_t *flow)
{
	char text[SERVICES_MAX] = "";
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(flow, "services"), i, one)
	{
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%s%s",
			       i != 0 ? "," : "", show_string(one, "name"));
	}
	table_add(t, text);
}

static void add_due(const struct cli *c, struct table *t, const json_t *flow)
{
	bool overdue = json_is_true(json_object_get(flow, "overdue"));
	char text[64];

	(void)snprintf(text, sizeof(text), "%s%s%s", show_string(flow, "due"),
		       overdue ? " " : "", overdue ? msg(c->lang, TEXT_OVERDUE) : "");
	table_add(t, text);
}

static void add_flow(const struct cli *c, struct table *t, const json_t *flow)
{
	char reviewed[SHOW_TIME_MAX];

	show_cells(t, flow, "id from to");
	add_services(t, flow);
	show_cells(t, flow, "partner basis owner");
	add_due(c, t, flow);
	show_time(show_string(json_object_get(flow, "reviewed"), "at"), reviewed);
	if (strlen(reviewed) > strlen("2026-11-21"))
		reviewed[strlen("2026-11-21")] = '\0';
	table_add(t, reviewed);
}

int cmd_flow_list(const struct cli *c)
{
	static const char *const heads[] = { "ID",       "FROM",  "TO",    "SERVICES",
					     "PARTNER",  "BASIS", "OWNER", "DUE",
					     "REVIEWED", NULL };
	CLEANUP(ask_free) json_t *answer = ask_get(c, "/api/flows");

	return show_list(c, answer, "flows", heads, add_flow);
}

int cmd_flow_review(const struct cli *c)
{
	CLEANUP(free_p) char *id = client_escape(c->args.word[0]);
	const char *next = args_value(&c->args, "next");
	CLEANUP(ask_free) json_t *answer = NULL;

	if (id == NULL) {
		out_complain("out of memory");
		return CLI_FAILED;
	}
	answer =
		ask_post(c,
			 json_pack("{s:s, s:s}", "result", args_value(&c->args, "result"),
				   "next", next != NULL ? next : ""),
			 "/api/flows/%s/review", id);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_REVIEWED, show_string(answer, "id"), show_string(answer, "due"));
	return CLI_DONE;
}
