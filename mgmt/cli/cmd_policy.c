/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/mem.h"
#include "lib/policy/policy.h"
#include "lib/policy/when.h"
#include "mgmt/cli/ask.h"
#include "mgmt/cli/file.h"
#include "mgmt/cli/out.h"
#include "mgmt/cli/say.h"
#include "mgmt/cli/show.h"
#include "mgmt/cli/trial.h"

static int print_json(const struct policy *p, const struct diags *d)
{
	CLEANUP(ask_free) json_t *list = json_array();
	CLEANUP(ask_free) json_t *answer = NULL;

	for (size_t i = 0; i < d->count && i < DIAG_MAX; i++)
		(void)json_array_append_new(
			list, json_pack("{s:I, s:I, s:s}", "line",
					(json_int_t)d->item[i].at.line, "column",
					(json_int_t)d->item[i].at.column, "text",
					d->item[i].text));
	answer = json_pack("{s:b, s:I, s:O}", "ok", p != NULL, "count",
			   (json_int_t)d->count, "diagnostics", list);
	return answer != NULL ? show_json(answer) : CLI_FAILED;
}

static void print_diags(const struct diags *d, const char *file)
{
	size_t size = DIAG_MAX * (DIAG_TEXT_MAX + strlen(file) + 32);
	CLEANUP(free_p) char *text = malloc(size);

	if (text == NULL) {
		out_complain("out of memory");
		return;
	}
	out_text(stderr, diag_print(d, file, text, size));
	if (d->count > DIAG_MAX)
		out_complain("%zu more messages", d->count - DIAG_MAX);
}

int cmd_policy_check(const struct cli *c)
{
	const char *file = c->args.word[0];
	CLEANUP(free_p) char *text = NULL;
	struct diags d = { 0 };
	struct policy *p = NULL;
	size_t len = 0;
	int r, printed = CLI_DONE;

	if (file_read(file, POLICY_FILE_MAX, &text, &len) != CLI_DONE)
		return CLI_FAILED;
	r = policy_parse(text, len, &p, &d);
	if (r == 0) /* what is overdue is said, and refuses nothing */
		when_warn(p, (int64_t)time(NULL), &d);
	if (c->json)
		printed = print_json(p, &d);
	else if (d.count != 0)
		print_diags(&d, file);
	if (r == 0 && !c->json)
		say(c, TEXT_POLICY_FINE, file, say_number((long long)p->zone_count).text,
		    say_number((long long)p->flow_count).text);
	if (r < 0 && d.count == 0)
		out_complain("%s: %s", file, strerror(-r));
	policy_free(p);
	return r == 0 ? printed : CLI_FAILED;
}

static int show_nft(const struct cli *c)
{
	CLEANUP(free_p) char *text = ask_text(c, "/api/policy/nft");
	CLEANUP(ask_free) json_t *answer = NULL;

	if (text == NULL)
		return CLI_FAILED;
	if (c->json) {
		answer = json_pack("{s:s}", "nft", text);
		return answer != NULL ? show_json(answer) : CLI_FAILED;
	}
	out_text(stdout, text);
	return CLI_DONE;
}

int cmd_policy_show(const struct cli *c)
{
	CLEANUP(ask_free) json_t *answer = NULL;

	if (args_has(&c->args, "nft"))
		return show_nft(c);
	answer = ask_get(c, "/api/policy");
	if (answer == NULL)
		return CLI_FAILED;
	if (c->json)
		return show_json(answer);
	out_text(stdout, show_string(answer, "text"));
	trial_say(c, json_object_get(answer, "trial"));
	return CLI_DONE;
}
