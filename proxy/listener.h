/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * listener - a worker's share of the listening socket
 *
 * All workers wait on the same socket; the kernel wakes one of them.
 */
#ifndef PROXY_LISTENER_H
#define PROXY_LISTENER_H

#include <stdint.h>

#include "lib/attr.h"
#include "proxy/worker.h"

struct listener;

/* Accept from fd (the caller's, non-blocking) in w. Returns 0 or a negative errno. */
int listener_new(struct worker *w, int fd, struct listener **ret_listener) MUST_CHECK;
void listener_free(struct listener *l);

/* Open port on all addresses of both families. Returns 0 or a negative errno. */
int listener_open(uint16_t port, int *ret_fd) MUST_CHECK;

/* The port a socket listens on. Returns 0 or a negative errno. */
int listener_port_of(int fd, uint16_t *ret_port) MUST_CHECK;

#endif
