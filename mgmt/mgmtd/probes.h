/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * probes - gated sends packets of its own once a day, and what it found is kept
 *
 * Also when the policy is a new one, and every hour while the last run contradicted it.
 */
#ifndef MGMT_MGMTD_PROBES_H
#define MGMT_MGMTD_PROBES_H

#include <jansson.h>
#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/app.h"

/*
 * Now. who is for the ledger. Returns 0, -EHOSTDOWN, -EBADMSG (gated has no answer that
 * can be used, as in a lockdown) or what db.h says.
 */
int probes_run(struct app *app, const char *who, int64_t now) MUST_CHECK;

/* When it is time. Failures are logged. */
void probes_tick(struct app *app, int64_t now);

/* {time, result, revision, contradictions, untested} of the last run; null: none yet. */
json_t *probes_last_json(struct app *app);

#endif
