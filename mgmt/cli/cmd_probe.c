/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the gateway's own packets found, now and on the last days. */
#include <stdio.h>
#include <string.h>

#include "mgmt/cli/ask.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/packet.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define LINE_TEXT_MAX 512
#define NAME_TEXT_MAX 128
#define RUNS          31

static bool is_good(const json_t *run)
{
	return strcmp(show_string(run, "result"), "good") == 0;
}

static void say_verdict(const struct cli *c, const json_t *run)
{
	struct say_number revision = say_number(show_number(run, "revision"));

	if (is_good(run))
		say(c, TEXT_PROBES_GOOD, revision.text,
		    say_number(show_number(run, "passed")).text,
		    say_number(show_number(run, "blocked")).text);
	else if (strcmp(show_string(run, "result"), "bad") == 0)
		say(c, TEXT_PROBES_BAD, revision.text,
		    say_number(show_number(run, "contradictions")).text);
	else
		say(c, TEXT_PROBES_NONE, revision.text);
	if (json_is_string(json_object_get(run, "refused")))
		say(c, TEXT_PROBES_REFUSED, show_string(run, "refused"));
	if (show_number(run, "left_out") != 0)
		say(c, TEXT_PROBES_LEFT_OUT,
		    say_number(show_number(run, "left_out")).text);
}

static void say_wrong(const struct cli *c, const json_t *run)
{
	char line[LINE_TEXT_MAX], what[NAME_TEXT_MAX];
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(run, "wrong"), i, one)
	{
		const char *flow = show_string(one, "flow");
		bool pass = strcmp(show_string(one, "expected"), "pass") == 0;

		(void)snprintf(what, sizeof(what), "%s%s%s", show_string(one, "kind"),
			       flow[0] != '\0' ? " " : "", flow);
		say(c, pass ? TEXT_PROBE_BLOCKED : TEXT_PROBE_PASSED, what,
		    show_string(one, "from"), show_string(one, "to"));
		packet_text(json_object_get(one, "packet"), line, sizeof(line));
		say(c, TEXT_EXAMPLE, line);
	}
}

static void add_not_tested(const struct cli *c, struct table *t, const json_t *one)
{
	(void)c;
	show_cells(t, one, "kind from to flow family why");
}

static int print(const struct cli *c, const json_t *run)
{
	static const char *const heads[] = { "NOT TESTED", "FROM", "TO", "FLOW",
					     "FAMILY",     "WHY",  NULL };
	int r = CLI_DONE;

	say_verdict(c, run);
	say_wrong(c, run);
	if (json_array_size(json_object_get(run, "not_tested")) != 0)
		r = show_list(c, run, "not_tested", heads, add_not_tested);
	return r;
}

int cmd_probe(const struct cli *c)
{
	CLEANUP(ask_free) json_t *run = ask_post(c, json_object(), "/api/probes");
	int r;

	if (run == NULL)
		return CLI_FAILED;
	r = c->json ? show_json(run) : print(c, run);
	return is_good(run) ? r : CLI_FAILED;
}

static void add_run(const struct cli *c, struct table *t, const json_t *run)
{
	(void)c;
	show_cell_time(t, run, "time");
	show_cells(t, run, "who revision result passed blocked contradictions untested");
}

int cmd_probe_runs(const struct cli *c)
{
	static const char *const heads[] = { "TIME",    "WHO",      "REVISION",
					     "RESULT",  "PASSED",   "BLOCKED",
					     "AGAINST", "UNTESTED", NULL };
	CLEANUP(ask_free) json_t *answer = ask_get(c, "/api/probes?limit=%d", RUNS);

	return show_list(c, answer, "runs", heads, add_run);
}
