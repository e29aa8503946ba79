/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far each zone is on its way from off to enforce. */
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/zone_since.h"

#define DAY_S     86400
#define SEEN_DAYS 35 /* a month of work, with its ends */

static const char *const modes[] = {
	[POLICY_ADMISSION_OFF] = "off",
	[POLICY_ADMISSION_DETECT] = "detect",
	[POLICY_ADMISSION_ENFORCE] = "enforce",
};

struct count {
	int64_t seen, registered, permitted;
};

static struct count *count_of(struct call *c, struct count *count, const char *interface)
{
	size_t zone = policy_zone_by_interface(c->app->policy, interface);

	return zone != POLICY_NONE ? &count[zone] : NULL;
}

static int count_seen(struct call *c, int64_t since, struct count *count)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(c->app->db, &rows,
			 "SELECT interface, count(*), sum(asset <> '') FROM device"
			 " WHERE last_seen >= ? GROUP BY interface",
			 "i", since);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct count *n = count_of(c, count, db_text(rows, 0));

		if (n == NULL)
			continue;
		n->seen += db_int(rows, 1);
		n->registered += db_int(rows, 2);
	}
	return r;
}

/* From the permits: to look for one with each card takes much longer. */
static int count_permitted(struct call *c, int64_t since, struct count *count)
{
	CLEANUP(db_rows_free) struct db_rows *rows = NULL;
	int r = db_query(c->app->db, &rows,
			 "SELECT d.interface, count(*) FROM permit p"
			 " JOIN device d ON d.id = p.device WHERE p.state = 'active'"
			 " AND (p.until = 0 OR p.until > ?) AND d.last_seen >= ?"
			 " GROUP BY d.interface",
			 "ii", c->req->now, since);

	while (r >= 0 && (r = db_next(rows)) == 1) {
		struct count *n = count_of(c, count, db_text(rows, 0));

		if (n != NULL)
			n->permitted += db_int(rows, 1);
	}
	return r;
}

/* Cards that were seen lately, by zone. */
static int count_cards(struct call *c, struct count *count)
{
	int64_t since = c->req->now - SEEN_DAYS * DAY_S;
	int r = count_seen(c, since, count);

	return r < 0 ? r : count_permitted(c, since, count);
}

static json_t *names_json(const struct policy_interface *item, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_string(item[i].name));
	return list;
}

static json_t *zone_json(const struct call *c, const struct policy_zone *z, int64_t since,
			 const struct count *n)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:b, s:o, s:I, s:I, s:I}",
			 "name", z->name, "label", c->ja ? z->label_ja : z->label_en,
			 "mode", modes[z->admission], "since", call_time(since),
			 "interfaces", names_json(z->interface, z->interface_count),
			 "ports", names_json(z->port, z->port_count), "port_lock",
			 (int)z->port_lock, "containment", (int)z->containment, "vlan",
			 z->vlan != 0 ? json_integer(z->vlan) : json_null(), "seen",
			 (json_int_t)n->seen, "registered", (json_int_t)n->registered,
			 "permitted", (json_int_t)n->permitted);
}

int admission_zones(struct call *c, json_t **ret)
{
	struct count count[POLICY_ZONES_MAX] = { 0 };
	struct app *app = c->app;
	json_t *list;
	int r = 0;

	app_take_sightings(app);
	if (app->policy == NULL) {
		*ret = json_array();
		return 0;
	}
	if (!app->zone_since_read)
		r = zone_since(app->db, app->policy, app->zone_since);
	if (r == 0) {
		app->zone_since_read = true;
		r = count_cards(c, count);
	}
	if (r < 0)
		return r;
	list = json_array();
	for (size_t i = 0; i < app->policy->zone_count; i++)
		(void)json_array_append_new(list,
					    zone_json(c, &app->policy->zone[i],
						      app->zone_since[i], &count[i]));
	*ret = list;
	return 0;
}
