/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/mdns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name that was found is terminated and not empty. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct addr source = { .family = 4, .bytes = { 192, 0, 2, 11 } };
	char name[LABEL_MAX];

	if (mdns_parse(rd_of(data, size), source, name) == 0 &&
	    (memchr(name, '\0', sizeof(name)) == NULL || name[0] == '\0'))
		abort();
	return 0;
}
