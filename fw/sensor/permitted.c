/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/permitted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *pa, const void *pb)
{
	const struct permitted_card *a = pa, *b = pb;

	return memcmp(a->mac.b, b->mac.b, sizeof(a->mac.b));
}

void permitted_free(struct permitted *p)
{
	free(p->item);
	*p = (struct permitted){ 0 };
}

static void add_cards(struct permitted *p, const struct revision_permit *permit)
{
	for (size_t i = 0; i < permit->card_count; i++)
		p->item[p->count++] = (struct permitted_card){
			.mac = permit->card[i].mac,
			.interface = permit->card[i].interface,
			.from = permit->from,
			.until = permit->until,
			.quarantined = permit->quarantined,
		};
}

int permitted_load(struct permitted *p, const struct revision *rev)
{
	size_t cards = 0;

	permitted_free(p);
	for (size_t i = 0; rev != NULL && i < rev->permit_count; i++)
		cards += rev->permit[i].card_count;
	if (cards == 0)
		return 0;
	p->item = calloc(cards, sizeof(*p->item));
	if (p->item == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rev->permit_count; i++)
		add_cards(p, &rev->permit[i]);
	qsort(p->item, p->count, sizeof(p->item[0]), compare);
	return 0;
}

/* The first permit of the card, or where it would stand. */
static size_t first_of(const struct permitted *p, struct mac mac)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(p->item[mid].mac.b, mac.b, sizeof(mac.b)) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* interface: NULL for any. */
static const struct permitted_card *find(const struct permitted *p, struct mac mac,
					 const char *interface, int64_t now)
{
	for (size_t i = first_of(p, mac); i < p->count && mac_equal(p->item[i].mac, mac);
	     i++) {
		const struct permitted_card *c = &p->item[i];

		if ((c->until == 0 || c->until > now) &&
		    (interface == NULL || strcmp(c->interface, interface) == 0))
			return c;
	}
	return NULL;
}

bool permitted_at(const struct permitted *p, struct mac mac, const char *interface,
		  int64_t now)
{
	return find(p, mac, interface, now) != NULL;
}

bool permitted_holds(const struct permitted *p, struct mac mac, const char *interface,
		     int64_t now)
{
	for (size_t i = first_of(p, mac); i < p->count && mac_equal(p->item[i].mac, mac);
	     i++) {
		const struct permitted_card *c = &p->item[i];

		if (!c->quarantined && c->from <= now &&
		    (c->until == 0 || c->until > now) &&
		    strcmp(c->interface, interface) == 0)
			return true;
	}
	return false;
}

const char *permitted_home(const struct permitted *p, struct mac mac, int64_t now)
{
	const struct permitted_card *c = find(p, mac, NULL, now);

	return c != NULL ? c->interface : NULL;
}
