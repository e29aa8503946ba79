/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scrape - the proxy's numbers over HTTP on a unix socket, in the control thread
 *
 * GET /metrics and nothing else; one request a connection, 2 KiB of it, two seconds,
 * eight at once. Further ones are closed.
 */
#ifndef PROXY_SCRAPE_H
#define PROXY_SCRAPE_H

#include <stddef.h>
#include <systemd/sd-event.h>

#include "lib/attr.h"
#include "proxy/metrics.h"

#define SCRAPE_PEERS_MAX   8
#define SCRAPE_REQUEST_MAX 2048
#define SCRAPE_MS          2000

struct scrape;

/* Called for every answer: fill the cleared numbers. */
typedef void scrape_fn(void *user, struct proxy_metrics *m);

/* Serve listen_fd, a listening stream socket, which stays the caller's. */
int scrape_new(sd_event *event, int listen_fd, scrape_fn *fn, void *user,
	       struct scrape **ret_scrape) MUST_CHECK;
void scrape_free(struct scrape *s);

#endif
