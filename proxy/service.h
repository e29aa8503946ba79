/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * service - the control thread: what starts, what is opened and kept, and the end of it
 *
 * Its rooms: inforce.h (revisions, trials, lockdown), port.h (the listening port),
 * control.h (the control socket), scrape.h (metrics).
 */
#ifndef PROXY_SERVICE_H
#define PROXY_SERVICE_H

#include "lib/attr.h"
#include "lib/svc.h"

struct service;

/*
 * Open the spool and the control socket, load the revision in force if there is
 * one, and listen. On failure it has logged why. svc must outlive it.
 * Returns 0 or a negative errno.
 */
int service_new(struct svc *svc, struct service **ret_service) MUST_CHECK;

/* Accept nobody any more, and hand open tunnels over where the policy has it so. */
void service_leave(struct service *s);

void service_free(struct service *s);

#endif
