/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ours - the gateway's own cards and addresses, which nobody else may use */
#ifndef FW_SENSOR_OURS_H
#define FW_SENSOR_OURS_H

#include <stdbool.h>
#include <stddef.h>

#include "fw/sensor/card.h"
#include "lib/addr.h"
#include "lib/attr.h"

#define OURS_MAX 256 /* cards, and addresses */

struct ours {
	struct card card[OURS_MAX];
	size_t card_count;
	struct addr addr[OURS_MAX];
	size_t addr_count;
};

/* As the kernel has them now; loopback left out. Returns 0 or a negative errno. */
int ours_read(struct ours *ret_ours) MUST_CHECK;

bool ours_is_mac(const struct ours *o, struct mac mac);
bool ours_is_addr(const struct ours *o, struct addr a);

/* The card of that interface; NULL: unknown. */
const struct card *ours_card_of(const struct ours *o, const char *interface);

/* Is it the card's of that interface itself, or its bridge's? */
bool ours_is_own(const struct ours *o, const char *interface, struct mac mac);

/* The interface of a VLAN that takes frames with that tag from parent; NULL: none. */
const struct card *ours_vlan_of(const struct ours *o, const char *parent, uint16_t type,
				uint16_t id);

#endif
