/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/session.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "lib/log.h"
#include "lib/str.h"

#define TOKEN_BYTES ((SESSION_HEX_MAX - 1) / 2)
#define TOUCH_S     10 /* a session's last use is written no more often */
#define STEP_S      60 /* back: the clock was put right, and nobody's idleness is known */

static void hash_of(const char *token, char ret_hash[SESSION_HEX_MAX])
{
	uint8_t hash[TOKEN_BYTES];

	(void)crypto_generichash(hash, sizeof(hash), (const uint8_t *)token,
				 strlen(token), NULL, 0);
	str_hex(ret_hash, hash, sizeof(hash));
}

static void random_hex(char ret_text[SESSION_HEX_MAX])
{
	uint8_t bytes[TOKEN_BYTES];

	randombytes_buf(bytes, sizeof(bytes));
	str_hex(ret_text, bytes, sizeof(bytes));
}

int session_start(struct db *db, const char *login, int64_t now,
		  char ret_token[SESSION_HEX_MAX], struct session *ret)
{
	struct session s = { .created = now, .used = now };
	int r;

	random_hex(ret_token);
	hash_of(ret_token, s.hash);
	random_hex(s.csrf);
	(void)str_copy(s.login, sizeof(s.login), login);
	r = store_session_add(db, &s);
	if (r == 0)
		*ret = s;
	return r;
}

int session_find(struct db *db, const char *token, int64_t now, bool background,
		 struct session *ret)
{
	char hash[SESSION_HEX_MAX];
	struct session s;
	int r;

	if (strlen(token) != SESSION_HEX_MAX - 1)
		return -ENOENT;
	hash_of(token, hash);
	r = store_session_get(db, hash, &s);
	if (r < 0)
		return r;
	if (now - s.used >= SESSION_IDLE_S || now - s.created >= SESSION_AGE_S ||
	    s.used - now > STEP_S) {
		if (store_session_remove(db, hash) < 0)
			log_warn("mgmtd", "a session that is over stays stored: %s",
				 db_error(db));
		return -ENOENT;
	}
	/* on a full disk it only ends sooner */
	if (!background && now - s.used >= TOUCH_S &&
	    store_session_touch(db, hash, now) < 0)
		log_warn("mgmtd", "a session's use is not stored: %s", db_error(db));
	*ret = s;
	return 0;
}

int session_expire(struct db *db, int64_t now)
{
	return store_session_expire(db, now - SESSION_IDLE_S, now - SESSION_AGE_S);
}

bool session_csrf_ok(const struct session *s, const char *csrf)
{
	return csrf != NULL && strlen(csrf) == SESSION_HEX_MAX - 1 &&
	       sodium_memcmp(s->csrf, csrf, SESSION_HEX_MAX - 1) == 0;
}
