/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * msg - every sentence that the API says to people, in Japanese and English
 *
 * One row holds the HTTP status, the stable code for programs and the texts.
 * "{}" in a text stands for an argument.
 */
#ifndef MGMT_MGMTD_MSG_H
#define MGMT_MGMTD_MSG_H

#include <stdbool.h>
#include <stddef.h>

#define MSG_TEXT_MAX 512

enum msg {
	/* malformed */
	MSG_BAD_JSON,
	MSG_UNKNOWN_KEY,
	MSG_MISSING_KEY,
	MSG_WRONG_TYPE,
	MSG_BAD_QUERY,
	MSG_BODY_NOT_WANTED,
	MSG_TOO_LARGE,
	/* who */
	MSG_NOT_SIGNED_IN,
	MSG_BAD_SIGN_IN,
	MSG_LOCKED,
	MSG_CSRF,
	MSG_NOT_ROOT,
	MSG_ROLE,
	MSG_SAME_PERSON,
	MSG_NEED_MANAGER,
	MSG_MUST_CHANGE,
	MSG_NO_SESSION_HERE,
	MSG_SELF,
	/* what */
	MSG_NOT_FOUND,
	MSG_METHOD,
	MSG_NO_POLICY,
	MSG_NOT_REQUESTED,
	MSG_ALREADY_REQUESTED,
	MSG_ALREADY_LISTED,
	MSG_ALREADY_KNOWN,
	MSG_NOTHING_TO_REVOKE,
	MSG_NO_REQUEST,
	MSG_OVER_BEFORE_APPROVED,
	MSG_LOGIN_TAKEN,
	MSG_ALREADY_DISABLED,
	MSG_FULL,
	MSG_AMBIGUOUS,
	MSG_REPLACED_GONE,
	MSG_NAME_TAKEN,
	MSG_LIST_NOT_EMPTY,
	MSG_LIST_DEFAULT,
	/* refused content */
	MSG_BAD_HOST,
	MSG_HOST_IS_ADDRESS,
	MSG_BAD_ADDRESS,
	MSG_PUBLIC_SUFFIX,
	MSG_NOT_SUFFIX,
	MSG_BAD_PORT,
	MSG_BAD_SCHEME,
	MSG_BAD_PATH,
	MSG_BAD_METHODS,
	MSG_PLAIN_ONLY,
	MSG_TLS_ONLY,
	MSG_NO_LIST,
	MSG_NO_ENTRY,
	MSG_BAD_NAME,
	MSG_BAD_MODE,
	MSG_BAD_SCHEDULE,
	MSG_TOO_MANY,
	MSG_BAD_FILE,
	MSG_BAD_ROWS,
	MSG_BAD_ZONE,
	MSG_NOT_PROXY_ZONE,
	MSG_BAD_MAC,
	MSG_BAD_INTERFACE,
	MSG_BAD_KIND,
	MSG_BAD_TIME,
	MSG_TIME_PAST,
	MSG_TIME_FAR,
	MSG_TIME_ORDER,
	MSG_TIME_BOTH,
	MSG_TIME_NEEDED,
	MSG_BAD_TEXT,
	MSG_BAD_LOGIN,
	MSG_BAD_ROLE,
	MSG_BAD_PASSWORD,
	MSG_WRONG_PASSWORD,
	MSG_REFUSED,
	/* parts */
	MSG_PART_AWAY,
	MSG_NO_RECORD,
	MSG_DISK_FULL,
	MSG_INTERNAL,
	/* not errors */
	MSG_STATUS_AWAY,
	MSG_STATUS_BEHIND,
	MSG_STATUS_NO_POLICY,
	MSG_STATUS_NO_RECORD,
	MSG_PENDING,
	MSG_VERIFY_OK,
	MSG_VERIFY_BROKEN,
	MSG_VERIFY_FAILED,
};

unsigned msg_status(enum msg m);
const char *msg_code(enum msg m);

/* ja: in Japanese. arg replaces "{}". Returns dst. */
char *msg_text(enum msg m, bool ja, const char *arg, char *dst, size_t size);

/* Does an Accept-Language header (or NULL) ask for Japanese first? */
bool msg_wants_japanese(const char *accept_language);

#endif
