/* SPDX-License-Identifier: GPL-3.0-or-later */
/* store_session - the table of sessions; only hashes of tokens are stored */
#ifndef MGMT_MGMTD_STORE_SESSION_H
#define MGMT_MGMTD_STORE_SESSION_H

#include <stdint.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/workflow.h"

#define SESSION_HEX_MAX 65 /* 32 bytes in hex and the terminator */

struct session {
	char hash[SESSION_HEX_MAX]; /* of the token */
	char login[LOGIN_MAX + 1];
	char csrf[SESSION_HEX_MAX];
	int64_t created;
	int64_t used;
};

/* Also forgets the oldest when the account has more than ten. */
int store_session_add(struct db *db, const struct session *s) MUST_CHECK;
/* -ENOENT: no such session. */
int store_session_get(struct db *db, const char *hash, struct session *ret) MUST_CHECK;
int store_session_touch(struct db *db, const char *hash, int64_t now) MUST_CHECK;
int store_session_remove(struct db *db, const char *hash) MUST_CHECK;

/* All of login's sessions but the one with hash keep ("" keeps none). */
int store_session_remove_of(struct db *db, const char *login,
			    const char *keep) MUST_CHECK;

/* Those last used before the first time, or created before the second. */
int store_session_expire(struct db *db, int64_t used, int64_t created) MUST_CHECK;

#endif
