/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lockdown through the management daemon; when that does not answer, by asking gated and
 * proxyd themselves, who know root.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/ipc.h"
#include "lib/mem.h"
#include "lib/paths.h"
#include "lib/proto.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"
#include "mgmt/cli/trial.h"

#define ASK_MS 5000

void lockdown_say(const struct cli *c, const json_t *lockdown)
{
	char since[SHOW_TIME_MAX];

	if (!json_is_object(lockdown))
		return;
	show_time(show_string(lockdown, "since"), since);
	say_problem(c, TEXT_LOCKDOWN_STATE, since, show_string(lockdown, "who"),
		    show_string(lockdown, "reason"));
}

/* One daemon. Returns 0 or a negative errno; it has said which. */
static int ask_part(const struct cli *c, const char *name, const char *rel,
		    const struct proto_lockdown *m)
{
	char path[PATH_TEXT_MAX];
	struct proto_result result;
	int r = path_join(path, c->root, rel);

	if (r == 0)
		r = ipc_call(path, ASK_MS, PROTO_LOCKDOWN, m, sizeof(*m), PROTO_RESULT,
			     &result, sizeof(result));
	if (r == 0)
		r = result.code;
	if (r == 0 && !c->json)
		say(c, TEXT_LOCKDOWN_PART, name);
	else if (r != 0)
		say_problem(c, TEXT_LOCKDOWN_PART_NOT, name, strerror(-r));
	if (r == 0 && result.text[0] != '\0') /* what it has to add, in its words */
		say_problem(c, TEXT_LOCKDOWN_PART_BUT, name, result.text);
	return r;
}

static int ask_directly(const struct cli *c, bool on, const char *reason)
{
	struct proto_lockdown m;
	CLEANUP(ask_free) json_t *answer = NULL;
	int gated, proxyd;

	memset(&m, 0, sizeof(m));
	m.on = on;
	(void)str_copy(m.who, sizeof(m.who), "root");
	if (str_copy(m.reason, sizeof(m.reason), reason) < 0) {
		out_complain("the reason is too long");
		return CLI_MISUSE;
	}
	say_problem(c, TEXT_LOCKDOWN_DIRECT, "");
	gated = ask_part(c, "gated", PATH_SOCK_GATED, &m);
	proxyd = ask_part(c, "proxyd", PATH_SOCK_PROXYD, &m);
	if (c->json) {
		answer = json_pack("{s:b, s:{s:b, s:b}}", "on", (int)on, "direct",
				   "gated", gated == 0, "proxyd", proxyd == 0);
		if (show_json(answer) != CLI_DONE)
			return CLI_FAILED;
	}
	return gated == 0 && proxyd == 0 ? CLI_DONE : CLI_FAILED;
}

static int ask(const struct cli *c, bool on)
{
	const char *reason = args_value(&c->args, "reason");
	json_t *body = json_pack("{s:b, s:s}", "on", (int)on, "reason", reason);
	CLEANUP(ask_free) json_t *answer = NULL;
	bool silent;

	if (body == NULL) {
		out_complain("the reason is not UTF-8, or memory is short");
		return CLI_MISUSE;
	}
	answer = ask_post_quiet(c, body, "/api/lockdown", &silent);
	if (silent)
		return ask_directly(c, on, reason);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, on ? TEXT_LOCKDOWN_ON : TEXT_LOCKDOWN_OFF, "");
	return CLI_DONE;
}

int cmd_lockdown_on(const struct cli *c)
{
	return ask(c, true);
}

int cmd_lockdown_off(const struct cli *c)
{
	return ask(c, false);
}
