/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/app.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/mono.h"
#include "mgmt/mgmtd/chores.h"
#include "mgmt/mgmtd/probes.h"
#include "mgmt/mgmtd/lockdown.h"
#include "mgmt/mgmtd/register.h"
#include "mgmt/mgmtd/session.h"
#include "mgmt/mgmtd/store_policy.h"
#include "mgmt/mgmtd/trial.h"
#include "mgmt/mgmtd/when.h"

#define CHORES_MS 600000

/* An earlier version may have taken what this one refuses. */
static int parse(struct app *app, const char *text, struct policy **ret)
{
	struct diags diags = { 0 };
	int r = policy_parse(text, strlen(text), ret, &diags);

	app->policy_refused[0] = '\0';
	if (r != -EINVAL && r != -EFBIG)
		return r;
	*ret = NULL;
	(void)snprintf(app->policy_refused, sizeof(app->policy_refused), "%u:%u: %s",
		       diags.item[0].at.line, diags.item[0].at.column,
		       diags.item[0].text);
	log_err("mgmtd", "this version refuses the policy in force, apply another: %s",
		app->policy_refused);
	return 0;
}

int app_read_policy(struct app *app)
{
	CLEANUP(store_policy_free) struct policy_version version = { 0 };
	struct policy *policy = NULL;
	int r = store_policy_get(app->db, &version);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = parse(app, version.text, &policy);
	if (r < 0)
		return r;
	policy_free(app->policy);
	app->policy = policy;
	app->zone_since_read = false;
	if (policy != NULL)
		when_use_zone(policy->timezone);
	return 0;
}

static int open_all(struct app *app, const char *root, const char **ret_what)
{
	char path[PATH_TEXT_MAX];
	int r = path_join(path, root, PATH_LEDGER "/ledger.db");

	*ret_what = "the ledger";
	if (r == 0)
		r = db_open(path, &app->db);
	if (r < 0)
		return r;
	*ret_what = "the paths";
	if ((r = parts_init(&app->parts, root)) < 0 ||
	    (r = journal_init(&app->journal, root)) < 0)
		return r;
	*ret_what = "the revisions";
	r = publish_init(&app->publisher, root, app->db, &app->parts, &app->journal,
			 &app->reserve);
	if (r < 0)
		return r;
	*ret_what = "the policy in force";
	r = app_read_policy(app);
	if (r < 0)
		return r;
	*ret_what = "the passwords";
	return auth_init(&app->auth);
}

int app_open(struct app *app, const char *root)
{
	const char *what;
	int r;

	*app = (struct app){ .reserve.fd = -1, .started_us = wall_us() };
	r = reserve_open(&app->reserve, root);
	if (r < 0)
		log_warn("mgmtd", "no reserve for withdrawals on a full disk: %s",
			 strerror(-r));
	/* the ledger makes files when it is opened */
	reserve_give(&app->reserve);
	r = open_all(app, root, &what);
	reserve_take(&app->reserve);
	if (r < 0) {
		log_err("mgmtd", "cannot open %s: %s", what, strerror(-r));
		app_close(app);
		return r;
	}
	if (journal_state(&app->journal) < 0)
		log_err("mgmtd", "records cannot be written to %s; changes are refused",
			app->journal.dir);
	return 0;
}

void app_close(struct app *app)
{
	journal_close(&app->journal);
	reserve_close(&app->reserve);
	policy_free(app->policy);
	app->policy = NULL;
	db_close(app->db);
	app->db = NULL;
}

void app_sign_out(struct app *app, const char *login)
{
	int r = parts_sign_out(&app->parts, login);

	/* a proxyd that does not run remembers nobody */
	if (r < 0 && r != -ENOENT && r != -ECONNREFUSED)
		app->sign_out_owed = true;
}

static void pay_sign_out(struct app *app)
{
	if (!app->sign_out_owed || !app->parts.state[PART_PROXYD].there)
		return;
	app->sign_out_owed = false;
	app_sign_out(app, "");
	if (!app->sign_out_owed)
		log_info("mgmtd", "proxyd was away: everybody signs in there anew");
}

/* Told when it begins, and when it is over: not each second of a full disk. */
static void tell_waiting(const struct app *app, bool *waits, int error, const char *what)
{
	if (error < 0 && !*waits)
		log_warn("mgmtd", "%s wait: %s", what, db_error(app->db));
	else if (error >= 0 && *waits)
		log_info("mgmtd", "%s are stored again", what);
	*waits = error < 0;
}

void app_take_sightings(struct app *app)
{
	tell_waiting(app, &app->sightings_wait, sight_store(&app->sight, app->db),
		     "sightings");
}

void app_take_alarms(struct app *app, int64_t now)
{
	tell_waiting(app, &app->alarms_wait, alarm_store(app, now), "alarms");
}

void app_follow_clock(struct app *app, int64_t now)
{
	tell_waiting(app, &app->states_wait, register_tick(app->db, now),
		     "ends and beginnings of permits");
}

void app_tick(struct app *app, int64_t now)
{
	parts_poll(&app->parts);
	reserve_tick(&app->reserve);
	trial_tick(&app->publisher, now);
	if (publish_renew(&app->publisher, now) < 0)
		log_warn("mgmtd", "a full revision beforehand: not now");
	if (app->publisher.trial.number == 0)
		parts_resend(&app->parts, app->publisher.current);
	lockdown_tick(app);
	app_follow_clock(app, now);
	/* back before an end that was seen: what it ended would hold again */
	if (now < app->ticked || mono_diff_ms(app->chores_next, mono_now()) <= 0) {
		app->chores_next = mono_after_ms(mono_now(), CHORES_MS);
		chores_run(app, now);
	}
	app->ticked = now;
	probes_tick(app, now);
	pay_sign_out(app);
	tell_waiting(app, &app->sessions_wait, session_expire(app->db, now),
		     "ends of sessions");
}
