/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * measure - where the workers count for metrics.h
 *
 * In the worker's own thread, numbers of its own: no lock, no shared line of memory.
 */
#ifndef PROXY_MEASURE_H
#define PROXY_MEASURE_H

#include "lib/reason.h"
#include "proxy/metrics.h"

struct conn;
struct worker;

/* A request, or a connection, was refused or could not be served. */
void measure_refused(struct worker *w, enum reason reason);

/* A request is let pass. */
void measure_opened(struct worker *w, enum reason reason);

/* What was let pass has ended, before its numbers are cleared. */
void measure_closed(const struct conn *c, enum reason reason);

/* Add the worker's numbers, and what is open in it now, to sum. */
void measure_worker(const struct worker *w, struct proxy_metrics *sum);

#endif
