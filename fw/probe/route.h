/* SPDX-License-Identifier: GPL-3.0-or-later */
/* route - by which interface the kernel would reach an address */
#ifndef FW_PROBE_ROUTE_H
#define FW_PROBE_ROUTE_H

#include "lib/addr.h"

/* False: there is no route, or it is an address of this machine. */
bool route_to(struct addr to, char ret_interface[16]) MUST_CHECK;

#endif
