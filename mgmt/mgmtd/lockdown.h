/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lockdown - everything but management ends, at once (O2)
 *
 * gated and proxyd keep it themselves, over a restart too. The ledger says who wanted
 * it and why; root may have gone past us, so that gated's word counts while it is there.
 */
#ifndef MGMT_MGMTD_LOCKDOWN_H
#define MGMT_MGMTD_LOCKDOWN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/app.h"

/*
 * Switch it. On: both daemons are asked whatever happens, one that does not answer is
 * pending and asked again. Off: gated first, and what it refuses is refused. Returns 0;
 * -EHOSTDOWN (culprit): nothing was changed; -EINVAL: refused (culprit, text);
 * -ENOBUFS (off only) or what db.h says. ret is always set.
 */
int lockdown_switch(struct app *app, const struct publish_order *order, bool on,
		    struct publish_result *ret) MUST_CHECK;

/* {on, since, who, reason}; null when it is off. */
json_t *lockdown_json(const struct app *app);

/* Ask those again that did not answer. */
void lockdown_tick(struct app *app);

#endif
