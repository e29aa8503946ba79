/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/probes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/str.h"
#include "mgmt/mgmtd/call.h"
#include "mgmt/mgmtd/lockdown.h"
#include "mgmt/mgmtd/store_probe.h"

#define DAY_S     86400
#define AGAIN_S   3600 /* while something is wrong */
#define LOOK_MS   30000
#define FAILED_MS 600000

static bool is_result(const char *text)
{
	return text != NULL && (strcmp(text, "good") == 0 || strcmp(text, "bad") == 0 ||
				strcmp(text, "not-tested") == 0);
}

/* What contradicts itself is no answer. */
static bool is_answer(const json_t *answer)
{
	const char *result = json_string_value(json_object_get(answer, "result"));
	const json_t *wrong = json_object_get(answer, "wrong");

	return is_result(result) && json_is_array(wrong) &&
	       json_is_array(json_object_get(answer, "not_tested")) &&
	       (strcmp(result, "bad") == 0) == (json_array_size(wrong) != 0);
}

static int64_t number_of(const json_t *answer, const char *key)
{
	return json_integer_value(json_object_get(answer, key));
}

/* What gated says, as far as the ledger knows it by name. */
static int read_answer(const char *text, struct probe_run *run)
{
	json_t *answer = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	int r = is_answer(answer) ? 0 : -EBADMSG;

	if (r == 0) {
		(void)str_copy(run->result, sizeof(run->result),
			       json_string_value(json_object_get(answer, "result")));
		run->revision = number_of(answer, "revision");
		run->passed = number_of(answer, "passed");
		run->blocked = number_of(answer, "blocked");
		run->contradictions = number_of(answer, "contradictions");
		run->untested = number_of(answer, "untested");
	}
	json_decref(answer);
	return r;
}

int probes_run(struct app *app, const char *who, int64_t now)
{
	CLEANUP(free_p) char *text = NULL;
	struct probe_run run = { .at = now };
	int r = parts_probe(&app->parts, &text);

	if (r == 0)
		r = read_answer(text, &run);
	if (r == 0)
		r = store_probe_policy(app->db, &run.policy);
	if (r < 0)
		return r;
	(void)str_copy(run.who, sizeof(run.who), who);
	run.answer = text;
	return store_probe_add(app->db, &run);
}

static bool is_due(struct app *app, int64_t now)
{
	struct probe_run last;
	int64_t policy = 0;
	int r = store_probe_last(app->db, &last);

	if (r < 0)
		return r == -ENOENT;
	if (store_probe_policy(app->db, &policy) < 0)
		return false;
	return policy != last.policy || now < last.at || now - last.at >= DAY_S ||
	       (strcmp(last.result, "bad") == 0 && now - last.at >= AGAIN_S);
}

/* gated has what is to be in force, and it is all in force. */
static bool is_ready(const struct app *app)
{
	const struct part_state *gated = &app->parts.state[PART_GATED];
	json_t *lockdown = lockdown_json(app);
	bool locked = !json_is_null(lockdown);

	json_decref(lockdown);
	return app->policy != NULL && !locked && app->publisher.trial.number == 0 &&
	       gated->there && gated->status.revision == app->publisher.current;
}

void probes_tick(struct app *app, int64_t now)
{
	int r;

	if (mono_diff_ms(app->probes_next, mono_now()) > 0 || !is_ready(app))
		return;
	app->probes_next = mono_after_ms(mono_now(), LOOK_MS);
	if (!is_due(app, now))
		return;
	r = probes_run(app, CHANGE_BY_TIMER, now);
	if (r < 0) {
		log_warn("mgmtd", "no probes: %s", strerror(-r));
		app->probes_next = mono_after_ms(mono_now(), FAILED_MS);
	}
}

json_t *probes_last_json(struct app *app)
{
	struct probe_run last;

	if (store_probe_last(app->db, &last) < 0)
		return json_null();
	return json_pack("{s:o, s:s, s:I, s:I, s:I}", "time", call_time(last.at),
			 "result", last.result, "revision", (json_int_t)last.revision,
			 "contradictions", (json_int_t)last.contradictions, "untested",
			 (json_int_t)last.untested);
}
