/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "lib/mem.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

static void add_user(const struct cli *c, struct table *t, const json_t *user)
{
	bool off = json_is_true(json_object_get(user, "disabled"));

	(void)c;
	show_cells(t, user, "login name role");
	table_add(t, off ? "disabled" : "active");
	show_cell_time(t, user, "created");
}

int cmd_user_list(const struct cli *c)
{
	static const char *const heads[] = { "LOGIN", "NAME",    "ROLE",
					     "STATE", "CREATED", NULL };
	CLEANUP(ask_free) json_t *answer = ask_get(c, "/api/users");

	return show_list(c, answer, "users", heads, add_user);
}

int cmd_user_add(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;

	answer = ask_post(c,
			  json_pack("{s:s, s:s, s:s}", "login", c->args.word[0], "name",
				    args_value(&c->args, "name"), "role",
				    args_value(&c->args, "role")),
			  "/api/users");
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_USER_ADDED, show_string(answer, "login"));
	say(c, TEXT_PASSWORD, show_string(answer, "initial_password"));
	return CLI_DONE;
}

/* POST {reason} to the user's act. */
static json_t *act(const struct cli *c, const char *verb)
{
	CLEANUP(free_p) char *login = client_escape(c->args.word[0]);

	return ask_post(c, json_pack("{s:s}", "reason", args_value(&c->args, "reason")),
			"/api/users/%s/%s", login != NULL ? login : "", verb);
}

int cmd_user_disable(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = act(c, "disable");

	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_USER_DISABLED, c->args.word[0]);
	return CLI_DONE;
}

int cmd_user_reset(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = act(c, "reset");

	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_PASSWORD, show_string(answer, "initial_password"));
	return CLI_DONE;
}
