/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/lldp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Texts are always terminated. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lldp m;

	if (lldp_parse(rd_of(data, size), &m) == 0 &&
	    memchr(m.name, '\0', sizeof(m.name)) == NULL)
		abort();
	return 0;
}
