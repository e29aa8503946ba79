/* SPDX-License-Identifier: GPL-3.0-or-later */
/* record_query - a search for records from its parameters, and a record as JSON (pure) */
#ifndef MGMT_MGMTD_RECORD_QUERY_H
#define MGMT_MGMTD_RECORD_QUERY_H

#include <jansson.h>

#include "lib/attr.h"
#include "lib/proto.h"
#include "lib/record.h"
#include "mgmt/mgmtd/api.h"

#define RECORD_QUERY_TEXT_MAX 480

/* Returns 0, or -EINVAL with the parameter that is unknown or not valid. */
int record_query_parse(const struct api_request *req, struct proto_query *ret,
		       const char **ret_bad) MUST_CHECK;

/* The parameters as one line, for the record of the reading. */
void record_query_print(const struct api_request *req, char dst[RECORD_QUERY_TEXT_MAX]);

/* NULL when memory is short. */
json_t *record_json(uint64_t id, const struct record *rec, bool ja);

#endif
