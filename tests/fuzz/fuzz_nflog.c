/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "fw/gated/events/netlink.h"
#include "fw/gated/events/nflog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A receive buffer of several messages: ports and types only behind a known protocol. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd rest = rd_of(data, size);
	struct nflog_packet p;
	struct netlink_msg m;

	while (netlink_next(&rest, &m) > 0) {
		if (nflog_parse(m.data, m.len, &p) < 0)
			continue;
		if (memchr(p.prefix, '\0', sizeof(p.prefix)) == NULL || p.time_us < 0)
			abort();
		if ((p.has_ports || p.has_icmp) && (!p.has_proto || p.fragment))
			abort();
	}
	return 0;
}
