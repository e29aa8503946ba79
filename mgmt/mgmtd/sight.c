/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/sight.h"

#include <errno.h>

#include "lib/addr.h"
#include "lib/record.h"
#include "lib/str.h"
#include "mgmt/mgmtd/store_device.h"

#define FRESH_S 60 /* "last seen" is written no more often when nothing else changed */

static bool is_well_formed(const struct proto_sighting *m)
{
	struct mac mac;

	memcpy(mac.b, m->mac, sizeof(mac.b));
	return m->time_us >= 0 && mac_is_unicast(mac) &&
	       proto_str_ok(m->interface, sizeof(m->interface)) &&
	       m->interface[0] != '\0' && str_is_printable_utf8(m->interface) &&
	       proto_str_ok(m->name, sizeof(m->name)) &&
	       (m->addr_family == 0 || m->addr_family == 4 || m->addr_family == 6);
}

int sight_take(struct sight *s, const struct proto_sighting *m)
{
	if (!is_well_formed(m))
		return -EBADMSG;
	if (s->count == SIGHT_RING_MAX)
		s->lost++;
	else
		s->waiting[s->count++] = *m;
	return 0;
}

static void address_of(const struct proto_sighting *m, char dst[ADDR_TEXT_MAX])
{
	struct addr a = { .family = m->addr_family };

	dst[0] = '\0';
	if (a.family == 0)
		return;
	memcpy(a.bytes, m->addr, a.family == 4 ? 4 : 16);
	addr_format(a, dst);
}

/* What m says that d did not know. Returns whether anything is worth writing. */
static bool merge(struct device *d, const struct proto_sighting *m)
{
	char address[ADDR_TEXT_MAX], name[sizeof(m->name)];
	int64_t seen = m->time_us / 1000000;
	bool news = d->first_seen == 0 || seen - d->last_seen >= FRESH_S;

	address_of(m, address);
	record_set_str(name, sizeof(name), m->name);
	if (address[0] != '\0' && strcmp(d->address, address) != 0) {
		(void)str_copy(d->address, sizeof(d->address), address);
		news = true;
	}
	/* a name that a person gave stays */
	if (d->name[0] == '\0' && name[0] != '\0') {
		(void)str_copy(d->name, sizeof(d->name), name);
		news = true;
	}
	if (d->first_seen == 0)
		d->first_seen = seen;
	if (seen > d->last_seen)
		d->last_seen = seen;
	return news;
}

static int store_one(struct sight *s, struct db *db, const struct proto_sighting *m)
{
	struct device d = { 0 };
	struct mac mac;
	int r;

	memcpy(mac.b, m->mac, sizeof(mac.b));
	mac_format(mac, d.mac);
	r = store_device_find(db, d.mac, m->interface, &d);
	if (r == 0)
		return merge(&d, m) ? store_device_update(db, &d) : 0;
	if (r != -ENOENT)
		return r;
	id_new('d', d.id);
	(void)str_copy(d.interface, sizeof(d.interface), m->interface);
	(void)merge(&d, m);
	r = store_device_add(db, &d);
	if (r != -EDQUOT)
		return r;
	s->refused++;
	return 0;
}

int sight_store(struct sight *s, struct db *db)
{
	int r;

	if (s->count == 0)
		return 0;
	r = db_begin(db);
	for (size_t i = 0; r == 0 && i < s->count; i++)
		r = store_one(s, db, &s->waiting[i]);
	if (r == 0)
		r = db_commit(db);
	if (r < 0)
		db_rollback(db);
	else
		s->count = 0;
	return r;
}
