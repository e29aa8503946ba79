/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/host.h"
#include "lib/id.h"
#include "lib/mem.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define QUERY_MAX 4096

/* The --port options as a JSON list, or NULL after a complaint. */
static json_t *ports_of(const struct cli *c)
{
	json_t *list = json_array();
	const char *text;

	for (size_t i = 0; (text = args_nth(&c->args, "port", i)) != NULL; i++) {
		uint64_t port = 0;

		if (str_to_uint(text, 1, 65535, &port) < 0) {
			out_complain("'%s' is not a port (1 to 65535)", text);
			json_decref(list);
			return NULL;
		}
		(void)json_array_append_new(list, json_integer((json_int_t)port));
	}
	return list;
}

/* The options that are a value of the body each. */
static void put_values(const struct args *a, json_t *body)
{
	static const struct {
		const char *option, *key;
	} values[] = {
		{ "scheme", "scheme" },     { "path", "path" },
		{ "list", "list" },         { "owner", "owner" },
		{ "from", "from" },         { "until", "until" },
		{ "review", "review" },     { "override", "override" },
		{ "replaces", "replaces" },
	};
	json_t *methods = json_array();
	const char *text;

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		text = args_value(a, values[i].option);
		if (text != NULL)
			(void)json_object_set_new(body, values[i].key, json_string(text));
	}
	for (size_t i = 0; (text = args_nth(a, "method", i)) != NULL; i++)
		(void)json_array_append_new(methods, json_string(text));
	if (json_array_size(methods) != 0)
		(void)json_object_set(body, "methods", methods);
	json_decref(methods);
	if (args_has(a, "address"))
		(void)json_object_set_new(body, "address", json_true());
	if (args_has(a, "tls-any"))
		(void)json_object_set_new(body, "tls_any", json_true());
}

/* What somebody should know before it is approved. */
static void print_warnings(const json_t *entry)
{
	const json_t *w;
	size_t i;

	json_array_foreach(json_object_get(entry, "warnings"), i, w)
		out_complain("%s", show_string(w, "text"));
}

static int report_entry(const struct cli *c, const json_t *entry)
{
	bool active = strcmp(show_string(entry, "state"), "active") == 0;

	if (c->json)
		return show_json(entry);
	say(c, active ? TEXT_ENTRY_ACTIVE : TEXT_ENTRY_REQUESTED,
	    show_string(entry, "id"), show_string(entry, "host"));
	return CLI_DONE;
}

int cmd_allow_add(const struct cli *c)
{
	CLEANUP(ask_free) json_t *ports = ports_of(c);
	CLEANUP(ask_free) json_t *entry = NULL;
	CLEANUP(ask_free) json_t *approved = NULL;
	json_t *body;

	if (ports == NULL)
		return CLI_MISUSE;
	body = json_pack("{s:s, s:s}", "host", c->args.word[0], "purpose",
			 args_value(&c->args, "reason"));
	if (json_array_size(ports) != 0)
		(void)json_object_set(body, "ports", ports);
	if (body != NULL)
		put_values(&c->args, body);
	entry = ask_post(c, body, "/api/allow");
	if (entry == NULL)
		return CLI_FAILED;
	if (!c->json)
		print_warnings(entry);
	/* root on the box is the break-glass door: the request is approved at once */
	if (geteuid() != 0 || strcmp(show_string(entry, "state"), "requested") != 0 ||
	    !id_is('a', show_string(entry, "id")))
		return report_entry(c, entry);
	approved = ask_post(c, json_object(), "/api/allow/%s/approve",
			    show_string(entry, "id"));
	return approved != NULL ? report_entry(c, approved) : CLI_FAILED;
}

/* The id of the one entry for that host, or "" after a complaint. */
static void find_entry(const struct cli *c, const char *host, char id[ID_TEXT_MAX])
{
	CLEANUP(ask_free) json_t *answer = NULL;
	CLEANUP(free_p) char *escaped = NULL;
	char wanted[HOST_PATTERN_MAX + 1];
	const json_t *entry;
	struct addr a;
	size_t i, found = 0;

	id[0] = '\0';
	if (addr_parse(host, &a) == 0) {
		addr_format(a, wanted);
	} else if (host_pattern_normalise(host, wanted) < 0) {
		out_complain("'%s' is neither an entry's id nor a host name", host);
		return;
	}
	escaped = client_escape(wanted);
	answer = escaped != NULL ? ask_get(c, "/api/allow?text=%s", escaped) : NULL;
	if (answer == NULL)
		return;
	json_array_foreach(json_object_get(answer, "entries"), i, entry)
	{
		const char *its = show_string(entry, "id");

		if (strcmp(show_string(entry, "host"), wanted) == 0 && id_is('a', its)) {
			(void)str_copy(id, ID_TEXT_MAX, its);
			found++;
		}
	}
	if (found != 1) {
		say_problem(c, found == 0 ? TEXT_NOT_FOUND : TEXT_AMBIGUOUS, wanted);
		id[0] = '\0';
	}
}

int cmd_allow_remove(const struct cli *c)
{
	const char *word = c->args.word[0];
	CLEANUP(ask_free) json_t *answer = NULL;
	char id[ID_TEXT_MAX];

	if (id_is('a', word))
		(void)str_copy(id, sizeof(id), word);
	else
		find_entry(c, word, id);
	if (id[0] == '\0')
		return CLI_FAILED;
	answer = ask_post(c, json_pack("{s:s}", "reason", args_value(&c->args, "reason")),
			  "/api/allow/%s/remove", id);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_ENTRY_REMOVED, id);
	say(c, TEXT_CUT, say_number(show_number(answer, "cut")).text);
	return CLI_DONE;
}

/* The question for a page: filters, and after which entry. NULL after a complaint. */
static json_t *ask_page(const struct cli *c, const char *after)
{
	const char *state = args_value(&c->args, "state");
	const char *list = args_value(&c->args, "list");
	CLEANUP(free_p) char *state_text = client_escape(state != NULL ? state : "");
	CLEANUP(free_p) char *list_text = client_escape(list != NULL ? list : "");

	if (state_text == NULL || list_text == NULL)
		return NULL;
	return ask_get(c, "/api/allow?limit=10000%s%s%s%s%s%s",
		       state != NULL ? "&state=" : "", state_text,
		       list != NULL ? "&list=" : "", list_text,
		       after[0] != '\0' ? "&after=" : "", after);
}

/* All that fits, page by page; NULL after a complaint. */
static json_t *ask_all(const struct cli *c)
{
	json_t *all = json_array();
	char after[ID_TEXT_MAX] = "";
	bool more = true;

	while (more) {
		CLEANUP(ask_free) json_t *answer = ask_page(c, after);
		json_t *page = json_object_get(answer, "entries");
		size_t n = json_array_size(page);

		if (answer == NULL || json_array_extend(all, page) < 0) {
			json_decref(all);
			return NULL;
		}
		if (n != 0)
			(void)str_copy(after, sizeof(after),
				       show_string(json_array_get(page, n - 1), "id"));
		more = n != 0 && json_is_true(json_object_get(answer, "more")) &&
		       id_is('a', after);
	}
	return json_pack("{s:o}", "entries", all);
}

static void add_entry(const struct cli *c, struct table *t, const json_t *entry)
{
	(void)c;
	show_cells(t, entry,
		   "id host ports scheme list_name state requested_by approved_by "
		   "purpose");
}

int cmd_allow_list(const struct cli *c)
{
	static const char *const heads[] = {
		"ID",    "HOST",         "PORTS",       "SCHEME",  "LIST",
		"STATE", "REQUESTED BY", "APPROVED BY", "PURPOSE", NULL
	};
	CLEANUP(ask_free) json_t *answer = ask_all(c);

	return show_list(c, answer, "entries", heads, add_entry);
}

static int add_value(char *query, size_t size, const char *key, const char *value)
{
	CLEANUP(free_p) char *escaped = client_escape(value);
	size_t used = strlen(query);

	if (escaped == NULL ||
	    snprintf(query + used, size - used, "%s%s=%s", used != 0 ? "&" : "?", key,
		     escaped) >= (int)(size - used)) {
		out_complain("the question is too long");
		return CLI_MISUSE;
	}
	return CLI_DONE;
}

/* The word is a URL, or a host with the options that go with it. */
static int make_question(const struct args *a, char *query, size_t size)
{
	static const struct {
		const char *option, *key;
	} values[] = { { "port", "port" },     { "zone", "zone" }, { "from", "device" },
		       { "user", "user" },     { "at", "at" },     { "method", "method" },
		       { "scheme", "scheme" }, { "path", "path" } };
	bool url = strstr(a->word[0], "://") != NULL;
	int r;

	query[0] = '\0';
	r = add_value(query, size, url ? "url" : "host", a->word[0]);
	for (size_t i = 0; r == CLI_DONE && i < ARRAY_LEN(values); i++) {
		const char *value = args_value(a, values[i].option);

		if (value != NULL)
			r = add_value(query, size, values[i].key, value);
	}
	return r;
}

int cmd_allow_test(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	char query[QUERY_MAX];
	const char *would;
	bool allowed;
	int r = make_question(&c->args, query, sizeof(query));

	if (r != CLI_DONE)
		return r;
	answer = ask_get(c, "/api/allow/test%s", query);
	if (answer == NULL)
		return CLI_FAILED;
	allowed = json_is_true(json_object_get(answer, "allowed"));
	would = show_string(answer, "would");
	if (c->json)
		r = show_json(answer);
	else if (would[0] != '\0')
		say(c, TEXT_OBSERVED, show_string(answer, "list_name"), would);
	else
		say(c, allowed ? TEXT_ALLOWED : TEXT_REFUSED,
		    show_string(answer, allowed ? "entry" : "reason"),
		    show_string(answer, "reason_text"));
	return r == CLI_DONE && allowed ? CLI_DONE : CLI_FAILED;
}
