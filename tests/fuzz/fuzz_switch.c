/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fw/switch/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name up to the first line's end, then a table: what is found is a card with a VLAN. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *stop = size != 0 ? memchr(data, '\n', size) : NULL;
	size_t len = stop != NULL ? (size_t)(stop - data) : size;
	struct mac mac = { { 2, 0, 0, 0, 0, 1 } };
	struct card card;
	char name[64];

	if (len < sizeof(name)) {
		if (len != 0)
			memcpy(name, data, len);
		name[len] = '\0';
		if (answer_mac(name, "", &mac) == 0 && !mac_is_unicast(mac))
			abort();
	}
	if (stop != NULL &&
	    cards_find((const char *)stop + 1, size - len - 1, mac, 1000, &card) == 0 &&
	    (card.vlan == 0 || card.vlan > POLICY_VLAN_MAX || !mac_equal(card.mac, mac) ||
	     card.from > 1000 || (card.until != 0 && card.until <= 1000)))
		abort();
	return 0;
}
