/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cards - which cards switches and access points may let in, and into which VLAN (pure)
 *
 * Made of a revision's permits: the cards of those that are not in quarantine, in a zone
 * with a VLAN. A switch asks for a card alone, it knows no interface of ours, so a card
 * with permits in zones of different VLANs is left out: which one is meant cannot be told.
 */
#ifndef FW_SWITCH_CARDS_H
#define FW_SWITCH_CARDS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/revision.h"

#define CARDS_FILE_MAX (48u << 20) /* a full register with 8 cards a device */

struct card {
	struct mac mac;
	uint16_t vlan;
	int64_t from; /* seconds UTC; 0: from the beginning */
	int64_t until; /* 0: no end */
};

struct cards {
	struct card *item; /* by MAC; a card may have several permits */
	size_t count;
	size_t ambiguous; /* cards left out because of different VLANs */
};

/* Those whose permit is not over at now (seconds UTC). Returns 0 or -ENOMEM. */
int cards_of(const struct revision *rev, int64_t now, struct cards *ret_cards) MUST_CHECK;
void cards_clear(struct cards *c);

/* The next begin or end after now; 0: none. */
int64_t cards_next_change(const struct cards *c, int64_t now);

/*
 * The table that cards_find() reads: a line "sekisho-cards 2", then for each card
 * "02aabbccddee VLAN FROM UNTIL", then "end". malloc()ed and terminated.
 * Returns 0, -EFBIG or -ENOMEM.
 */
int cards_print(const struct cards *c, char **ret_text, size_t *ret_len) MUST_CHECK;

/*
 * hostapd's accept_mac_file: "02:aa:bb:cc:dd:ee VLAN" a line, of those open at now. The
 * same errors.
 */
int cards_print_accept(const struct cards *c, int64_t now, char **ret_text,
		       size_t *ret_len) MUST_CHECK;

/*
 * Look mac up in what cards_print() wrote.
 * Returns 0, -ENOENT (not there, or not open at now) or -EBADMSG (the text is
 * damaged or cut short: then nothing in it counts).
 */
int cards_find(const char *text, size_t len, struct mac mac, int64_t now,
	       struct card *ret_card) MUST_CHECK;

#endif
