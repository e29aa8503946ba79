/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/packet.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

static void say_firewall(const struct cli *c, const json_t *firewall)
{
	const char *verdict = show_string(firewall, "verdict");
	enum msg m = strcmp(verdict, "accept") == 0 ? TEXT_ACCEPT
		     : strcmp(verdict, "drop") == 0 ? TEXT_DROP
						    : TEXT_UNKNOWN;
	const json_t *rule = json_object_get(firewall, "rule");
	char line[512];

	if (!json_is_object(firewall))
		return;
	say(c, TEXT_FIREWALL, msg(c->lang, m), show_string(firewall, "from"),
	    show_string(firewall, "to"));
	if (json_is_object(rule)) {
		packet_rule_text(rule, line, sizeof(line));
		say(c, TEXT_BY_RULE, line);
	}
}

static void say_proxy(const struct cli *c, const json_t *proxy)
{
	bool allowed = json_is_true(json_object_get(proxy, "allowed"));

	if (!json_is_object(proxy))
		return;
	if (!json_is_true(json_object_get(proxy, "known")))
		say(c, TEXT_PROXY_SILENT, "");
	else
		say(c, allowed ? TEXT_PROXY_ALLOWS : TEXT_PROXY_REFUSES,
		    show_string(proxy, "reason_text"));
}

static void say_approval(const struct cli *c, const json_t *one)
{
	const char *by = show_string(one, "by");
	char what[128], since[SHOW_TIME_MAX];

	(void)snprintf(what, sizeof(what), "%s %s",
		       msg_word(c->lang, show_string(one, "kind")),
		       show_string(one, "id"));
	show_time(show_string(one, "since"), since);
	say(c, TEXT_APPROVED, what, by[0] != '\0' ? by : "-", since);
}

static int print(const struct cli *c, const json_t *answer)
{
	const json_t *one;
	size_t i;

	say_firewall(c, json_object_get(answer, "firewall"));
	say_proxy(c, json_object_get(answer, "proxy"));
	json_array_foreach(json_object_get(answer, "approvals"), i, one)
		say_approval(c, one);
	return CLI_DONE;
}

int cmd_explain(const struct cli *c)
{
	const char *port = args_value(&c->args, "port");
	const char *proto = args_value(&c->args, "proto");
	CLEANUP(free_p) char *from = client_escape(args_value(&c->args, "from"));
	CLEANUP(free_p) char *to = client_escape(args_value(&c->args, "to"));
	CLEANUP(free_p) char *port_text = client_escape(port != NULL ? port : "443");
	CLEANUP(free_p) char *proto_text = client_escape(proto != NULL ? proto : "tcp");
	CLEANUP(ask_free) json_t *answer = NULL;

	if (from == NULL || to == NULL || port_text == NULL || proto_text == NULL) {
		out_complain("out of memory");
		return CLI_FAILED;
	}
	answer = ask_get(c, "/api/explain?from=%s&to=%s&port=%s&proto=%s", from, to,
			 port_text, proto_text);
	if (answer == NULL)
		return CLI_FAILED;
	return c->json ? show_json(answer) : print(c, answer);
}
