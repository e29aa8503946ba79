/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * handover - open tunnels outlive a restart: what the proxyd that ends does
 *
 * It gives their sockets to the service manager's descriptor store, with a memfd that
 * says what they are (carry.h), and leaves their tickets in a file. The next one goes on
 * with them (takeover.h). What cannot be given away ends here, with its record.
 */
#ifndef PROXY_HANDOVER_H
#define PROXY_HANDOVER_H

#include "proxy/carry.h"
#include "proxy/engine.h"

#define HANDOVER_NAME    "tunnels" /* in the store: all sockets, and the memfd */
#define HANDOVER_FDS_MAX (2 * CARRY_TUNNELS_MAX + 1)

/* When nobody accepts any more. path: the file. Returns how many left. */
size_t handover_leave(struct engine *e, const char *path);

/* Write the close record of a tunnel that nobody has any more. */
void handover_record_end(struct declog *d, const struct carry_tunnel *t, int64_t left_ms,
			 enum reason reason);

#endif
