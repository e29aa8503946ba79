/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/maker.h"

#include <stdbool.h>
#include <string.h>

#include "lib/log.h"

static struct oui *known;
static bool read_once;

void maker_use(struct oui *lists)
{
	oui_free(known);
	known = lists;
	read_once = true;
}

const char *maker_of(const char *mac)
{
	const char *name;
	struct mac m;

	if (!read_once) {
		int r = oui_load(OUI_DIR, &known);

		read_once = true;
		if (r < 0)
			log_warn("mgmtd", "no manufacturers from %s: %s", OUI_DIR,
				 strerror(-r));
	}
	name = mac_parse(mac, &m) == 0 ? oui_find(known, m) : NULL;
	return name != NULL ? name : "";
}
