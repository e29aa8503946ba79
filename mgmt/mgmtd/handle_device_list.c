/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cards by page: a register may have more than one answer holds. */
#include <errno.h>
#include <string.h>

#include "lib/mem.h"
#include "mgmt/mgmtd/device_json.h"
#include "mgmt/mgmtd/handlers.h"
#include "mgmt/mgmtd/page.h"
#include "mgmt/mgmtd/store_device.h"

#define LIST_MAX     1000
#define LIST_DEFAULT 100

static int add_json(const struct device *d, void *user)
{
	struct page *page = user;
	const struct call *c = page->c;
	json_t *obj = NULL;
	int r;

	if (!page_has_room(page))
		return 0;
	r = device_json(c->app->db, c->app->policy, d, c->req->now, c->ja, &obj);
	return r == 0 ? page_add(page, obj) : r;
}

static void add_places(json_t *list, const struct policy_zone *z,
		       const struct policy_interface *in, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(list, json_pack("{s:s, s:s}", "interface",
							    in[i].name, "zone", z->name));
}

/* Where a card can be. The answer is the caller's. */
static json_t *places_json(const struct policy *p)
{
	json_t *list = json_array();

	for (size_t i = 0; p != NULL && i < p->zone_count; i++) {
		const struct policy_zone *z = &p->zone[i];

		/* of a bridged zone's cards the ports count */
		add_places(list, z, z->port_count != 0 ? z->port : z->interface,
			   z->port_count != 0 ? z->port_count : z->interface_count);
	}
	return list;
}

/* The zone's interfaces and ports as a JSON array, which the caller frees. */
static char *interfaces_of(const struct policy *p, const char *zone)
{
	json_t *list = json_array();
	char *text;

	for (size_t i = 0; p != NULL && i < p->zone_count; i++) {
		const struct policy_zone *z = &p->zone[i];

		if (strcmp(z->name, zone) != 0)
			continue;
		for (size_t k = 0; k < z->interface_count; k++)
			(void)json_array_append_new(list,
						    json_string(z->interface[k].name));
		for (size_t k = 0; k < z->port_count; k++)
			(void)json_array_append_new(list, json_string(z->port[k].name));
	}
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return text;
}

/* One of the words, or the first when the query has none; -1: neither. */
static int word_of(const struct call *c, const char *key, const char *const words[3])
{
	const char *value = call_query(c, key);

	for (int i = 0; i < 3; i++) {
		if (strcmp(value != NULL ? value : words[0], words[i]) == 0)
			return i;
	}
	return -1;
}

/* device is an id or any spelling of a MAC address. */
static bool read_device(const struct call *c, struct device_filter *f,
			char mac_text[MAC_TEXT_MAX])
{
	struct mac mac;

	f->device = call_query(c, "device");
	if (f->device == NULL || id_is('d', f->device))
		return true;
	if (mac_read(f->device, &mac) < 0)
		return false;
	mac_format(mac, mac_text);
	f->device = mac_text;
	return true;
}

/* The name of the parameter that is wrong, or NULL. */
static const char *read_filter(const struct call *c, struct device_filter *f,
			       char mac_text[MAC_TEXT_MAX])
{
	static const char *const owned[] = { "", "true", "false" };
	static const char *const requested[] = { "false", "true", "true" };
	static const char *const orders[] = { "mac", "first-seen", "last-seen" };
	struct device last;
	int o = word_of(c, "registered", owned), q = word_of(c, "requested", requested),
	    order = word_of(c, "order", orders);

	if (!read_device(c, f, mac_text))
		return "device";
	if (o < 0 || q < 0 || order < 0)
		return o < 0 ? "registered" : q < 0 ? "requested" : "order";
	f->state = call_query(c, "state");
	f->text = call_query(c, "text");
	f->owned = (enum device_owned)o;
	f->requested = q != 0;
	f->order = (enum device_order)order;
	f->after = call_query(c, "after");
	/* it may have made room for another meanwhile: no end of the list, but no place in it */
	if (f->after != NULL && store_device_get(c->app->db, f->after, &last) == -ENOENT)
		return "after";
	return NULL;
}

static int list_devices(struct call *c, struct device_filter *f, struct page *page)
{
	const char *zone = call_query(c, "zone");
	CLEANUP(free_p)
	char *interfaces = zone != NULL ? interfaces_of(c->app->policy, zone) : NULL;
	int r = zone == NULL || interfaces != NULL ? 0 : -ENOMEM;

	f->interfaces = interfaces;
	app_take_sightings(c->app);
	if (f->state != NULL)
		app_follow_clock(c->app, c->req->now);
	return r < 0 ? r : store_device_each(c->app->db, f, add_json, page);
}

void handle_device_list(struct call *c)
{
	static const char *const keys[] = { "device",     "state",     "zone",  "text",
					    "registered", "requested", "order", "after",
					    "limit",      NULL };
	struct device_filter f = { 0 };
	char mac_text[MAC_TEXT_MAX];
	const char *wrong;
	struct page page;
	int r;

	if (!call_query_known(c, keys))
		return;
	wrong = read_filter(c, &f, mac_text);
	if (wrong != NULL) {
		call_fail(c, MSG_BAD_QUERY, wrong);
		return;
	}
	if (!page_begin(c, LIST_DEFAULT, LIST_MAX, &page))
		return;
	f.limit = page.ask;
	r = list_devices(c, &f, &page);
	page_answer(&page, r, "devices",
		    json_pack("{s:o}", "places", places_json(c->app->policy)));
}
