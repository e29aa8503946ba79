/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * verdicts - what mgmtd said of a login and its password, for a while
 *
 * A table of fixed size. It holds no password: a key is a keyed hash of both. Where
 * a place is needed, what is over goes first, then what was refused, then what ends
 * soonest. Not thread-safe.
 */
#ifndef PROXY_VERDICTS_H
#define PROXY_VERDICTS_H

#include <stdint.h>

#define VERDICTS_MAX   4096
#define VERDICTS_LOGIN 64 /* size of a login, with its end */

enum verdict {
	VERDICT_UNKNOWN = 0,
	VERDICT_OK,
	VERDICT_REFUSED,
	VERDICT_LOCKED, /* too many failures with this login */
	VERDICT_MUST_CHANGE, /* right, but a first password */
};

struct verdicts_key {
	uint8_t bytes[16]; /* not guessable: its first bytes choose the place */
};

struct verdicts;

/* NULL: no memory. */
struct verdicts *verdicts_new(void);
void verdicts_free(struct verdicts *v);

/* login: the account, "" unless it is good. Times are of one monotonic clock. */
void verdicts_put(struct verdicts *v, const struct verdicts_key *key, enum verdict what,
		  const char *login, int64_t now_ms, int64_t until_ms);

enum verdict verdicts_get(const struct verdicts *v, const struct verdicts_key *key,
			  int64_t now_ms, char ret_login[VERDICTS_LOGIN]);

/* Everything good about that account; "": about all. */
void verdicts_forget(struct verdicts *v, const char *login);

#endif
