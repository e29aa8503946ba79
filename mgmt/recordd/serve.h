/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * serve - what recordd answers: status, queries, verification
 */
#ifndef MGMT_RECORDD_SERVE_H
#define MGMT_RECORDD_SERVE_H

#include "lib/ipc.h"
#include "lib/mono.h"
#include "lib/svc.h"
#include "mgmt/recordd/ingest.h"

#define SERVE_BATCHES 10 /* stored before a question is answered, at most */

struct serve {
	const struct svc *svc;
	struct ingest *ingest;
	struct mono store_again; /* not before a question that comes sooner */
};

/* The permit table; its handlers' user is a struct serve. */
extern const struct ipc_permit serve_permits[];
extern const size_t serve_permit_count;

/* Is the question well-formed? */
bool serve_query_ok(const struct proto_query *q);

#endif
