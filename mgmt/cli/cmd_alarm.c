/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the sensor raised, and the settings of admission. */
#include <stdio.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define PAGE 200

static void add_alarm(const struct cli *c, struct table *t, const json_t *a)
{
	(void)c;
	show_cell(t, a, "id");
	show_cell_time(t, a, "raised");
	show_cell_time(t, a, "closed");
	show_cells(t, a, "severity kind interface mac address");
	table_add(t, json_is_true(json_object_get(a, "quarantined")) ? "*" : "");
	show_cell(t, a, "text");
}

int cmd_alarm_list(const struct cli *c)
{
	static const char *const heads[] = { "ID",       "RAISED",    "OVER", "SEVERITY",
					     "KIND",     "INTERFACE", "MAC",  "ADDRESS",
					     "ISOLATED", "WHAT",      NULL };
	const char *state = args_has(&c->args, "all")    ? "all"
			    : args_has(&c->args, "open") ? "open"
							 : "unacknowledged";
	CLEANUP(ask_free)
	json_t *answer = ask_get(c, "/api/alarms?state=%s&limit=%d", state, PAGE);

	return show_list(c, answer, "alarms", heads, add_alarm);
}

int cmd_alarm_ack(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;
	const char *word = c->args.word[0];
	uint64_t id;

	if (str_to_uint(word, 1, INT64_MAX, &id) < 0) {
		out_complain("'%s' is no alarm's number", word);
		return CLI_MISUSE;
	}
	answer = ask_post(c, json_pack("{s:s}", "done", args_value(&c->args, "done")),
			  "/api/alarms/%llu/ack", (unsigned long long)id);
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	say(c, TEXT_ALARM_ACKED, word);
	return CLI_DONE;
}

int cmd_admission_show(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = ask_get(c, "/api/admission");

	return answer != NULL ? show_json(answer) : CLI_FAILED;
}

/* "KEY=VALUE": a number for a term, a word for a kind of event. */
static bool put_setting(json_t *body, json_t *events, const char *word)
{
	const char *equals = strchr(word, '=');
	char key[64];
	uint64_t n;

	if (equals == NULL || (size_t)(equals - word) >= sizeof(key))
		return false;
	memcpy(key, word, (size_t)(equals - word));
	key[equals - word] = '\0';
	if (str_to_uint(equals + 1, 0, UINT32_MAX, &n) == 0)
		return json_object_set_new(body, key, json_integer((json_int_t)n)) == 0;
	return json_object_set_new(events, key, json_string(equals + 1)) == 0;
}

int cmd_admission_set(const struct cli *c)
{
	CLEANUP(ask_free)
	json_t *body = json_pack("{s:s}", "reason", args_value(&c->args, "reason"));
	CLEANUP(ask_free) json_t *events = json_object();
	CLEANUP(ask_free) json_t *answer = NULL;

	for (size_t i = 0; i < c->args.word_count; i++) {
		if (body == NULL || !put_setting(body, events, c->args.word[i])) {
			out_complain("'%s' is not KEY=VALUE", c->args.word[i]);
			return CLI_MISUSE;
		}
	}
	if (json_object_size(events) != 0)
		(void)json_object_set(body, "events", events);
	answer = ask_post(c, json_incref(body), "/api/admission");
	return answer != NULL ? show_json(answer) : CLI_FAILED;
}
