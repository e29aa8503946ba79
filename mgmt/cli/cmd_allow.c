/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/host.h"
#include "lib/id.h"
#include "lib/mem.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define HTTPS_PORT 443

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

static json_t *zones_of(const struct cli *c)
{
	json_t *list = json_array();
	const char *zone;

	for (size_t i = 0; (zone = args_nth(&c->args, "zone", i)) != NULL; i++)
		(void)json_array_append_new(list, json_string(zone));
	return list;
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
	CLEANUP(ask_free) json_t *zones = zones_of(c);
	CLEANUP(ask_free) json_t *entry = NULL;
	CLEANUP(ask_free) json_t *approved = NULL;
	json_t *body;

	if (ports == NULL)
		return CLI_MISUSE;
	body = json_pack("{s:s, s:s}", "host", c->args.word[0], "reason",
			 args_value(&c->args, "reason"));
	if (json_array_size(ports) != 0)
		(void)json_object_set(body, "ports", ports);
	if (json_array_size(zones) != 0)
		(void)json_object_set(body, "zones", zones);
	entry = ask_post(c, body, "/api/allow");
	if (entry == NULL)
		return CLI_FAILED;
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
	char wanted[HOST_PATTERN_MAX + 1];
	const json_t *entry;
	size_t i, found = 0;

	id[0] = '\0';
	if (host_pattern_normalise(host, wanted) < 0) {
		out_complain("'%s' is neither an entry's id nor a host name", host);
		return;
	}
	answer = ask_get(c, "/api/allow");
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

int cmd_allow_list(const struct cli *c)
{
	static const char *const heads[] = { "ID",          "HOST",   "PORTS",
					     "ZONES",       "STATE",  "REQUESTED BY",
					     "APPROVED BY", "REASON", NULL };
	static const char *const keys[] = { "id",          "host",  "ports",
					    "zones",       "state", "requested_by",
					    "approved_by", "reason" };
	CLEANUP(ask_free) json_t *answer = ask_get(c, "/api/allow");
	const json_t *entry;
	struct table t;
	size_t i;

	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	t = show_table(c, heads);
	json_array_foreach(json_object_get(answer, "entries"), i, entry)
	{
		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			show_cell(&t, entry, keys[k]);
	}
	return show_end(&t);
}

/* Host and port of the word, a URL or a host. Returns CLI_DONE or CLI_MISUSE. */
static int read_target(const struct cli *c, char **ret_host, unsigned *ret_port)
{
	const char *word = c->args.word[0], *text = args_value(&c->args, "port");
	uint64_t port = HTTPS_PORT;

	if (text != NULL && str_to_uint(text, 1, 65535, &port) < 0) {
		out_complain("'%s' is not a port (1 to 65535)", text);
		return CLI_MISUSE;
	}
	*ret_port = (unsigned)port;
	if (strstr(word, "://") == NULL) {
		*ret_host = client_escape(word);
	} else if (client_split_url(word, ret_host, ret_port) < 0) {
		out_complain("'%s' is not a URL", word);
		return CLI_MISUSE;
	} else {
		char *host = *ret_host;

		*ret_host = client_escape(host);
		free(host);
	}
	if (text != NULL)
		*ret_port = (unsigned)port;
	return *ret_host != NULL ? CLI_DONE : CLI_FAILED;
}

int cmd_allow_test(const struct cli *c)
{
	const char *zone = args_value(&c->args, "zone");
	CLEANUP(free_p) char *host = NULL;
	CLEANUP(free_p) char *zone_text = client_escape(zone != NULL ? zone : "");
	CLEANUP(ask_free) json_t *answer = NULL;
	unsigned port = 0;
	bool allowed;
	int r = read_target(c, &host, &port);

	if (r != CLI_DONE || zone_text == NULL)
		return r != CLI_DONE ? r : CLI_FAILED;
	answer = ask_get(c, "/api/allow/test?host=%s&port=%u%s%s", host, port,
			 zone != NULL ? "&zone=" : "", zone_text);
	if (answer == NULL)
		return CLI_FAILED;
	allowed = json_is_true(json_object_get(answer, "allowed"));
	if (c->json)
		r = show_json(answer);
	else
		say(c, allowed ? TEXT_ALLOWED : TEXT_REFUSED,
		    show_string(answer, allowed ? "entry" : "reason"),
		    show_string(answer, "reason_text"));
	return r == CLI_DONE && allowed ? CLI_DONE : CLI_FAILED;
}
