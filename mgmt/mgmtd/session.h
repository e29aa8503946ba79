/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session - who is signed in: random tokens, ends by idleness and by age
 *
 * now is seconds UTC. The token goes to the browser once; the table knows its hash.
 */
#ifndef MGMT_MGMTD_SESSION_H
#define MGMT_MGMTD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/store_session.h"

#define SESSION_COOKIE "__Host-sekisho"
#define SESSION_IDLE_S 300 /* U7 */
#define SESSION_AGE_S  (12 * 3600)

int session_start(struct db *db, const char *login, int64_t now,
		  char ret_token[SESSION_HEX_MAX], struct session *ret) MUST_CHECK;

/*
 * The live session of a token. background: a page asked by itself, which keeps no
 * session alive. -ENOENT: none, or over, or of a time that lies ahead.
 */
int session_find(struct db *db, const char *token, int64_t now, bool background,
		 struct session *ret) MUST_CHECK;

/* Forget those that are over. */
int session_expire(struct db *db, int64_t now) MUST_CHECK;

/* Is csrf (NULL: none came) the session's? Takes the same time for every text. */
bool session_csrf_ok(const struct session *s, const char *csrf);

#endif
