/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far each zone is on its way to enforce, and who would be kept out. */
#include <stdio.h>

#include "lib/mem.h"
#include "lib/str.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/client.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"

#define DAYS_MAX 35

static void add_zone(const struct cli *c, struct table *t, const json_t *z)
{
	show_cell(t, z, "name");
	table_add(t, msg_word(c->lang, show_string(z, "mode")));
	show_cell_time(t, z, "since");
	show_cells(t, z, "seen registered permitted ports");
	table_add(t, json_is_true(json_object_get(z, "containment")) ? "*" : "");
}

static void add_device(const struct cli *c, struct table *t, const json_t *u)
{
	const json_t *d = json_object_get(u, "device");

	(void)c;
	show_cells(t, u, "zone mac manufacturer");
	show_cells(t, d, "name address asset state");
	show_cell(t, u, "count");
	show_cell_time(t, u, "first");
	show_cell_time(t, u, "last");
}

static int show_unadmitted(const struct cli *c, const json_t *answer)
{
	static const char *const heads[] = { "ZONE",  "MAC",     "MANUFACTURER",
					     "NAME",  "ADDRESS", "ASSET",
					     "STATE", "COUNT",   "FIRST",
					     "LAST",  NULL };
	long long total = show_number(answer, "total");
	long long unnamed = show_number(answer, "unnamed");

	say(c, total == 0 && unnamed == 0 ? TEXT_UNADMITTED_NONE : TEXT_UNADMITTED,
	    say_number(total).text, say_number(show_number(answer, "days")).text);
	if (unnamed != 0)
		say(c, TEXT_UNADMITTED_MORE, say_number(unnamed).text);
	if (json_is_true(json_object_get(answer, "cut")))
		say(c, TEXT_UNADMITTED_CUT, NULL);
	return total == 0 ? CLI_DONE : show_list(c, answer, "devices", heads, add_device);
}

static int show_both(const struct cli *c, const json_t *zones, json_t *unadmitted)
{
	static const char *const heads[] = { "ZONE",  "MODE",       "SINCE",
					     "SEEN",  "REGISTERED", "PERMITTED",
					     "PORTS", "CONTAINED",  NULL };

	if (!c->json) {
		int r = show_list(c, zones, "zones", heads, add_zone);

		return r == CLI_DONE ? show_unadmitted(c, unadmitted) : r;
	}
	if (json_object_set(unadmitted, "zones", json_object_get(zones, "zones")) < 0)
		return CLI_FAILED;
	return show_json(unadmitted);
}

int cmd_admission_status(const struct cli *c)
{
	const char *zone = args_value(&c->args, "zone");
	const char *text = args_value(&c->args, "days");
	CLEANUP(free_p) char *word = client_escape(zone != NULL ? zone : "");
	CLEANUP(ask_free) json_t *zones = NULL;
	CLEANUP(ask_free) json_t *unadmitted = NULL;
	uint64_t days = 14;

	if (text != NULL && str_to_uint(text, 1, DAYS_MAX, &days) < 0) {
		out_complain("--days is 1 to %d, not '%s'", DAYS_MAX, text);
		return CLI_MISUSE;
	}
	if (word == NULL) {
		out_complain("out of memory");
		return CLI_FAILED;
	}
	zones = ask_get(c, "/api/admission");
	if (zones == NULL)
		return CLI_FAILED;
	unadmitted = ask_get(c, "/api/admission/unadmitted?days=%u%s%s", (unsigned)days,
			     zone != NULL ? "&zone=" : "", word);
	return unadmitted != NULL ? show_both(c, zones, unadmitted) : CLI_FAILED;
}
