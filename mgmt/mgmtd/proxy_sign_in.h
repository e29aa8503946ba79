/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proxy_sign_in - the proxy asks whether a login and a password are an account's
 *
 * Failures are counted apart from those at the management door: who guesses at the
 * proxy, from any admitted device, does not lock people out of the management.
 */
#ifndef MGMT_MGMTD_PROXY_SIGN_IN_H
#define MGMT_MGMTD_PROXY_SIGN_IN_H

#include <stdint.h>

#include "lib/attr.h"
#include "lib/proto.h"
#include "mgmt/mgmtd/app.h"

#define PROXY_SIGN_IN_GOOD_S 300 /* how long a verdict may be kept */
#define PROXY_SIGN_IN_BAD_S  10

/*
 * Returns 0 with the answer, or -EBADMSG for what no proxy of ours sends. Failures are
 * on record before they are answered. Takes as long as auth_check().
 */
int proxy_sign_in(struct app *app, const struct proto_sign_in *m, int64_t now,
		  struct proto_sign_in_reply *ret_reply) MUST_CHECK;

#endif
