/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "fw/sensor/nd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nothing with a multicast target gets through, and no address detection with a MAC. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nd n;

	if (nd_parse(rd_of(data, size), &n) == 0 &&
	    (n.target.bytes[0] == 0xff || (n.is_dad && n.has_mac)))
		abort();
	return 0;
}
