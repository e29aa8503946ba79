/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spares - memory of one size, kept for the next one in need
 *
 * A loop frees and takes in bursts, of sizes for which malloc() keeps only a few at hand.
 * One thread's; a cleared one is empty. Under the address sanitizer nothing is kept, so
 * that it sees what is used after its end.
 */
#ifndef PROXY_SPARES_H
#define PROXY_SPARES_H

#include <stddef.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
#define SPARES_ROOM 1
#else
#define SPARES_ROOM 64
#endif

struct spares {
	size_t count; /* below the room, so that none can be there */
	void *item[SPARES_ROOM];
};

/* size: always the same. What is in it is whatever was; NULL: no memory. */
static inline void *spares_take(struct spares *s, size_t size)
{
	return s->count != 0 ? s->item[--s->count] : malloc(size);
}

static inline void spares_give(struct spares *s, void *p)
{
	if (s->count + 1 < SPARES_ROOM)
		s->item[s->count++] = p;
	else
		free(p);
}

static inline void spares_clear(struct spares *s)
{
	while (s->count != 0)
		free(s->item[--s->count]);
}

#endif
