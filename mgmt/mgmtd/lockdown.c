/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/lockdown.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "lib/str.h"
#include "mgmt/mgmtd/when.h"

static const enum part both[] = { PART_GATED, PART_PROXYD };

static struct proto_lockdown message(const struct publish_order *order, bool on)
{
	struct proto_lockdown m;

	memset(&m, 0, sizeof(m));
	m.on = on;
	(void)str_copy(m.who, sizeof(m.who), order->change.who);
	(void)str_copy(m.reason, sizeof(m.reason), order->change.reason);
	return m;
}

/* One of them: 0, or why not, with ret saying who. */
static int ask(struct app *app, enum part part, const struct proto_lockdown *m,
	       struct publish_result *ret)
{
	struct proto_result result;
	int r = parts_lockdown(&app->parts, part, m, &result);

	if (r < 0 || result.code < 0) {
		ret->culprit = part;
		if (r == 0)
			(void)str_copy(ret->text, sizeof(ret->text), result.text);
		return r < 0 ? -EHOSTDOWN : -EINVAL;
	}
	ret->cut += result.cut;
	/* what gated adds to a lockdown that it took is that it could not store it */
	ret->not_kept = ret->not_kept || (part == PART_GATED && result.text[0] != '\0');
	return 0;
}

static int store(struct app *app, const struct publish_order *order, bool on)
{
	int r = db_begin(app->db);

	if (r == 0)
		r = db_run(app->db,
			   "INSERT INTO lockdown (at, active, who, reason)"
			   " VALUES (?, ?, ?, ?)",
			   "iiss", order->now, (int64_t)on, order->change.who,
			   order->change.reason);
	if (r == 0)
		r = store_change_add(app->db, &order->change, order->now);
	if (r == 0)
		r = db_commit(app->db);
	if (r < 0)
		db_rollback(app->db);
	return r;
}

/* It is done: a record or a ledger that fails does not undo it. */
static void write_down(struct app *app, const struct publish_order *order, bool on)
{
	journal_done(&app->journal, &order->change, order->client,
		     app->publisher.current);
	if (store(app, order, on) < 0)
		log_err("mgmtd", "ledger: %s is not in it: %s", order->change.what,
			db_error(app->db));
}

static int ask_both(struct app *app, const struct proto_lockdown *m,
		    struct publish_result *ret)
{
	unsigned failed = 0;
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		int one = ask(app, both[i], m, ret);

		if (one == 0)
			continue;
		if (m->on == 0 && i == 0)
			return one;
		failed |= 1u << both[i];
		r = one;
	}
	ret->pending = failed;
	app->lockdown_owed = 0;
	if (failed == (1u << PART_GATED | 1u << PART_PROXYD))
		return r;
	app->lockdown_owed = failed;
	app->lockdown = *m;
	return 0;
}

int lockdown_switch(struct app *app, const struct publish_order *order, bool on,
		    struct publish_result *ret)
{
	const struct proto_lockdown m = message(order, on);
	int r;

	*ret = (struct publish_result){ .revision = app->publisher.current,
					.culprit = PART_COUNT };
	if (!on && journal_probe(&app->journal) < 0)
		return -ENOBUFS;
	reserve_give(&app->reserve); /* gated stores it, too, and so does the ledger */
	r = ask_both(app, &m, ret);
	(void)parts_ask(&app->parts, PART_GATED);
	if (r == 0)
		write_down(app, order, on);
	reserve_take(&app->reserve);
	return r;
}

static json_t *time_json(int64_t s)
{
	char text[WHEN_TEXT_MAX];

	when_format(s, text);
	return json_string(text);
}

/* The part's own word, in its status: root can switch gated without us. */
static bool is_locked(const struct app *app, enum part part)
{
	static const char word[] = "locked:";

	return strncmp(app->parts.state[part].status.text, word, sizeof(word) - 1) == 0;
}

json_t *lockdown_json(const struct app *app)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	bool there = app->parts.state[PART_GATED].there;
	int r;

	if (there && !is_locked(app, PART_GATED))
		return json_null();
	r = db_query(app->db, &rows,
		     "SELECT active, at, who, reason FROM lockdown"
		     " ORDER BY id DESC LIMIT 1",
		     "");
	if (r == 0 && db_next(rows) == 1 && db_int(rows, 0) != 0)
		return json_pack("{s:b, s:o, s:s, s:s}", "on", 1, "since",
				 time_json(db_int(rows, 1)), "who", db_text(rows, 2),
				 "reason", db_text(rows, 3));
	if (there)
		return json_pack("{s:b, s:n, s:s, s:s}", "on", 1, "since", "who", "root",
				 "reason", app->parts.state[PART_GATED].status.text);
	return json_null();
}

/*
 * gated keeps a lockdown over a restart, proxyd does not. (The other way about nothing
 * is done: what is locked stays so until somebody says otherwise.)
 */
static void owe_proxyd(struct app *app)
{
	const struct part_state *state = app->parts.state;

	if (app->lockdown_owed != 0 || !state[PART_GATED].there ||
	    !state[PART_PROXYD].there || !is_locked(app, PART_GATED) ||
	    is_locked(app, PART_PROXYD))
		return;
	memset(&app->lockdown, 0, sizeof(app->lockdown));
	app->lockdown.on = 1;
	(void)str_copy(app->lockdown.who, sizeof(app->lockdown.who), "mgmtd");
	(void)str_copy(app->lockdown.reason, sizeof(app->lockdown.reason),
		       "the firewall is locked down");
	app->lockdown_owed = 1u << PART_PROXYD;
}

void lockdown_tick(struct app *app)
{
	struct publish_result result = { 0 };

	owe_proxyd(app);

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		unsigned bit = 1u << both[i];

		if ((app->lockdown_owed & bit) == 0 || !app->parts.state[both[i]].there ||
		    ask(app, both[i], &app->lockdown, &result) < 0)
			continue;
		app->lockdown_owed &= ~bit;
		log_info("mgmtd", "%s follows: lockdown %s", part_name(both[i]),
			 app->lockdown.on != 0 ? "on" : "off");
	}
}
