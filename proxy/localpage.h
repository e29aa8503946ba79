/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * localpage - the pages of http://sekisho.internal/: this device's own denials, and
 * what became of a request for a site (pure)
 *
 * Japanese and English, the one that the browser prefers first; no script; every
 * piece of text from elsewhere is escaped. The caller passes only what belongs to the
 * device that asks, and a token that it checks when the form comes back (localform.h).
 */
#ifndef PROXY_LOCALPAGE_H
#define PROXY_LOCALPAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/attr.h"
#include "proxy/denials.h"

#define LOCALPAGE_HOST      "sekisho.internal"
#define LOCALPAGE_ACTION    "/request" /* where the form goes, by POST */
#define LOCALPAGE_TOKEN_MAX 64
#define LOCALPAGE_MAX       (384u << 10) /* every response fits */

enum localpage_kind {
	LOCALPAGE_LIST, /* 200 */
	LOCALPAGE_FILED, /* 200: mgmtd has the request */
	LOCALPAGE_ALREADY, /* 200: the same request waits already */
	LOCALPAGE_FAILED, /* 503: mgmtd could not be reached, or did not take it */
	LOCALPAGE_STALE, /* 403: the token is not ours, or the form is not whole */
	LOCALPAGE_NOT_FOUND, /* 404: no such page */
};

struct localpage {
	enum localpage_kind kind;
	const struct denial *denial; /* the newest first; shown under every kind */
	size_t count; /* DENIALS_A_DEVICE at most are shown */
	const char *token; /* up to LOCALPAGE_TOKEN_MAX of a-z A-Z 0-9 - _ */
	int utc_offset_min; /* of the times shown: 540 in Japan */
	bool japanese; /* first; English follows (or the other way round) */
	bool head_only; /* the answer to HEAD */
};

/* Can a request do anything about it? Others are shown without a button. */
bool localpage_can_ask(const struct denial *d);

/*
 * The whole response. *ret_text is malloc()ed, with a NUL behind. Returns 0, -EINVAL
 * (the token is none) or -ENOMEM.
 */
int localpage_write(const struct localpage *p, char **ret_text,
		    size_t *ret_len) MUST_CHECK;

#endif
