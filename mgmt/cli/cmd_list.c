/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/id.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/hours.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define LIST_DEFAULT "ldefault"

static bool is_list_id(const char *text)
{
	return strcmp(text, LIST_DEFAULT) == 0 || id_is('l', text);
}

/* The values of a repeatable option under key; all: the option that empties it. */
static void put_names(const struct args *a, json_t *body, const char *option,
		      const char *key, const char *all)
{
	json_t *list = json_array();
	const char *name;

	for (size_t i = 0; (name = args_nth(a, option, i)) != NULL; i++)
		(void)json_array_append_new(list, json_string(name));
	if (json_array_size(list) != 0 || args_has(a, all))
		(void)json_object_set(body, key, list);
	json_decref(list);
}

/* --hours, --holiday and --timezone. Returns CLI_DONE or CLI_MISUSE. */
static int put_schedule(const struct args *a, json_t *body)
{
	CLEANUP(ask_free) json_t *weekly = json_array();
	CLEANUP(ask_free) json_t *holidays = json_array();
	const char *text, *zone = args_value(a, "timezone");
	json_t *schedule;

	for (size_t i = 0; (text = args_nth(a, "hours", i)) != NULL; i++) {
		json_t *span = hours_parse(text);

		if (span == NULL) {
			out_complain("'%s' is not like \"mon-fri 08:30-17:15\"", text);
			return CLI_MISUSE;
		}
		(void)json_array_append_new(weekly, span);
	}
	for (size_t i = 0; (text = args_nth(a, "holiday", i)) != NULL; i++)
		(void)json_array_append_new(holidays, json_string(text));
	if (json_array_size(weekly) == 0) {
		if (json_array_size(holidays) != 0 || zone != NULL) {
			out_complain("--holiday and --timezone need --hours");
			return CLI_MISUSE;
		}
		if (args_has(a, "always"))
			(void)json_object_set_new(body, "schedule", json_null());
		return CLI_DONE;
	}
	schedule = json_pack("{s:O, s:O}", "weekly", weekly, "holidays", holidays);
	if (zone != NULL)
		(void)json_object_set_new(schedule, "timezone", json_string(zone));
	(void)json_object_set_new(body, "schedule", schedule);
	return CLI_DONE;
}

/* What the options say; NULL after a complaint. */
static json_t *body_of(const struct args *a)
{
	json_t *body = json_pack("{s:s}", "reason", args_value(a, "reason"));

	if (body == NULL) {
		out_complain("a word is not UTF-8, or memory is short");
		return NULL;
	}
	if (args_has(a, "mode"))
		(void)json_object_set_new(body, "mode",
					  json_string(args_value(a, "mode")));
	put_names(a, body, "zone", "zones", "all-zones");
	put_names(a, body, "group", "groups", "all-groups");
	put_names(a, body, "user", "users", "all-users");
	if (put_schedule(a, body) == CLI_DONE)
		return body;
	json_decref(body);
	return NULL;
}

static int report(const struct cli *c, const json_t *list)
{
	bool waits = !json_is_null(json_object_get(list, "request"));

	if (c->json)
		return show_json(list);
	say(c, waits ? TEXT_LIST_REQUESTED : TEXT_LIST_ACTIVE, show_string(list, "id"),
	    show_string(list, "name"));
	return CLI_DONE;
}

/* root on the box is the break-glass door: what it asks for is approved at once */
static int approve(const struct cli *c, const json_t *list)
{
	CLEANUP(ask_free) json_t *approved = NULL;

	if (list == NULL)
		return CLI_FAILED;
	if (geteuid() != 0 || !is_list_id(show_string(list, "id")))
		return report(c, list);
	approved = ask_post(c, json_object(), "/api/lists/%s/approve",
			    show_string(list, "id"));
	return approved != NULL ? report(c, approved) : CLI_FAILED;
}

int cmd_list_add(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	json_t *body = body_of(&c->args);

	if (body == NULL)
		return CLI_MISUSE;
	(void)json_object_set_new(body, "name", json_string(c->args.word[0]));
	answer = ask_post(c, body, "/api/lists");
	return approve(c, answer);
}

/* The id of the list that word names, or "" after a complaint. */
static void find_list(const struct cli *c, const char *word, char id[ID_TEXT_MAX])
{
	CLEANUP(ask_free) json_t *answer = NULL;
	const json_t *list;
	size_t i;

	id[0] = '\0';
	if (is_list_id(word)) {
		(void)str_copy(id, ID_TEXT_MAX, word);
		return;
	}
	answer = ask_get(c, "/api/lists");
	if (answer == NULL)
		return;
	json_array_foreach(json_object_get(answer, "lists"), i, list)
	{
		const char *its = show_string(list, "id");

		if (strcmp(show_string(list, "name"), word) == 0 && is_list_id(its))
			(void)str_copy(id, ID_TEXT_MAX, its);
	}
	if (id[0] == '\0')
		say_problem(c, TEXT_NOT_FOUND, word);
}

int cmd_list_set(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	json_t *body = body_of(&c->args);
	char id[ID_TEXT_MAX];

	if (body == NULL)
		return CLI_MISUSE;
	if (args_has(&c->args, "name"))
		(void)json_object_set_new(body, "name",
					  json_string(args_value(&c->args, "name")));
	find_list(c, c->args.word[0], id);
	if (id[0] == '\0') {
		json_decref(body);
		return CLI_FAILED;
	}
	answer = ask_post(c, body, "/api/lists/%s/change", id);
	return approve(c, answer);
}

int cmd_list_remove(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	char id[ID_TEXT_MAX];

	find_list(c, c->args.word[0], id);
	if (id[0] == '\0')
		return CLI_FAILED;
	answer = ask_post(c, json_pack("{s:s}", "reason", args_value(&c->args, "reason")),
			  "/api/lists/%s/remove", id);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_ENTRY_REMOVED, id);
	return CLI_DONE;
}

static void add_hours(struct table *t, const json_t *list)
{
	const json_t *schedule = json_object_get(list, "schedule"), *span;
	char text[1024] = "", one[HOURS_TEXT_MAX];
	size_t i, used = 0;

	json_array_foreach(json_object_get(schedule, "weekly"), i, span)
	{
		hours_print(span, one);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
					 i != 0 ? "; " : "", one);
		if (used >= sizeof(text))
			break;
	}
	table_add(t, text);
}

static void add_list(const struct cli *c, struct table *t, const json_t *list)
{
	(void)c;
	show_cells(t, list, "id name mode zones groups users");
	add_hours(t, list);
	show_cells(t, list, "entries state");
}

int cmd_list_list(const struct cli *c)
{
	static const char *const heads[] = { "ID",     "NAME",  "MODE",  "ZONES",
					     "GROUPS", "USERS", "HOURS", "ENTRIES",
					     "STATE",  NULL };
	CLEANUP(ask_free) json_t *answer = ask_get(c, "/api/lists");

	return show_list(c, answer, "lists", heads, add_list);
}
