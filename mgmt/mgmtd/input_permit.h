/* SPDX-License-Identifier: GPL-3.0-or-later */
/* input_permit - the body of a request for a permit, as input.h says (pure) */
#ifndef MGMT_MGMTD_INPUT_PERMIT_H
#define MGMT_MGMTD_INPUT_PERMIT_H

#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/store_setting.h"

#define INPUT_CHECK_MAX_S (366 * 86400) /* a check of a terminal is current so long */

struct input_request {
	const char *kind; /* of input_kind_ok() */
	char owner[INPUT_NAME_MAX + 1];
	char company[INPUT_NAME_MAX + 1];
	char ticket[INPUT_NAME_MAX + 1];
	char reason[INPUT_REASON_MAX + 1];
	char address[ADDR_TEXT_MAX]; /* normal form, "" any */
	char terminal[INPUT_REASON_MAX + 1];
	char checked[11]; /* "YYYY-MM-DD", "" never */
	int64_t check_until; /* seconds UTC; 0: not checked */
	int64_t since; /* 0: at once */
	int64_t until; /* 0: none */
	int64_t seconds; /* from the approval on; 0: none */
	char destination[REVISION_DESTINATIONS_MAX][HOST_PATTERN_MAX + 1];
	size_t destination_count;
	char flow[REVISION_FLOWS_MAX][POLICY_NAME_MAX + 1];
	size_t flow_count;
	char list[REVISION_LISTS_MAX][INPUT_NAME_MAX + 1]; /* ids or names */
	size_t list_count;
	char card[REVISION_CARDS_MAX][ID_TEXT_MAX]; /* further ones */
	size_t card_count;
};

/* The name of a kind that permits and devices have, as a static text, or NULL. */
const char *input_kind(const char *name);

/*
 * now: seconds UTC, what days and times are compared with. Nothing is bent into shape:
 * what has passed, is turned round or lies beyond the longest term is refused.
 */
int input_request(const json_t *body, int64_t now, const struct terms *terms,
		  struct input_request *ret, struct input_error *e) MUST_CHECK;

/* {"checked": DAY}: the terminal was checked again. */
int input_check(const json_t *body, int64_t now, char ret_day[11], int64_t *ret_until,
		struct input_error *e) MUST_CHECK;

#endif
