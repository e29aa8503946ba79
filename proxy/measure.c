/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/measure.h"

#include "proxy/conn.h"

void measure_refused(struct worker *w, enum reason reason)
{
	struct proxy_metrics *m = &w->metrics;

	metrics_refused(m, reason);
	if (reason == REASON_BAD_REQUEST)
		m->requests_malformed++;
	else if (reason == REASON_NAME_FAILED || reason == REASON_CONNECT_FAILED ||
		 reason == REASON_OVERLOAD || reason == REASON_NO_RECORD)
		m->requests_failed++;
	else if (reason != REASON_CLOSED)
		m->requests_denied++;
}

void measure_opened(struct worker *w, enum reason reason)
{
	if (reason == REASON_WOULD_DENY)
		w->metrics.requests_observed++;
	else
		w->metrics.requests_allowed++;
}

static bool is_tunnel(const struct conn *c)
{
	return c->state == CONN_RELAY || c->state == CONN_HELLO;
}

void measure_closed(const struct conn *c, enum reason reason)
{
	struct proxy_metrics *m = &c->w->metrics;

	m->bytes_up += c->up.bytes;
	m->bytes_down += c->down.bytes;
	if (reason == REASON_CONNECT_FAILED || reason == REASON_SNI ||
	    reason == REASON_NOT_TLS)
		metrics_refused(m, reason);
	if (reason == REASON_CONNECT_FAILED)
		m->requests_failed++;
	if (is_tunnel(c))
		metrics_cut(m, reason);
	if (reason == REASON_IDLE)
		m->limits[METRICS_LIMIT_IDLE_TIME]++;
}

/* What is under way has not been counted by measure_closed() yet. */
static void add_open(const struct worker *w, struct proxy_metrics *sum)
{
	for (const struct conn *c = w->live; c != NULL; c = c->next) {
		sum->tunnels_open += is_tunnel(c) ? 1 : 0;
		if (c->ticket == NULL)
			continue;
		sum->bytes_up += c->up.bytes;
		sum->bytes_down += c->down.bytes;
	}
}

void measure_worker(const struct worker *w, struct proxy_metrics *sum)
{
	struct resolver_counts dns = resolver_counts(w->resolver);

	metrics_add(sum, &w->metrics);
	sum->workers++;
	sum->connections_open += w->live_count;
	sum->upstream_idle += upstream_kept(w->upstreams);
	sum->dns_hits += dns.hits;
	sum->dns_misses += dns.misses;
	sum->dns_failures += dns.failures;
	sum->dns_cache_names += dns.names;
	add_open(w, sum);
}
