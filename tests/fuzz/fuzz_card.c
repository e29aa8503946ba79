/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/card.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is understood has an index and a name that ends. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct card card;

	if (card_parse(rd_of(data, size), &card) < 0)
		return 0;
	if (card.index == 0 || card.interface[0] == '\0' ||
	    memchr(card.interface, '\0', sizeof(card.interface)) == NULL)
		abort();
	return 0;
}
