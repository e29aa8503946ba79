/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * metrics - the proxy's numbers as OpenMetrics 1.0 text (pure)
 *
 * Each worker counts in a struct of its own; metrics_add() makes one of them. Only
 * uint64_t: gauges that a worker has a part of add up as well. What belongs to the
 * whole process (revision, workers, entries, start) is set after adding.
 */
#ifndef PROXY_METRICS_H
#define PROXY_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/reason.h"

#define METRICS_CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"
#define METRICS_MAX          (16u << 10) /* every text fits */
#define METRICS_REASONS      128 /* numbers of reasons are below */

enum metrics_limit { /* a ceiling was reached */
		     METRICS_LIMIT_CONNECTIONS,
		     METRICS_LIMIT_DEVICE_CONNECTIONS,
		     METRICS_LIMIT_HEAD_TIME,
		     METRICS_LIMIT_IDLE_TIME,
		     METRICS_LIMIT_TOTAL_TIME,
		     METRICS_LIMIT_TUNNEL_UPLOAD,
		     METRICS_LIMIT_DEVICE_DAY_UPLOAD,
		     METRICS_LIMIT_DESCRIPTORS, /* accepting paused */
		     METRICS_LIMITS,
};

struct proxy_metrics {
	/* gauges */
	uint64_t connections_open;
	uint64_t tunnels_open;
	uint64_t dns_cache_names;
	uint64_t upstream_idle; /* connections in the pool */
	uint64_t revision;
	uint64_t workers;
	uint64_t entries; /* of the allowlist in force */
	uint64_t start_s; /* seconds UTC */
	/* counters */
	uint64_t accepted;
	uint64_t accepted_transparent; /* of these, redirected by the ruleset */
	uint64_t requests_allowed;
	uint64_t requests_observed; /* let pass by a list that only observes */
	uint64_t requests_denied;
	uint64_t requests_failed; /* let pass, but the origin could not be used */
	uint64_t requests_malformed;
	uint64_t refused[METRICS_REASONS]; /* by reason; printed are the proxy's own */
	uint64_t cut[METRICS_REASONS]; /* tunnels ended by us, by reason */
	uint64_t bytes_up; /* from clients to origins */
	uint64_t bytes_down;
	uint64_t dns_hits;
	uint64_t dns_misses;
	uint64_t dns_failures;
	uint64_t upstream_opened;
	uint64_t upstream_reused;
	uint64_t upstream_failed;
	uint64_t records_written;
	uint64_t records_lost;
	uint64_t spool_errors;
	uint64_t sign_in_good;
	uint64_t sign_in_bad;
	uint64_t limits[METRICS_LIMITS];
};

/* Count by reason; one that this build has no place for is left out. */
void metrics_refused(struct proxy_metrics *m, enum reason reason);
void metrics_cut(struct proxy_metrics *m, enum reason reason);

/* Add every number of one to sum. */
void metrics_add(struct proxy_metrics *sum, const struct proxy_metrics *one);

/* The text into dst (METRICS_MAX bytes, terminated). Returns its length. */
size_t metrics_write(const struct proxy_metrics *m, char *dst);

#endif
