/* SPDX-License-Identifier: GPL-3.0-or-later */
/* requests - what may be asked over the control socket (docs/ipc.md) */
#ifndef FW_GATED_REQUESTS_H
#define FW_GATED_REQUESTS_H

#include <stddef.h>

#include "lib/ipc.h"

/* For ipc_server_new(), with a struct gate. */
extern const struct ipc_permit requests_permits[];
extern const size_t requests_count;

#endif
