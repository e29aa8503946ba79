/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * port - the listening port: handed in at start or opened here, and changed
 *
 * What is served is kept by the service manager for the next proxyd (keepfd.h).
 */
#ifndef PROXY_PORT_H
#define PROXY_PORT_H

#include <stdint.h>

#include "lib/attr.h"
#include "lib/policy/policy.h"
#include "proxy/engine.h"

struct port {
	struct engine *engine;
	int fd; /* -1: the policy has no proxy, or no policy */
	uint16_t number;
	int activated; /* handed in and not in use; -1: none */
};

#define PORT_NONE ((struct port){ .fd = -1, .activated = -1 })

/* Nothing is served yet; what was handed in waits. engine must outlive it. */
void port_init(struct port *port, struct engine *engine);

/* Serve what p asks for and nothing else. On failure all stays as it was. */
int port_serve(struct port *port, const struct policy_proxy *p) MUST_CHECK;

/* Serve the socket that was handed in, whatever its port; without one, nothing. */
int port_serve_activated(struct port *port) MUST_CHECK;

/* When the engine accepts from nothing any more. */
void port_close(struct port *port);

#endif
