/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * accounts - who signs in at the proxy: what is known, and asking mgmtd
 *
 * One for the process; everything here may be called from any thread. mgmtd alone
 * knows the accounts. What it says is kept: five minutes when it is good, ten
 * seconds when not (verdicts.h). One question at a time from one address, 32 waiting
 * in all; connections that wait for the same answer share one question.
 */
#ifndef PROXY_ACCOUNTS_H
#define PROXY_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "proxy/basic.h"
#include "proxy/loop.h"
#include "proxy/verdicts.h"

#define ACCOUNTS_GOOD_S 300
#define ACCOUNTS_BAD_S  10

struct accounts;
struct accounts_wait;

/* path: mgmtd's socket. Returns 0, -ENOMEM or another negative errno. */
int accounts_new(const char *path, struct accounts **ret_accounts) MUST_CHECK;

/* Nothing is asked any more. Before the loops go; NULL is fine. */
void accounts_stop(struct accounts *a);

/* After everybody who waited has cancelled. NULL is fine. */
void accounts_free(struct accounts *a);

struct accounts_key {
	struct verdicts_key key;
	struct addr src;
};

void accounts_key(const struct accounts *a, const struct basic *b, struct addr src,
		  struct accounts_key *ret_key);

struct accounts_answer {
	enum verdict verdict; /* VERDICT_UNKNOWN: ask */
	bool shut; /* too many failures from that address: do not */
	bool first; /* and this is the first time that it is told */
	char login[VERDICTS_LOGIN]; /* VERDICT_OK: the account */
};

struct accounts_answer accounts_look(struct accounts *a, const struct accounts_key *key,
				     int64_t now_ms);

/*
 * Ask mgmtd; fn is called in loop's thread when there is an answer, or none can be
 * had: look again then. Returns 0, -EBUSY (too many questions) or -ENOMEM.
 */
int accounts_ask(struct accounts *a, const struct accounts_key *key,
		 const struct basic *b, const char *zone, struct loop *loop, loop_fn *fn,
		 void *user, struct accounts_wait **ret_wait) MUST_CHECK;

/* In loop's thread, before fn was called: it never is. NULL is fine. */
void accounts_cancel(struct accounts_wait *w);

/*
 * This account ("": none at all) is not signed in any more; neither is who is being
 * asked about.
 */
void accounts_forget(struct accounts *a, const char *login);

#endif
