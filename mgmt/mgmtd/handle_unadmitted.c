/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Devices that open connections where admission only detects, and would be kept out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mono.h"
#include "lib/reason.h"
#include "lib/record.h"
#include "lib/str.h"
#include "mgmt/mgmtd/device_json.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/maker.h"

#define DAY_S        86400
#define DAYS_MAX     35
#define DAYS_DEFAULT 14
#define PAGE_ROWS    5000
#define PAGES_MAX    100 /* half a million records */
#define BUDGET_MS    3000 /* everybody else waits meanwhile */
#define DEVICES_TOLD 5000
#define ROWS_MAX     500 /* of an answer */

struct unadmitted {
	char zone[POLICY_NAME_MAX + 1];
	struct mac mac;
	int64_t first_us, last_us;
	uint64_t count;
};

struct search {
	struct call *c;
	const char *zone; /* NULL: all */
	uint64_t days;
	json_t *place; /* of "zone mac" in row */
	struct unadmitted *row; /* DEVICES_TOLD */
	size_t count;
	uint64_t unnamed; /* of devices that were too many to be told of one by one */
	uint64_t last; /* row of the page */
	bool cut;
	struct mono start;
};

static struct unadmitted *find_row(struct search *s, const struct record *rec)
{
	char key[POLICY_NAME_MAX + MAC_TEXT_MAX + 2], mac[MAC_TEXT_MAX];
	struct unadmitted *row;
	const json_t *at;

	mac_format(rec->mac, mac);
	(void)snprintf(key, sizeof(key), "%.31s %s", rec->zone, mac);
	at = json_object_get(s->place, key);
	if (at != NULL)
		return &s->row[json_integer_value(at)];
	if (s->count == DEVICES_TOLD ||
	    json_object_set_new(s->place, key, json_integer((json_int_t)s->count)) < 0)
		return NULL;
	row = &s->row[s->count++];
	*row = (struct unadmitted){ .mac = rec->mac, .first_us = rec->time_us };
	(void)str_copy(row->zone, sizeof(row->zone), rec->zone);
	return row;
}

static int take_record(const struct proto_row *row, void *user)
{
	struct search *s = user;
	struct unadmitted *u;
	struct record rec;

	if (record_decode(row->record, row->len, &rec) < 0)
		return -EBADMSG;
	s->last = row->id;
	if (s->zone != NULL && strcmp(rec.zone, s->zone) != 0)
		return 0;
	u = mac_is_zero(rec.mac) ? NULL : find_row(s, &rec);
	if (u == NULL) {
		s->unnamed += rec.count != 0 ? rec.count : 1;
		return 0;
	}
	u->count += rec.count != 0 ? rec.count : 1;
	if (rec.time_us < u->first_us)
		u->first_us = rec.time_us;
	if (rec.time_us > u->last_us)
		u->last_us = rec.time_us;
	return 0;
}

/* Page by page, the newest first: when it is too much, the oldest are left out. */
static int take_all(struct search *s)
{
	struct proto_query q = { .limit = PAGE_ROWS,
				 .newest_first = 1,
				 .reason = REASON_WOULD_NOT_ADMIT };
	struct proto_query_end end = { .more = 1 };
	int r = 0;

	q.from_us = (s->c->req->now - (int64_t)s->days * DAY_S) * 1000000;
	(void)str_copy(q.zone, sizeof(q.zone), s->zone != NULL ? s->zone : "");
	for (int page = 0; r == 0 && end.more != 0; page++) {
		if (page == PAGES_MAX || mono_diff_ms(mono_now(), s->start) > BUDGET_MS) {
			s->cut = true;
			break;
		}
		r = parts_query(&s->c->app->parts, &q, take_record, s, &end);
		s->cut = s->cut || end.behind != 0;
		q.after_id = s->last;
	}
	return r;
}

static int by_use(const void *a, const void *b)
{
	const struct unadmitted *x = a, *y = b;

	return x->count != y->count ? (x->count < y->count ? 1 : -1)
				    : memcmp(x->mac.b, y->mac.b, sizeof(x->mac.b));
}

static int find_at(struct call *c, const char *mac, const struct policy_interface *in,
		   size_t count, struct device *ret)
{
	int r = -ENOENT;

	for (size_t i = 0; i < count && r == -ENOENT; i++)
		r = store_device_find(c->app->db, mac, in[i].name, ret);
	return r;
}

/* The card as the ledger has it: at a port, where the zone has some, or on an interface. */
static int find_card(struct call *c, const struct unadmitted *u, struct device *ret)
{
	const struct policy *policy = c->app->policy;
	size_t zone = policy != NULL ? policy_zone_by_name(policy, u->zone) : POLICY_NONE;
	const struct policy_zone *z = zone != POLICY_NONE ? &policy->zone[zone] : NULL;
	char mac[MAC_TEXT_MAX];
	int r;

	if (z == NULL)
		return -ENOENT;
	mac_format(u->mac, mac);
	r = find_at(c, mac, z->port, z->port_count, ret);
	return r == -ENOENT ? find_at(c, mac, z->interface, z->interface_count, ret) : r;
}

static int row_json(struct call *c, const struct unadmitted *u, json_t **ret)
{
	char mac[MAC_TEXT_MAX];
	json_t *card = NULL;
	struct device d;
	int r = find_card(c, u, &d);

	mac_format(u->mac, mac);
	if (r == 0)
		r = device_json(c->app->db, c->app->policy, &d, c->req->now, c->ja,
				&card);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o}", "zone", u->zone, "mac",
			 mac, "manufacturer", json_string(maker_of(mac)), "count",
			 (json_int_t)u->count, "first", call_time(u->first_us / 1000000),
			 "last", call_time(u->last_us / 1000000), "device",
			 card != NULL ? card : json_null());
	return *ret != NULL ? 0 : -ENOMEM;
}

static void answer(struct search *s)
{
	json_t *list = json_array();
	int r = 0;

	qsort(s->row, s->count, sizeof(s->row[0]), by_use);
	for (size_t i = 0; r == 0 && i < s->count && i < ROWS_MAX; i++) {
		json_t *obj = NULL;

		r = row_json(s->c, &s->row[i], &obj);
		if (r == 0)
			r = json_array_append_new(list, obj) == 0 ? 0 : -ENOMEM;
	}
	if (r < 0) {
		json_decref(list);
		call_fail_internal(s->c, r);
		return;
	}
	call_json(s->c, 200,
		  json_pack("{s:I, s:o, s:I, s:I, s:b}", "days", (json_int_t)s->days,
			    "devices", list, "total", (json_int_t)s->count, "unnamed",
			    (json_int_t)s->unnamed, "cut", (int)s->cut));
}

/* Returns false when it has answered. */
static bool read_query(struct call *c, struct search *s)
{
	static const char *const keys[] = { "zone", "days", NULL };
	const char *days = call_query(c, "days");

	s->zone = call_query(c, "zone");
	s->days = DAYS_DEFAULT;
	if (!call_query_known(c, keys))
		return false;
	if (days != NULL && str_to_uint(days, 1, DAYS_MAX, &s->days) < 0) {
		call_fail(c, MSG_BAD_QUERY, "days");
		return false;
	}
	if (s->zone == NULL ||
	    policy_zone_by_name(c->app->policy, s->zone) != POLICY_NONE)
		return true;
	call_fail(c, MSG_BAD_QUERY, "zone");
	return false;
}

void handle_unadmitted(struct call *c)
{
	struct search s = { .c = c, .start = mono_now() };
	char question[96];
	int r;

	if (!call_needs_policy(c) || !read_query(c, &s))
		return;
	(void)snprintf(question, sizeof(question), "would-not-admit, %u days, zone %s",
		       (unsigned)s.days, s.zone != NULL ? s.zone : "any");
	if (journal_read(&c->app->journal, c->actor.login, question, c->req->client) <
	    0) {
		call_fail(c, MSG_NO_RECORD, "");
		return;
	}
	s.place = json_object();
	s.row = calloc(DEVICES_TOLD, sizeof(s.row[0]));
	r = s.place != NULL && s.row != NULL ? take_all(&s) : -ENOMEM;
	if (r == 0)
		answer(&s);
	else if (r == -EHOSTDOWN || r == -ETIMEDOUT || r == -EBADMSG)
		call_fail(c, MSG_PART_AWAY, part_name(PART_RECORDD));
	else
		call_fail_internal(c, r);
	json_decref(s.place);
	free(s.row);
}
