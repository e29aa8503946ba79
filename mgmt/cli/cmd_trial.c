/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A policy file into force, for good or on trial, and what became of earlier ones. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/policy/policy.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/duration.h"
#include "mgmt/cli/file.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"
#include "mgmt/cli/trial.h"

#define CONFIRM_MIN_S 10
#define CONFIRM_MAX_S 86400

void trial_say(const struct cli *c, const json_t *trial)
{
	char until[SHOW_TIME_MAX];

	if (!json_is_object(trial))
		return;
	show_time(show_string(trial, "until"), until);
	say_problem(c, TEXT_TRIAL_STATE, say_number(show_number(trial, "revision")).text,
		    show_string(trial, "who"), until);
}

static void say_warnings(const struct cli *c, const json_t *answer)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(answer, "warnings"), i, one) say_problem(
		c, TEXT_WARNING, json_is_string(one) ? json_string_value(one) : "?");
}

static int read_confirm(const struct cli *c, uint64_t *ret_s)
{
	const char *text = args_value(&c->args, "confirm-within");

	*ret_s = 0;
	if (text == NULL)
		return CLI_DONE;
	if (duration_parse(text, ret_s) == 0 && *ret_s >= CONFIRM_MIN_S &&
	    *ret_s <= CONFIRM_MAX_S)
		return CLI_DONE;
	out_complain("--confirm-within takes 10s to 24h, not '%s'", text);
	return CLI_MISUSE;
}

static int applied(const struct cli *c, const json_t *answer)
{
	const json_t *trial = json_object_get(answer, "trial");
	char until[SHOW_TIME_MAX];
	const struct say_number number = say_number(show_number(answer, "revision"));

	if (json_is_object(trial)) {
		show_time(show_string(trial, "until"), until);
		say(c, TEXT_ON_TRIAL, number.text, until);
		say(c, TEXT_CONFIRM_HINT, "");
	} else {
		say(c, TEXT_APPLIED, number.text);
	}
	say(c, TEXT_CUT, say_number(show_number(answer, "cut")).text);
	say_warnings(c, answer);
	return CLI_DONE;
}

int cmd_policy_apply(const struct cli *c)
{
	const char *reason = args_value(&c->args, "reason");
	CLEANUP(free_p) char *text = NULL;
	CLEANUP(ask_free) json_t *answer = NULL;
	size_t len = 0;
	uint64_t seconds;

	if (read_confirm(c, &seconds) != CLI_DONE)
		return CLI_MISUSE;
	if (file_read(c->args.word[0], POLICY_FILE_MAX, &text, &len) != CLI_DONE)
		return CLI_FAILED;
	answer = ask_post(
		c,
		json_pack("{s:s%, s:s, s:o}", "text", text, len, "reason",
			  reason != NULL ? reason : "sekisho policy apply",
			  "confirm_within",
			  seconds != 0 ? json_integer((json_int_t)seconds) : json_null()),
		"/api/policy");
	if (answer == NULL)
		return CLI_FAILED;
	return c->json ? show_json(answer) : applied(c, answer);
}

int cmd_policy_confirm(const struct cli *c)
{
	CLEANUP(ask_free)
	json_t *answer = ask_post(c, json_object(), "/api/policy/confirm");

	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_APPLIED, say_number(show_number(answer, "revision")).text);
	return CLI_DONE;
}

int cmd_policy_rollback(const struct cli *c)
{
	const char *reason = args_value(&c->args, "reason");
	CLEANUP(ask_free)
	json_t *answer =
		ask_post(c,
			 json_pack("{s:s}", "reason",
				   reason != NULL ? reason : "sekisho policy rollback"),
			 "/api/policy/rollback");

	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_ROLLED_BACK, say_number(show_number(answer, "rolled_back")).text,
	    say_number(show_number(answer, "revision")).text);
	return CLI_DONE;
}

static void add_version(const struct cli *c, struct table *t, const json_t *one)
{
	show_cell(t, one, "revision");
	table_add(t, msg_word(c->lang, show_string(one, "state")));
	show_cell_time(t, one, "applied");
	show_cell(t, one, "applied_by");
	show_cell_time(t, one, "ended");
	show_cells(t, one, "ended_by reason");
}

int cmd_policy_history(const struct cli *c)
{
	static const char *const heads[] = { "REVISION", "STATE",    "APPLIED", "BY",
					     "ENDED",    "ENDED BY", "REASON",  NULL };
	CLEANUP(ask_free) json_t *answer = ask_get(c, "/api/policy/history");

	return show_list(c, answer, "versions", heads, add_version);
}

/* An option that names a revision into the question. */
static int add_revision(const struct cli *c, const char *name, json_t *body)
{
	const char *text = args_value(&c->args, name);
	uint64_t number;

	if (text == NULL)
		return CLI_DONE;
	if (str_to_uint(text, 1, INT64_MAX, &number) < 0) {
		out_complain("--%s takes a revision's number, not '%s'", name, text);
		return CLI_MISUSE;
	}
	(void)json_object_set_new(body, name, json_integer((json_int_t)number));
	return CLI_DONE;
}

int cmd_policy_diff(const struct cli *c)
{
	CLEANUP(ask_free) json_t *body = json_object();
	CLEANUP(ask_free) json_t *answer = NULL;
	CLEANUP(free_p) char *file = NULL;
	CLEANUP(free_p) char *text = NULL;
	size_t len = 0;

	if (c->args.word_count == 0 && !args_has(&c->args, "from")) {
		out_complain("name a file, or a revision with --from");
		return CLI_MISUSE;
	}
	if (add_revision(c, "from", body) != CLI_DONE ||
	    add_revision(c, "to", body) != CLI_DONE)
		return CLI_MISUSE;
	if (c->args.word_count != 0) {
		if (file_read(c->args.word[0], POLICY_FILE_MAX, &file, &len) != CLI_DONE)
			return CLI_FAILED;
		(void)json_object_set_new(body, "text", json_stringn(file, len));
	}
	text = ask_post_text(c, json_incref(body), "/api/policy/diff");
	if (text == NULL)
		return CLI_FAILED;
	if (c->json) {
		answer = json_pack("{s:s}", "diff", text);
		return answer != NULL ? show_json(answer) : CLI_FAILED;
	}
	if (text[0] == '\0')
		say(c, TEXT_SAME, "");
	out_text(stdout, text);
	return CLI_DONE;
}
