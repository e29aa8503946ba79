/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Days on which contractors worked, and what somebody found out about them. */
#include <string.h>

#include "mgmt/cli/ask.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

/* Digits and hyphens only: safe in a query. */
static bool is_day(const char *text)
{
	return strlen(text) == 10 && strspn(text, "0123456789-") == 10;
}

static int list(const struct cli *c)
{
	static const char *const heads[] = { "DAY",   "PERMIT",       "DEVICE",
					     "OWNER", "COMPANY",      "TICKET",
					     "FIRST", "CONFIRMED BY", "WORK",
					     NULL };
	const char *from = args_value(&c->args, "from"), *to = args_value(&c->args, "to");
	CLEANUP(ask_free) json_t *answer = NULL;
	const json_t *w;
	struct table t;
	size_t i;

	if ((from != NULL && !is_day(from)) || (to != NULL && !is_day(to))) {
		out_complain("a day is YYYY-MM-DD");
		return CLI_MISUSE;
	}
	answer = ask_get(c, "/api/work?state=%s%s%s%s%s",
			 args_has(&c->args, "all") ? "all" : "open",
			 from != NULL ? "&from=" : "", from != NULL ? from : "",
			 to != NULL ? "&to=" : "", to != NULL ? to : "");
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	t = show_table(c, heads);
	json_array_foreach(json_object_get(answer, "work"), i, w)
	{
		show_cells(&t, w, "day permit device owner company ticket");
		show_cell_time(&t, w, "first");
		show_cells(&t, w, "confirmed_by work");
	}
	if (show_number(answer, "unchecked") != 0)
		say_problem(c, TEXT_WORK_UNCHECKED,
			    say_number(show_number(answer, "unchecked")).text);
	return show_end(&t);
}

static int confirm(const struct cli *c)
{
	const struct args *a = &c->args;
	CLEANUP(ask_free) json_t *answer = NULL;

	if (a->word_count != 3 || args_value(a, "work") == NULL ||
	    args_value(a, "result") == NULL || args_value(a, "records") == NULL) {
		out_complain("device work confirm PERMIT DAY --work TEXT --result TEXT "
			     "--records TEXT");
		return CLI_MISUSE;
	}
	answer = ask_post(c,
			  json_pack("{s:s, s:s, s:s, s:s, s:s}", "permit", a->word[1],
				    "day", a->word[2], "work", args_value(a, "work"),
				    "result", args_value(a, "result"), "records",
				    args_value(a, "records")),
			  "/api/work/confirm");
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_WORK_CONFIRMED, a->word[2]);
	return CLI_DONE;
}

int cmd_device_work(const struct cli *c)
{
	if (strcmp(c->args.word[0], "list") == 0 && c->args.word_count == 1)
		return list(c);
	if (strcmp(c->args.word[0], "confirm") == 0)
		return confirm(c);
	out_complain("device work list, or device work confirm PERMIT DAY");
	return CLI_MISUSE;
}
