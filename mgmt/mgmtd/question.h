/* SPDX-License-Identifier: GPL-3.0-or-later */
/* question - "would this be allowed?" as people ask it, for proxyd (pure) */
#ifndef MGMT_MGMTD_QUESTION_H
#define MGMT_MGMTD_QUESTION_H

#include "lib/attr.h"
#include "lib/proto.h"
#include "mgmt/mgmtd/api.h"

/*
 * From the parameters url, or host with port, scheme and path; method, user and at.
 * The client (device, zone) is for the caller to fill in. Returns 0, or -EINVAL with
 * the parameter that is not valid.
 */
int question_parse(const struct api_request *req, struct proto_decide *ret,
		   const char **ret_bad) MUST_CHECK;

#endif
