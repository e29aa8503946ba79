/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history - what is usual for the cards that have permits (pure)
 *
 * At which hours of the week a card was there, when last, and which systems' DHCP
 * requests came from it. Only cards with permits get in, so nobody fills it from
 * outside; above HISTORY_MAX the one silent longest goes. It outlives restarts: what
 * history_encode() gives, history_decode() takes.
 *
 * Hours are kept for two terms of HISTORY_TERM_S, the current and the one before, so
 * that habits of last year are not usual for ever.
 */
#ifndef FW_SENSOR_HISTORY_H
#define FW_SENSOR_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/rd.h"

#define HISTORY_MAX      16384 /* cards; 2 MB */
#define HISTORY_HOURS    168
#define HISTORY_LEARN_S  (14 * 86400LL) /* two of each weekday before an hour is odd */
#define HISTORY_TERM_S   (28 * 86400LL)
#define HISTORY_SILENT_S (30 * 86400LL) /* back after that is worth a look */
#define HISTORY_FILE_MAX (2u << 20) /* encoded */

struct history_time {
	int64_t now; /* seconds UTC */
	unsigned hour; /* of the week by the site's clock, Sunday 0:00 is 0; below 168 */
};

struct history_news {
	bool returned; /* after HISTORY_SILENT_S or more */
	int64_t silent; /* seconds */
	bool unusual; /* never at this hour nor the ones beside it, and known for long */
	bool other_system; /* the fingerprint is not the one before */
};

struct history;

int history_new(struct history **ret_history) MUST_CHECK;
void history_free(struct history *h);

/*
 * The card was seen. fingerprint: of a DHCP request, "" none; v6: of DHCPv6. Network
 * boot asks before the system does, and is not taken for one.
 */
struct history_news history_see(struct history *h, struct mac mac, struct history_time t,
				const char *fingerprint, bool v6);

/* The wall clock was set forward by so many seconds (or back, below 0). */
void history_shift(struct history *h, int64_t seconds);

size_t history_count(const struct history *h);

/* Returns a malloc()ed block of *ret_len bytes, or NULL (no memory). */
uint8_t *history_encode(const struct history *h, size_t *ret_len);

/* Take what was encoded, as far as it is whole and plausible. Returns 0 or -EBADMSG. */
int history_decode(struct history *h, struct rd r) MUST_CHECK;

#endif
