/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * draft - a file of the register drafted from cards that were seen (pure)
 *
 * The rows are those of asset_file.h with owner and number left empty for people. What
 * the network says of itself (names) is offered, never concluded from: cards of one name
 * are put side by side, and the note asks whether they are one device.
 */
#ifndef MGMT_MGMTD_DRAFT_H
#define MGMT_MGMTD_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mgmt/mgmtd/store_device.h"

struct draft_card {
	struct device device;
	const char *zone; /* borrowed */
	const char *maker; /* borrowed; "" not known */
	char known[INPUT_NAME_MAX + 1]; /* what the register calls this card elsewhere */
};

/* Rows of these cards, which are put in order; ja: notes in Japanese. */
void draft_print(FILE *f, struct draft_card *card, size_t count, bool ja, int64_t now);

/*
 * "printer" where name is the one that this maker gives its printers, with the card's
 * own digits, "" for everything else.
 */
const char *draft_kind(const struct device *d, const char *maker);

#endif
