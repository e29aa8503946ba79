/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * box - sets of packets as boxes: a range of atoms per field
 *
 * Atoms are small numbers that space.c gives to the values of a field which nothing
 * tells apart. All memory comes from one arena and goes with it; every step of work
 * is counted, so that a ruleset which is too complex ends as an error, not as hours.
 */
#ifndef FW_VERIFY_BOX_H
#define FW_VERIFY_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fw/verify/model.h"
#include "lib/attr.h"

#define WORK_BYTES_MAX (512u << 20) /* one proof */
#define WORK_STEPS_MAX UINT64_C(4000000000) /* comparisons: some seconds */

struct work_block;

struct work { /* zero is a new one */
	struct work_block *block;
	struct work_block *spare; /* blocks that were given back */
	size_t bytes;
	uint64_t steps;
	uint64_t steps_max; /* 0: WORK_STEPS_MAX */
	int error; /* sticks: -ENOMEM, or -E2BIG: too complex */
};

/* Cleared memory, or NULL with w->error set. */
void *work_alloc(struct work *w, size_t count, size_t size);
/* Count n comparisons. Returns 0 or w->error. */
int work_step(struct work *w, size_t n);
void work_free(struct work *w);

struct work_mark { /* a point that the arena can go back to */
	struct work_block *block;
	size_t used;
};

struct work_mark work_mark(const struct work *w);
/* Everything that was allocated since is gone. */
void work_reset(struct work *w, struct work_mark m);

/*
 * Room for an item behind the first count in an array that grows in the arena; what is new
 * is clear. NULL: see w->error.
 */
void *work_grow(struct work *w, void *items, size_t size, size_t count, size_t *room);

struct span { /* both ends are in it */
	uint32_t min;
	uint32_t max;
};

struct box {
	struct span f[FIELD_COUNT];
};

bool box_overlaps(const struct box *a, const struct box *b);
bool box_covers(const struct box *outer, const struct box *inner);

/* What both have in common. False: nothing, and *ret is not written. */
bool box_meet(const struct box *a, const struct box *b, struct box *ret);

/* Cut one field down. False: nothing is left, and b is as before. */
bool box_cut(struct box *b, enum field f, struct span s);

struct box_key { /* the fields that tell most boxes apart, close together */
	struct span oif, daddr, dport;
};

struct boxes {
	struct box *item;
	struct box_key *key;
	size_t count, room, key_room;
};

void boxes_add(struct work *w, struct boxes *list, const struct box *b);
/* Add those of list that overlap with b. False: one of them covers all of b. */
bool boxes_filter(struct work *w, const struct boxes *list, const struct box *b,
		  struct boxes *to);

/*
 * The boxes of a list by interface and destination, for lists in which many are looked
 * for. It is made anew when the list has grown.
 */
struct box_index {
	size_t count; /* of boxes that are in it */
	uint32_t *order; /* by first interface, then by first destination */
	uint32_t
		*reach; /* the last destination of any of the same interface up to here */
	size_t *begin; /* of each interface in order; the last is the end */
	uint32_t interfaces;
	uint32_t *wide; /* those of many interfaces or destinations */
	size_t wide_count;
};

void box_index_make(struct work *w, const struct boxes *list, struct box_index *x);

/* Call fn for each box of list that overlaps with b, until it is false. */
typedef bool box_fn(void *user, size_t i);
void boxes_each(struct work *w, const struct boxes *list, struct box_index *x,
		const struct box *b, box_fn *fn, void *user);

/*
 * Is there anything in b that is in none of the list? *ret_rest: some of it. Exact;
 * false as well after an error.
 */
bool boxes_rest(struct work *w, const struct box *b, const struct boxes *list,
		struct box *ret_rest);

#endif
