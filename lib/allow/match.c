/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/allow/match.h"

#include <string.h>

#include "lib/allow/image_view.h"
#include "lib/allow/term.h"
#include "lib/attr.h"
#include "lib/host.h"

static unsigned rank(enum reason r)
{
	static const enum reason order[] = { REASON_NOT_LISTED, REASON_PORT,
					     REASON_METHOD, REASON_NOT_NOW,
					     REASON_ENTRY };
	unsigned i = 0;

	while (i + 1 < ARRAY_LEN(order) && order[i] != r)
		i++;
	return i;
}

static void take(struct allow_answer *a, const struct term_verdict *v, const uint8_t *id)
{
	a->reason = v->reason;
	a->list = v->list;
	id_unpack('a', id, a->id);
	a->permitted = v->reason == REASON_ENTRY;
	if (!a->permitted)
		return;
	a->tls_any = v->tls_any;
	a->until = v->until;
}

/* Ask the records under one key; true when one of them permits. */
static bool ask(const struct allow_image *image, const char *key, size_t len,
		const struct allow_lists *lists, const struct allow_question *q,
		struct allow_answer *a)
{
	struct image_walk walk = image_find(image, key, len);
	struct image_record record;

	while (image_next(&walk, &record)) {
		struct term_verdict v = term_ask(record.term, record.term_len, lists, q);

		if (rank(v.reason) > rank(a->reason))
			take(a, &v, record.id);
		if (a->permitted)
			return true;
	}
	return false;
}

static unsigned count_dots(const char *s)
{
	unsigned n = 0;

	for (; *s != '\0'; s++)
		n += *s == '.' ? 1 : 0;
	return n;
}

struct allow_answer allow_match(const struct allow_image *image,
				const struct allow_lists *lists,
				const struct allow_question *q)
{
	struct allow_answer a = { .reason = REASON_NOT_LISTED, .list = ALLOW_LIST_NONE };
	size_t len = strlen(q->host);
	const char *end = q->host + len;
	unsigned dots;

	/* a dot in front is what the keys of wildcards have */
	if (len == 0 || len > HOST_MAX || q->host[0] == '.' ||
	    ask(image, q->host, len, lists, q, &a) || q->literal)
		return a;
	dots = count_dots(q->host);
	for (const char *dot = strchr(q->host, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.'), dots--) {
		if (image_has_depth(image, dots) &&
		    ask(image, dot, (size_t)(end - dot), lists, q, &a))
			return a;
	}
	return a;
}
