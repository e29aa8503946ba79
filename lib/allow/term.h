/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * term - what an entry permits at its host, packed (for lib/allow itself)
 *
 *     u8 flags (bits 0-1 scheme, bit 2 tls_any), u16 list, i64 from, i64 until,
 *     u8 ports, u16 each, u8 length of the path, path, u8 methods, each u8 length
 *     and text
 *
 * Many entries share one term. Reading never trusts the bytes: what does not fit is
 * a term that permits nothing and tells nothing.
 */
#ifndef LIB_ALLOW_TERM_H
#define LIB_ALLOW_TERM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/allow/match.h"

#define TERM_MAX \
	(1 + 2 + 16 + 1 + 2 * ALLOW_PORTS_MAX + 1 + ALLOW_PATH_MAX + 1 + \
	 ALLOW_METHODS_MAX * (1 + ALLOW_METHOD_MAX))

/* Pack a valid entry's terms. Returns the length. */
size_t term_pack(const struct allow_entry *e, uint8_t dst[TERM_MAX]);

struct term_verdict {
	enum reason reason; /* as in allow_answer */
	uint16_t list;
	bool tls_any;
	int64_t until;
};

/* Judge q by the term of len bytes at p. */
struct term_verdict term_ask(const uint8_t *p, size_t len,
			     const struct allow_lists *lists,
			     const struct allow_question *q);

#endif
