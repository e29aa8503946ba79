/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "fw/sensor/arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is accepted is an IPv4 sender and target, whatever the bytes are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arp a;

	if (arp_parse(rd_of(data, size), &a) == 0 &&
	    (a.sender.family != 4 || a.target.family != 4))
		abort();
	return 0;
}
