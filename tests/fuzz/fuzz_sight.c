/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/sight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A sighting has a card's own address, a source that has a name, and clean text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sight s;

	if (sight_parse(rd_of(data, size), &s) < 0)
		return 0;
	if (!mac_is_unicast(s.mac) || strcmp(sight_source_name(s.source), "?") == 0 ||
	    memchr(s.name, '\0', sizeof(s.name)) == NULL)
		abort();
	return 0;
}
