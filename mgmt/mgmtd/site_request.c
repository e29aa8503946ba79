/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/site_request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/allow/entry.h"
#include "lib/str.h"
#include "mgmt/mgmtd/store_device.h"
#include "mgmt/mgmtd/store_entry.h"

_Static_assert(SITE_REQUEST_BY_MAX + LOGIN_MAX <= ENTRY_BY_MAX, "both names fit");

static bool texts_ok(const struct proto_site_request *m)
{
	return proto_str_ok(m->device, sizeof(m->device)) &&
	       proto_str_ok(m->user, sizeof(m->user)) &&
	       proto_str_ok(m->zone, sizeof(m->zone)) &&
	       proto_str_ok(m->host, sizeof(m->host)) &&
	       proto_str_ok(m->purpose, sizeof(m->purpose));
}

/* A name is there in its normal form already, an address as addr_format() has it. */
static bool host_ok(const char *host)
{
	char normal[HOST_MAX + 1];
	struct addr a;

	if (addr_parse(host, &a) == 0)
		addr_format(a, normal);
	else if (host_normalise(host, normal) < 0)
		return false;
	return strcmp(normal, host) == 0;
}

static bool is_well_formed(const struct proto_site_request *m)
{
	return texts_ok(m) && host_ok(m->host) && m->port != 0 &&
	       (m->addr_family == 4 || m->addr_family == 6) &&
	       (m->device[0] == '\0' || id_is('d', m->device)) && m->purpose[0] != '\0' &&
	       str_is_printable_utf8(m->zone) &&
	       (m->user[0] == '\0' || str_is_name(m->user, LOGIN_MAX)) &&
	       str_is_printable_utf8(m->purpose);
}

static struct addr address_of(const struct proto_site_request *m)
{
	struct addr a = { .family = m->addr_family };

	memcpy(a.bytes, m->addr, a.family == 4 ? 4 : 16);
	return a;
}

static int set_host(const struct proto_site_request *m, struct entry *e)
{
	struct addr a;

	(void)str_copy(e->host, sizeof(e->host), m->host);
	if (addr_parse(m->host, &a) < 0)
		return 0;
	e->address = true;
	addr_format(addr_unmap(a), e->host);
	return allow_address_is_nameable(addr_unmap(a)) ? 0 : -EINVAL;
}

static void device_of(const struct proto_site_request *m, char ret[SITE_REQUEST_BY_MAX])
{
	char address[ADDR_TEXT_MAX];

	addr_format(address_of(m), address);
	(void)snprintf(ret, SITE_REQUEST_BY_MAX, SITE_REQUEST_BY "%s",
		       m->device[0] != '\0' ? m->device : address);
}

/* Who asked, as the device and its user are called, and what for. */
static void set_texts(const struct app *app, const struct proto_site_request *m,
		      struct entry *e)
{
	char address[ADDR_TEXT_MAX], device[SITE_REQUEST_BY_MAX];
	struct device d;

	addr_format(address_of(m), address);
	device_of(m, device);
	(void)snprintf(e->requested_by, sizeof(e->requested_by), "%s%s%.*s", device,
		       m->user[0] != '\0' ? " " : "", LOGIN_MAX, m->user);
	(void)snprintf(e->purpose, sizeof(e->purpose), "%s (%s, %s, %016" PRIx64 ")",
		       m->purpose, address, m->zone, m->reference);
	if (m->device[0] != '\0' && store_device_get(app->db, m->device, &d) == 0)
		(void)str_copy(e->owner, sizeof(e->owner), d.name);
}

static int make(const struct app *app, const struct proto_site_request *m, int64_t now,
		struct entry *e)
{
	int r;

	*e = (struct entry){ .requested = now };
	r = set_host(m, e);
	if (r < 0)
		return r;
	id_new('a', e->id);
	(void)snprintf(e->ports, sizeof(e->ports), "[%u]", (unsigned)m->port);
	(void)str_copy(e->scheme, sizeof(e->scheme), "any");
	(void)str_copy(e->methods, sizeof(e->methods), "[]");
	(void)str_copy(e->list, sizeof(e->list), LIST_DEFAULT);
	(void)str_copy(e->state, sizeof(e->state), "requested");
	(void)str_copy(e->requested_role, sizeof(e->requested_role),
		       role_name(ROLE_REQUESTER));
	set_texts(app, m, e);
	return 0;
}

/* An open request stands for everybody who asks for the same. */
static int check_room(struct db *db, const struct proto_site_request *m)
{
	char device[SITE_REQUEST_BY_MAX];
	int64_t own, all;
	int r;

	device_of(m, device);
	r = store_entry_open_by(db, device, false, &own);
	if (r == 0)
		r = store_entry_open_by(db, SITE_REQUEST_BY, true, &all);
	if (r < 0)
		return r;
	return own >= SITE_REQUEST_MAX || all >= SITE_REQUESTS_ALL ? -EDQUOT : 0;
}

static int file(struct app *app, const struct proto_site_request *m,
		const struct entry *e)
{
	struct publisher *p = &app->publisher;
	struct publish_order order = {
		.change = { .who = e->requested_by,
			    .what = "allow-request",
			    .object = e->id,
			    .about = e->host,
			    .reason = e->purpose },
		.client = address_of(m),
		.now = e->requested,
	};
	int r = publish_begin(p);

	if (r == 0)
		r = store_entry_room(app->db, 1);
	if (r == 0)
		r = store_entry_same(app->db, e);
	if (r == 0)
		r = check_room(app->db, m);
	if (r == 0)
		r = store_entry_add(app->db, e);
	if (r == 0)
		return publish_note(p, &order);
	publish_abort(p);
	return r;
}

int site_request_take(struct app *app, const struct proto_site_request *m, int64_t now,
		      int *ret_code)
{
	struct entry e;
	int r;

	if (!is_well_formed(m))
		return -EBADMSG;
	r = app->policy != NULL ? make(app, m, now, &e) : -ENOENT;
	*ret_code = r == 0 ? file(app, m, &e) : r;
	return 0;
}
