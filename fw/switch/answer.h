/* SPDX-License-Identifier: GPL-3.0-or-later */
/* answer - a switch's question and what it is told (RFC 2865, 3580; pure) */
#ifndef FW_SWITCH_ANSWER_H
#define FW_SWITCH_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "fw/switch/cards.h"
#include "lib/addr.h"
#include "lib/attr.h"

#define ANSWER_TEXT_MAX 192

/* The switch asks again after so many seconds, so that a withdrawal reaches it. */
#define ANSWER_AGAIN_S 600

/*
 * The card that is asked for: name is RADIUS's User-Name, station its
 * Calling-Station-Id or "". Twelve hex digits, alone or with ':', '-' or '.' between
 * them. Returns 0 or -EINVAL (not a card's address, or the two differ).
 */
int answer_mac(const char *name, const char *station, struct mac *ret_mac) MUST_CHECK;

/*
 * The attributes of an acceptance at now, the way FreeRADIUS reads them from a
 * program: VLAN, and a session that ends with the permit.
 */
void answer_text(const struct card *card, int64_t now, char dst[ANSWER_TEXT_MAX]);

#endif
