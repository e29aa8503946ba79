/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Permits in order, and that none stands twice. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/revision_json.h"

static const struct place whole = { 0 };

static int by_number(const void *a, const void *b)
{
	const struct revision_permit *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

struct owned { /* a card, and whose it is */
	const struct revision_card *card;
	const struct revision_permit *permit;
};

static int by_card(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;
	int order = memcmp(x->card->mac.b, y->card->mac.b, sizeof(x->card->mac.b));

	return order != 0 ? order : strcmp(x->card->interface, y->card->interface);
}

/* One card on one interface has one permit. */
static int check_cards_differ(const struct revision_permit *permit, size_t count,
			      struct diags *diags)
{
	CLEANUP(free_p) struct owned *all = NULL;
	size_t cards = 0, at = 0;

	for (size_t i = 0; i < count; i++)
		cards += permit[i].card_count;
	all = calloc(cards + 1, sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		for (size_t c = 0; c < permit[i].card_count; c++)
			all[at++] = (struct owned){ &permit[i].card[c], &permit[i] };
	}
	qsort(all, cards, sizeof(*all), by_card);
	for (size_t i = 1; i < cards; i++) {
		if (by_card(&all[i - 1], &all[i]) == 0) {
			diag_add(diags, whole, "permits %s and %s are for the same card",
				 all[i - 1].permit->id, all[i].permit->id);
			return -EINVAL;
		}
	}
	return 0;
}

int revision_sort_permits(struct revision_permit *permit, size_t count,
			  struct diags *diags)
{
	if (count == 0)
		return 0;
	qsort(permit, count, sizeof(*permit), by_number);
	for (size_t i = 1; i < count; i++) {
		if (permit[i].number == permit[i - 1].number) {
			diag_add(diags, whole, "permit number %u stands twice",
				 (unsigned)permit[i].number);
			return -EINVAL;
		}
	}
	return check_cards_differ(permit, count, diags);
}
