/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entry_json - allowlist entries as the API shows them, and made from what it was given */
#ifndef MGMT_MGMTD_ENTRY_JSON_H
#define MGMT_MGMTD_ENTRY_JSON_H

#include <jansson.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/call.h"
#include "mgmt/mgmtd/store_entry.h"

/* ja: warnings in Japanese. NULL when memory is short. */
json_t *entry_json(const struct entry *e, bool ja);

/*
 * What is asked for as an entry with an id of its own, requested by the caller now.
 * Returns 0; -EINVAL with the reason in e; or what db.h says.
 */
int entry_make(const struct call *c, const struct input_allow *in, struct entry *ret,
	       struct input_error *e) MUST_CHECK;

#define ENTRY_WHY_MAX (2 * INPUT_REASON_MAX + 16)

/* What the history says about it: the purpose, after why a public suffix was accepted. */
void entry_why(const struct entry *e, char dst[ENTRY_WHY_MAX]);

#endif
