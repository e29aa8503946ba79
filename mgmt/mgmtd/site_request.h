/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * site_request - what a device asks for on the proxy's local page becomes an entry
 *
 * As requested, in the default list, by "device:ID" (or "device:ADDRESS" where devices
 * need no permit), which no account can be called; where people sign in at the proxy
 * by "device:ID LOGIN". People approve it as any other, but not who was signed in, and
 * one of them is a manager: all that is known of who asked is what a proxy says.
 */
#ifndef MGMT_MGMTD_SITE_REQUEST_H
#define MGMT_MGMTD_SITE_REQUEST_H

#include <stdint.h>

#include "lib/attr.h"
#include "lib/proto.h"
#include "mgmt/mgmtd/app.h"

#define SITE_REQUEST_BY     "device:"
#define SITE_REQUEST_MAX    20 /* open ones of a device */
#define SITE_REQUESTS_ALL   500 /* open ones of all devices */
#define SITE_REQUEST_BY_MAX (sizeof(SITE_REQUEST_BY) - 1 + ADDR_TEXT_MAX) /* the device */

/*
 * Returns 0 with what PROTO_RESULT is to say in *ret_code (see proto.h; -ENOENT: no
 * policy yet; -ENOBUFS: not recordable), or -EBADMSG for what no proxy of ours sends.
 */
int site_request_take(struct app *app, const struct proto_site_request *m, int64_t now,
		      int *ret_code) MUST_CHECK;

#endif
