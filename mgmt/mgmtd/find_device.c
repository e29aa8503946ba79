/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/find_device.h"

#include <errno.h>

bool find_device(struct call *c, struct device *ret)
{
	char key[MAC_TEXT_MAX] = "";
	struct mac mac;
	/* what is known is found, also on a full disk */
	int stored = sight_store(&c->app->sight, c->app->db), r;

	if (id_is('d', c->arg)) {
		r = store_device_get(c->app->db, c->arg, ret);
	} else {
		r = mac_read(c->arg, &mac) < 0 ? -ENOENT : 0;
		if (r == 0) {
			mac_format(mac, key);
			r = store_device_find(c->app->db, key, NULL, ret);
		}
	}
	if (r == -ENOENT && stored < 0)
		call_fail_publish(c, stored, NULL);
	else if (r == -ENOENT)
		call_fail(c, MSG_NOT_FOUND, "");
	else if (r == -ENOTUNIQ)
		call_fail(c, MSG_AMBIGUOUS, key);
	else if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
}

static bool get_asset(struct call *c, const char *id, struct asset *ret)
{
	int r = store_asset_get(c->app->db, id, ret);

	if (r == -ENOENT)
		call_fail(c, MSG_NOT_FOUND, "");
	else if (r < 0)
		call_fail_internal(c, r);
	return r == 0;
}

bool find_asset(struct call *c, struct asset *ret)
{
	return get_asset(c, c->arg, ret);
}

bool find_asset_of(struct call *c, struct device *ret_card, struct asset *ret)
{
	*ret_card = (struct device){ 0 };
	*ret = (struct asset){ 0 };
	if (id_is('r', c->arg))
		return get_asset(c, c->arg, ret);
	if (!find_device(c, ret_card))
		return false;
	return ret_card->asset[0] == '\0' || get_asset(c, ret_card->asset, ret);
}
