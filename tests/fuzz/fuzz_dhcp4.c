/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/dhcp4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The name is always terminated, and addresses are IPv4 or none. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dhcp4 d;

	if (dhcp4_parse(rd_of(data, size), &d) < 0)
		return 0;
	if (memchr(d.name, '\0', sizeof(d.name)) == NULL)
		abort();
	if ((d.client.family | d.assigned.family | d.requested.family) & ~4)
		abort();
	return 0;
}
