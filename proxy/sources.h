/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sources - how many connections each client address has, over all workers
 *
 * Thread-safe. Bounded by who counts: an address is known only while it has one.
 *
 * A device that nobody admitted has as many IPv6 addresses as it likes. So those of
 * one /64 together have a ceiling besides: half of all connections. It cannot be lower,
 * as a whole zone may live in one /64.
 */
#ifndef PROXY_SOURCES_H
#define PROXY_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"

struct sources;

/* Returns 0 or -ENOMEM. */
int sources_new(struct sources **ret_sources) MUST_CHECK;
void sources_free(struct sources *s);

/*
 * One connection more from src, unless it has max already, or (admitted: this does not
 * count) its /64 half of total_max (-EUSERS), or all have total_max together
 * (-ENFILE). Returns 0 or also -ENOMEM.
 */
int sources_add(struct sources *s, struct addr src, bool admitted, uint32_t max,
		size_t total_max) MUST_CHECK;

/* As it was added. */
void sources_remove(struct sources *s, struct addr src, bool admitted);

/* Connections open now, of all addresses. */
size_t sources_total(struct sources *s);

#endif
