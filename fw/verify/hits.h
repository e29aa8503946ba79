/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hits - which packets of a region a rule's matches are true for */
#ifndef FW_VERIFY_HITS_H
#define FW_VERIFY_HITS_H

#include "fw/verify/reach.h"

struct hit { /* the packets of box that are in none of extra */
	struct box box;
	struct boxes extra;
	bool maybe; /* or not: a limit */
	bool timed; /* as long as an element is there */
	bool doubtful; /* only when an element has gone */
	uint32_t data; /* what a map has: an atom of FIELD_MARK */
	bool recorded; /* a set of families has it */
	uint32_t ceiling; /* of each source, that this is below; 0: none */
};

struct hits {
	struct hit *item;
	size_t count, room;
};

/* A box that is hit for certain and as a whole. */
static inline bool hit_is_plain(const struct hit *h)
{
	return h->extra.count == 0 && !h->maybe && !h->timed && !h->doubtful;
}

/* Can any packet of r be hit? Quick; true does not say that one is. */
bool hits_possible(const struct line *line, size_t step, const struct region *r);

/*
 * Take the steps from step on up to the first that is no match. Returns its number;
 * line->count when there is none, or nothing is hit. The hits are in w's arena.
 */
size_t hits_find(struct space *s, struct work *w, const struct line *line, size_t step,
		 const struct region *r, struct hits *ret_hits);

#endif
