/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>

#include "mgmt/mgmtd/asset_json.h"
#include "mgmt/mgmtd/asset_store.h"
#include "mgmt/mgmtd/find_device.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/input_asset.h"
#include "mgmt/mgmtd/input_permit.h"
#include "mgmt/mgmtd/page.h"
#include "mgmt/mgmtd/register.h"

#define LIST_MAX     1000
#define LIST_DEFAULT 100

struct listing {
	struct page page;
	struct terms terms;
};

static int add_json(const struct asset *a, void *user)
{
	struct listing *l = user;
	json_t *obj = NULL;
	int r;

	if (!page_has_room(&l->page))
		return 0;
	r = asset_json(l->page.c, a, &l->terms, &obj);
	return r == 0 ? page_add(&l->page, obj) : r;
}

/* Returns false when it has answered. */
static bool read_filter(struct call *c, struct asset_filter *f, struct page *ret_page)
{
	static const char *const keys[] = { "state", "kind",  "zone", "text",
					    "after", "limit", NULL };

	if (!call_query_known(c, keys) ||
	    !page_begin(c, LIST_DEFAULT, LIST_MAX, ret_page))
		return false;
	*f = (struct asset_filter){ .state = call_query(c, "state"),
				    .kind = call_query(c, "kind"),
				    .zone = call_query(c, "zone"),
				    .text = call_query(c, "text"),
				    .after = call_query(c, "after"),
				    .limit = ret_page->ask };
	return true;
}

void handle_asset_list(struct call *c)
{
	struct listing l = { 0 };
	struct asset_filter f;
	int r;

	if (!read_filter(c, &f, &l.page))
		return;
	app_take_sightings(c->app);
	app_follow_clock(c->app, c->req->now); /* states are searched for */
	r = store_terms_get(c->app->db, &l.terms);
	if (r == 0)
		r = store_asset_each(c->app->db, &f, add_json, &l);
	page_answer(&l.page, r, "assets", NULL);
}

static int get_json(struct call *c, const char *id, bool history, json_t **ret)
{
	struct terms terms;
	struct asset a;
	int r = store_asset_get(c->app->db, id, &a);

	if (r == 0)
		r = store_terms_get(c->app->db, &terms);
	if (r == 0)
		r = asset_json(c, &a, &terms, ret);
	if (r == 0 && history) {
		r = asset_json_history(c, &a, *ret);
		if (r < 0)
			json_decref(*ret);
	}
	return r;
}

void asset_answer(struct call *c, const char *id, const struct publish_result *result,
		  bool with_cut)
{
	json_t *obj = NULL;
	int r = get_json(c, id, false, &obj);

	if (r < 0) {
		call_fail_internal(c, r);
		return;
	}
	if (result != NULL)
		call_add_result(c, obj, result, with_cut);
	call_json(c, 200, obj);
}

void handle_asset_show(struct call *c)
{
	json_t *obj = NULL;
	struct asset a;
	int r;

	if (!find_asset(c, &a))
		return;
	r = get_json(c, a.id, true, &obj);
	if (r < 0)
		call_fail_internal(c, r);
	else
		call_json(c, 200, obj);
}

/* What storing an entry or a card refused. */
static void fail_store(struct call *c, int r, const char *number,
		       const struct publish_result *result)
{
	if (r == -EEXIST)
		call_fail(c, MSG_NUMBER_TAKEN, number);
	else if (r == -EBUSY && c->app->publisher.trial.number == 0)
		call_fail(c, MSG_HAS_PERMIT, "");
	else if (r == -EPERM)
		call_fail(c, MSG_CARD_HELD, "");
	else if (r == -EDQUOT)
		call_fail(c, MSG_FULL, "");
	else
		call_fail_publish(c, r, result);
}

void handle_asset_add(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order;
	struct input_asset in;
	struct input_error e;
	int r;

	if (!call_needs_policy(c))
		return;
	if (input_asset_new(c->body, c->app->policy, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	r = sight_store(&c->app->sight, c->app->db);
	if (r == 0)
		r = publish_begin(p);
	if (r == 0)
		r = asset_store_new(c->app->db, &in,
				    &(struct register_cause){ .who = c->actor.login,
							      .why = "",
							      .now = c->req->now });
	order = call_order(c, "asset-add", in.asset.id, "");
	order.change.about = in.card[0].mac;
	if (r == 0)
		r = publish_note(p, &order);
	else
		publish_abort(p);
	if (r < 0)
		fail_store(c, r, in.asset.number, NULL);
	else
		asset_answer(c, in.asset.id, NULL, false);
}

void handle_asset_change(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_order order;
	struct input_asset in;
	struct input_error e;
	struct asset a;
	int r;

	if (!call_needs_policy(c) || !find_asset(c, &a))
		return;
	if (input_asset_change(c->body, c->app->policy, &a, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	order = call_order(c, "asset-change", a.id, in.reason);
	order.change.about = in.asset.name;
	r = publish_begin(p);
	if (r == 0)
		r = store_asset_describe(c->app->db, &in.asset);
	if (r == 0)
		r = publish_note(p, &order);
	else
		publish_abort(p);
	if (r < 0)
		fail_store(c, r, in.asset.number, NULL);
	else
		asset_answer(c, a.id, NULL, false);
}

void handle_asset_card(struct call *c)
{
	struct publisher *p = &c->app->publisher;
	struct publish_result result = { 0 };
	struct publish_order order;
	struct input_asset in;
	struct input_error e;
	struct asset a;
	int r;

	if (!call_needs_policy(c) || !find_asset(c, &a))
		return;
	if (input_asset_card(c->body, c->app->policy, &in, &e) < 0) {
		call_fail_input(c, &e);
		return;
	}
	order = call_order(c, "asset-card", a.id, in.reason);
	order.change.about = in.card[0].mac;
	order.asset = a.id;
	r = sight_store(&c->app->sight, c->app->db);
	if (r == 0)
		r = publish_begin(p);
	if (r == 0)
		r = asset_store_card(c->app->db, a.id, &in.card[0]);
	if (r == 0)
		r = publish_cards(p, &order, &result);
	else
		publish_abort(p);
	if (r < 0)
		fail_store(c, r, "", &result);
	else
		asset_answer(c, a.id, NULL, false);
}
