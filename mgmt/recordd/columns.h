/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * columns - the parts of a record that are searched, as text (pure)
 *
 * The encoded record is the evidence; columns are made from it, and verification
 * makes them again to find an edited one.
 */
#ifndef MGMT_RECORDD_COLUMNS_H
#define MGMT_RECORDD_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/record.h"

enum column {
	COLUMN_ZONE,
	COLUMN_DEVICE,
	COLUMN_MAC,
	COLUMN_SRC,
	COLUMN_DST,
	COLUMN_HOST,
	COLUMN_USER,
	COLUMN_RULE,
	COLUMN_DETAIL,
	COLUMN_COUNT,
};

struct columns {
	const char *text[COLUMN_COUNT]; /* NULL: empty; into the record or into below */
	char mac[MAC_TEXT_MAX];
	char src[ADDR_TEXT_MAX];
	char dst[ADDR_TEXT_MAX];
};

/* rec and dst must stay where they are as long as dst is used. */
void columns_of(const struct record *rec, struct columns *dst);

#endif
