/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "mgmt/cli/ask.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"
#include "mgmt/cli/trial.h"

static void probes_say(const struct cli *c, const json_t *last)
{
	char time[SHOW_TIME_MAX];

	if (!json_is_object(last))
		return;
	show_time(show_string(last, "time"), time);
	say(c, TEXT_PROBES_LAST, show_string(last, "result"), time,
	    say_number(show_number(last, "contradictions")).text);
}

static void containment_say(const struct cli *c, const json_t *state)
{
	if (!json_is_object(state))
		return;
	say(c,
	    json_is_true(json_object_get(state, "ok")) ? TEXT_CONTAINMENT
						       : TEXT_CONTAINMENT_BROKEN,
	    say_number(show_number(state, "containing")).text,
	    say_number(show_number(state, "interfaces")).text,
	    say_number(show_number(state, "contained")).text);
}

static int print(const struct cli *c, const json_t *answer, bool ok)
{
	static const char *const heads[] = { "PART",    "STATE", "REVISION", "STARTED",
					     "RECORDS", "LOST",  "NOTE",     NULL };
	const char *site = show_string(answer, "site");
	struct table t = show_table(c, heads);
	const json_t *part;
	size_t i;

	out_text(stdout, site[0] != '\0' ? site : "sekisho");
	(void)printf(": %s\n", msg(c->lang, ok ? TEXT_OK : TEXT_NOT_OK));
	lockdown_say(c, json_object_get(answer, "lockdown"));
	trial_say(c, json_object_get(answer, "trial"));
	probes_say(c, json_object_get(answer, "probes"));
	containment_say(c, json_object_get(answer, "containment"));
	if (show_number(answer, "alarms") != 0)
		say_problem(c, TEXT_ALARMS_WAIT,
			    say_number(show_number(answer, "alarms")).text);
	if (show_number(answer, "reviews_overdue") != 0)
		say_problem(c, TEXT_REVIEWS_OVERDUE,
			    say_number(show_number(answer, "reviews_overdue")).text);
	json_array_foreach(json_object_get(answer, "parts"), i, part)
	{
		bool well = json_is_true(json_object_get(part, "ok"));

		show_cell(&t, part, "name");
		table_add(&t, msg(c->lang, well ? TEXT_OK : TEXT_NOT_OK));
		show_cell(&t, part, "revision");
		show_cell_time(&t, part, "started");
		show_cell(&t, part, "records");
		show_cell(&t, part, "lost");
		show_cell(&t, part, "text");
	}
	return show_end(&t);
}

int cmd_status(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = ask_get(c, "/api/status");
	bool ok;
	int r;

	if (answer == NULL)
		return CLI_FAILED;
	ok = json_is_true(json_object_get(answer, "ok"));
	r = c->json ? show_json(answer) : print(c, answer, ok);
	return r == CLI_DONE && ok ? CLI_DONE : CLI_FAILED;
}
