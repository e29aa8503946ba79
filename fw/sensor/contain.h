/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * contain - what to say to whom so that a device without a permit finds no neighbour (pure)
 *
 * On a LAN whose zone has containment, once a second, for each device without a permit
 * and each neighbour of it that was seen:
 *   - the device is told that the neighbour's address is at our own card;
 *   - the neighbour is told the same of the device's address.
 * And again when one of them asks where the other is.
 * So both send to us, and the firewall drops it. Our card is the only one that is ever
 * named falsely: what is said of the gateway's own address is thus true.
 *
 * Nothing is said to others about an address that a card with a permit uses: whoever
 * takes such an address cannot turn this against its owner. When a device gets its
 * permit, or an owner speaks up, everybody is told the truth CONTAIN_HEAL_ROUNDS times, a
 * second apart (Linux ignores a change within a second of the last); but never that the
 * gateway's address, or one that two admitted cards use, is at somebody's card.
 *
 * Ceilings: CONTAIN_HOSTS_MAX addresses on a LAN, CONTAIN_STRANGERS_MAX of them of
 * devices without a permit, CONTAIN_ADDRS_MAX of one card, CONTAIN_RATE frames a second, as many
 * for answers, and as many for healing.
 * What does not fit is not contained (contain_missed()); with more pairs than frames
 * each pair has its turn.
 */
#ifndef FW_SENSOR_CONTAIN_H
#define FW_SENSOR_CONTAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fw/sensor/arpframe.h"
#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/mono.h"

#define CONTAIN_HOSTS_MAX     512
#define CONTAIN_STRANGERS_MAX 64
#define CONTAIN_ADDRS_MAX     4
#define CONTAIN_RATE          256 /* frames a second */
#define CONTAIN_HEAL_ROUNDS   3
#define CONTAIN_ANSWER_MS     20
#define CONTAIN_KEEP_MS       600000 /* since a host was seen last */

struct contain; /* of one LAN */

struct contain_world {
	bool (*has_permit)(struct mac mac, void *user); /* on this LAN, now */
	bool (*is_ours)(struct addr addr, void *user); /* the gateway's own address */
	void (*send)(const struct arpframe *frame, void *user);
	void *user;
};

/* own: our card on that LAN. Returns 0, -EINVAL (own is no card's address) or -ENOMEM. */
int contain_new(struct mac own, struct contain **ret_contain) MUST_CHECK;
void contain_free(struct contain *c);

/* The card was seen to use the address. */
void contain_see(struct contain *c, struct mac mac, struct addr addr, struct mono now);

/* Call it once a second: sends what is to be said now. */
void contain_tick(struct contain *c, struct mono now, const struct contain_world *world);

/*
 * The card asked where target is, so that the true answer is on its way. Returns whether
 * contain_answer() should be called, CONTAIN_ANSWER_MS from now: the last word counts.
 */
bool contain_ask(struct contain *c, struct mac mac, struct addr target,
		 const struct contain_world *world);
void contain_answer(struct contain *c, const struct contain_world *world);

/* Devices without a permit that are being contained, as of the last tick. */
size_t contain_count(const struct contain *c);

/* Addresses seen that found no room, since the last call. */
uint64_t contain_missed(struct contain *c);

#endif
