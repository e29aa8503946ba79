/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_setting - terms of admission, and what each kind of event leads to */
#ifndef MGMT_MGMTD_STORE_SETTING_H
#define MGMT_MGMTD_STORE_SETTING_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/event.h"
#include "mgmt/mgmtd/db.h"

struct terms {
	int64_t contractor_days; /* the longest permit; likewise the next two */
	int64_t private_days;
	int64_t maintenance_days;
	int64_t dormant_days; /* not seen so long: suspended; 0: never */
	int64_t certify_days; /* looked at again so often; 0: never */
	int64_t quarantine_per_hour; /* automatic ones */
};

extern const struct terms terms_default;

struct terms_row {
	const char *key; /* as the API names it */
	size_t offset; /* of the member in struct terms */
	int64_t min, max;
};

extern const struct terms_row terms_rows[];
extern const size_t terms_row_count;

static inline int64_t *terms_value(struct terms *t, const struct terms_row *row)
{
	return (int64_t *)(void *)((char *)t + row->offset);
}

int store_terms_get(struct db *db, struct terms *ret) MUST_CHECK;
int store_terms_set(struct db *db, const struct terms *t) MUST_CHECK;

enum event_action {
	EVENT_ACTION_RECORD,
	EVENT_ACTION_ALARM,
	EVENT_ACTION_QUARANTINE,
};

const char *event_action_name(enum event_action a);
/* -EINVAL: no such action. */
int event_action_parse(const char *name, enum event_action *ret) MUST_CHECK;

/* What was set, else: notices are recorded, the others raise an alarm. */
int store_action_get(struct db *db, enum event_kind kind,
		     enum event_action *ret) MUST_CHECK;
int store_action_set(struct db *db, enum event_kind kind,
		     enum event_action action) MUST_CHECK;

#endif
