/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * listener - the proxy's TCP port
 *
 * Dual-stack, so that both families meet the same socket. When descriptors run
 * out, accepting pauses instead of spinning.
 */
#ifndef PROXY_LISTENER_H
#define PROXY_LISTENER_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/attr.h"
#include "proxy/worker.h"

struct listener;

/*
 * Listen on port, for w (which must outlive it). *activated is a listening
 * socket of the supervisor's, or -1; it is taken, and set to -1, when it has that
 * port or port is 0.
 * Returns 0 or a negative errno.
 */
int listener_new(sd_event *event, struct worker *w, uint16_t port, int *activated,
		 struct listener **ret_listener) MUST_CHECK;
void listener_free(struct listener *l);
uint16_t listener_port(const struct listener *l);

#endif
