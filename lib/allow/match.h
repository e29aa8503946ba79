/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * match - is this destination on the allowlist? (level 2)
 *
 * A pure function of image, lists that count, and question: proxyd asks it for
 * every request, mgmtd for "allow test".
 */
#ifndef LIB_ALLOW_MATCH_H
#define LIB_ALLOW_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/allow/entry.h"
#include "lib/allow/image.h"
#include "lib/allow/list.h"
#include "lib/id.h"
#include "lib/reason.h"

struct allow_question {
	const char *host; /* normalised name, or an address's text (addr_format()) */
	bool literal; /* it is an address: only an entry for that very address counts */
	uint16_t port;
	bool connect; /* CONNECT, or TLS met in transparent mode; else plain HTTP */
	const char *path; /* plain HTTP: from '/' on, query and all; NULL: unknown */
	const char *method; /* plain HTTP; NULL: unknown */
	int64_t now_s; /* UTC */
};

struct allow_answer {
	bool permitted;
	/*
	 * REASON_ENTRY; or the most telling of REASON_NOT_NOW (it would be permitted
	 * at another time), REASON_METHOD, REASON_PORT and REASON_NOT_LISTED.
	 */
	enum reason reason;
	char id[ID_TEXT_MAX]; /* of the entry that decided; "" for REASON_NOT_LISTED */
	uint16_t list; /* its list; ALLOW_LIST_NONE for REASON_NOT_LISTED */
	bool tls_any; /* the entry that permits says so */
	int64_t until; /* when the entry that permits ends; 0: not at all */
};

/*
 * The exact name is asked first, then wildcards from the longest on; the first
 * entry that permits decides.
 */
struct allow_answer allow_match(const struct allow_image *image,
				const struct allow_lists *lists,
				const struct allow_question *q);

#endif
