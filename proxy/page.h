/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page - answers of our own: what was refused and why, in Japanese and English
 *
 * Pure. Nothing a client sent is repeated but the normalised host name.
 */
#ifndef PROXY_PAGE_H
#define PROXY_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/reason.h"
#include "proxy/http1.h"

#define PAGE_MAX 4096 /* every page fits */

enum page_hint { /* what else to tell people */
		 PAGE_HINT_NONE = 0,
		 PAGE_HINT_CHANGE, /* a first password: it has to be changed */
		 PAGE_HINT_WAIT, /* too many sign-ins failed */
};

struct page {
	unsigned status;
	enum reason reason;
	const char *host; /* normalised, "" unknown */
	uint64_t reference; /* the record's conn */
	bool japanese; /* first; English follows (or the other way round) */
	bool head_only; /* the answer to HEAD */
	bool keep; /* another request may follow on the connection */
	enum page_hint hint;
};

/* Does the client prefer Japanese, by its Accept-Language? */
bool page_prefers_japanese(const struct http1_head *head);

/* The status for a refusal. */
unsigned page_status(enum reason reason);

/* The whole response into dst (PAGE_MAX bytes). Returns its length. */
size_t page_write(const struct page *p, char *dst);

#endif
