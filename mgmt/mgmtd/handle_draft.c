/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The register's file drafted from what the sensor saw and nobody registered. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/str.h"
#include "mgmt/mgmtd/draft.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/maker.h"
#include "mgmt/mgmtd/when.h"

struct gathering {
	struct call *c;
	size_t zone; /* POLICY_NONE: all where devices are asked for a permit */
	int64_t since;
	struct draft_card *card; /* owned */
	size_t count, room;
};

static struct draft_card *next_card(struct gathering *g)
{
	if (g->count == g->room) {
		size_t room = g->room != 0 ? 2 * g->room : 256;
		struct draft_card *more = reallocarray(g->card, room, sizeof(*more));

		if (more == NULL)
			return NULL;
		g->card = more;
		g->room = room;
	}
	return &g->card[g->count++];
}

static int add_card(const struct device *d, void *user)
{
	struct gathering *g = user;
	const struct policy *policy = g->c->app->policy;
	size_t zone = policy_zone_by_interface(policy, d->interface);
	struct draft_card *card;

	if (d->last_seen == 0 || d->last_seen < g->since ||
	    !input_interface_ok(policy, d->interface) ||
	    (g->zone != POLICY_NONE && zone != g->zone))
		return 0;
	card = next_card(g);
	if (card == NULL)
		return -ENOMEM;
	*card = (struct draft_card){ .device = *d,
				     .zone = policy->zone[zone].name,
				     .maker = maker_of(d->mac) };
	if (str_is_blank(d->name)) /* it would not be taken back */
		card->device.name[0] = '\0';
	return 0;
}

/* The same card on another interface may be in the register. */
static int look_up(struct db *db, struct draft_card *card)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(db, &rows,
			 "SELECT CASE a.number WHEN '' THEN a.id ELSE a.number END"
			 " FROM device d JOIN asset a ON a.id = d.asset WHERE d.mac = ?"
			 " LIMIT 1",
			 "s", card->device.mac);

	if (r == 0 && (r = db_next(rows)) == 1)
		(void)str_copy(card->known, sizeof(card->known), db_text(rows, 0));
	return r < 0 ? r : 0;
}

static int gather(struct gathering *g)
{
	const struct device_filter unowned = { .owned = DEVICE_OF_NONE, .limit = -1 };
	struct app *app = g->c->app;
	int r;

	app_take_sightings(app);
	r = store_device_each(app->db, &unowned, add_card, g);
	for (size_t i = 0; r == 0 && i < g->count; i++)
		r = look_up(app->db, &g->card[i]);
	return r;
}

/* Returns false when it has answered. */
static bool read_query(struct call *c, struct gathering *g)
{
	static const char *const keys[] = { "zone", "since", "encoding", NULL };
	const char *zone = call_query(c, "zone"), *since = call_query(c, "since");
	const struct policy *policy = c->app->policy;

	g->zone = POLICY_NONE;
	if (!call_query_known(c, keys))
		return false;
	if (since != NULL && when_parse(since, false, &g->since) < 0) {
		call_fail(c, MSG_BAD_QUERY, "since");
		return false;
	}
	if (zone == NULL)
		return true;
	g->zone = policy_zone_by_name(policy, zone);
	if (g->zone == POLICY_NONE)
		call_fail(c, MSG_BAD_QUERY, "zone");
	else if (policy->zone[g->zone].admission == POLICY_ADMISSION_OFF)
		call_fail(c, MSG_ZONE_OFF, zone);
	else
		return true;
	return false;
}

void handle_asset_draft(struct call *c)
{
	CLEANUP(free_p) char *text = NULL;
	struct gathering g = { .c = c };
	size_t len = 0;
	FILE *f;
	int r;

	if (!call_needs_policy(c) || !read_query(c, &g) || !asset_encoding_ok(c))
		return;
	r = gather(&g);
	f = r == 0 ? open_memstream(&text, &len) : NULL;
	if (r == 0 && f == NULL)
		r = -ENOMEM;
	if (r == 0) {
		draft_print(f, g.card, g.count, c->ja, c->req->now);
		r = ferror(f) != 0 ? -ENOMEM : 0;
	}
	if (f != NULL && fclose(f) != 0 && r == 0)
		r = -ENOMEM;
	free(g.card);
	if (r < 0)
		call_fail_internal(c, r);
	else
		asset_answer_file(c, STEAL(text), len);
}
