/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/asset_store.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"

static int add_card(struct db *db, const char *asset, const struct input_device *card)
{
	struct device d = { 0 };

	id_new('d', d.id);
	(void)str_copy(d.mac, sizeof(d.mac), card->mac);
	(void)str_copy(d.mac_given, sizeof(d.mac_given), card->mac_given);
	(void)str_copy(d.interface, sizeof(d.interface), card->interface);
	(void)str_copy(d.address, sizeof(d.address), card->address);
	(void)str_copy(d.name, sizeof(d.name), card->name);
	(void)str_copy(d.asset, sizeof(d.asset), asset);
	return store_device_add(db, &d);
}

/* A device in quarantine keeps its cards, retired or not, and any device what has a permit. */
static int may_leave(struct db *db, const struct device *d)
{
	struct asset a;
	int64_t n;
	int r = d->asset[0] != '\0' ? store_asset_get(db, d->asset, &a) : -ENOENT;

	if (r == 0 && a.quarantined)
		return -EPERM;
	if (r < 0 && r != -ENOENT)
		return r;
	r = db_number(db, &n,
		      "SELECT count(*) FROM permit WHERE device = ?"
		      " AND state IN ('active', 'requested')",
		      "s", d->id);
	return r == 0 && n != 0 ? -EBUSY : r;
}

/* The card d, which is known already, and maybe another's. */
static int move_card(struct db *db, const char *asset, struct device *d,
		     const struct input_device *card)
{
	int r;

	if (strcmp(d->asset, asset) != 0) {
		r = may_leave(db, d);
		if (r == 0)
			r = store_device_set_asset(db, d->id, asset);
		if (r < 0)
			return r;
	}
	if (card->name[0] != '\0')
		(void)str_copy(d->name, sizeof(d->name), card->name);
	r = store_device_update(db, d);
	return r < 0 ? r
		     : db_run(db, "UPDATE device SET mac_given = ? WHERE id = ?", "ss",
			      card->mac_given, d->id);
}

int asset_store_card(struct db *db, const char *asset, const struct input_device *card)
{
	struct device d;
	int64_t n;
	int r = store_device_find(db, card->mac, card->interface, &d);

	if (r == 0)
		r = move_card(db, asset, &d, card);
	else if (r == -ENOENT)
		r = add_card(db, asset, card);
	if (r == 0)
		r = db_number(db, &n, "SELECT count(*) FROM device WHERE asset = ?", "s",
			      asset);
	if (r == 0 && n > ASSET_CARDS_MAX)
		r = -EDQUOT;
	return r;
}

int asset_store_new(struct db *db, struct input_asset *in,
		    const struct register_cause *cause)
{
	int r;

	id_new('r', in->asset.id);
	in->asset.created = cause->now;
	r = store_asset_add(db, &in->asset);
	for (size_t i = 0; r == 0 && i < in->card_count; i++)
		r = asset_store_card(db, in->asset.id, &in->card[i]);
	return r < 0 ? r : register_settle(db, in->asset.id, cause);
}
