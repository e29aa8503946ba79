/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/box.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE   ((size_t)2 << 20)
#define BLOCK_BYTES (HUGE_PAGE - sizeof(struct work_block))
#define PAGE        ((size_t)4096)
#define ALIGNMENT   16u
#define ROOM_FIRST  1

struct work_block {
	struct work_block *next;
	size_t used, size;
	size_t dirty; /* what lies behind was never given out, and is clear */
	_Alignas(16) unsigned char data[];
};

/*
 * Cleared. Of huge pages, because taken one by one pages cost a fifth of a large proof;
 * but not an arena's first block, of which most arenas use little.
 */
static struct work_block *map_block(size_t size, bool huge)
{
	size_t whole = size + HUGE_PAGE;
	unsigned char *p = mmap(NULL, whole, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	if (p == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)p & (HUGE_PAGE - 1);
	if (before != 0)
		(void)munmap(p, before);
	(void)munmap(p + before + size, HUGE_PAGE - before);
	if (huge)
		(void)madvise(p + before, size, MADV_HUGEPAGE); /* where there are such */
	return (struct work_block *)(p + before);
}

static void unmap_block(struct work_block *b)
{
	(void)munmap(b, sizeof(*b) + b->size);
}

static struct work_block *new_block(struct work *w, size_t bytes)
{
	size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	struct work_block *b;

	size = (size + sizeof(*b) + PAGE - 1) / PAGE * PAGE - sizeof(*b);
	if (size > WORK_BYTES_MAX - w->bytes) {
		w->error = -E2BIG;
		return NULL;
	}
	b = w->spare;
	if (b != NULL && size == BLOCK_BYTES)
		w->spare = b->next;
	else
		b = map_block(sizeof(*b) + size, w->block != NULL);
	if (b == NULL) {
		w->error = -ENOMEM;
		return NULL;
	}
	b->used = 0;
	b->size = size;
	b->next = w->block;
	w->block = b;
	w->bytes += size;
	return b;
}

/* Clears only what was given out before: pages that nobody touches cost nothing. */
static void *take(struct work_block *b, size_t bytes)
{
	unsigned char *p = b->data + b->used;
	size_t end = b->used + bytes;

	if (b->used < b->dirty)
		memset(p, 0, (end < b->dirty ? end : b->dirty) - b->used);
	b->used = end;
	if (b->dirty < end)
		b->dirty = end;
	return p;
}

static size_t aligned(size_t bytes)
{
	return (bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void *work_alloc(struct work *w, size_t count, size_t size)
{
	struct work_block *b = w->block;
	size_t bytes;

	if (w->error < 0)
		return NULL;
	if (count > WORK_BYTES_MAX / size) {
		w->error = -E2BIG;
		return NULL;
	}
	bytes = aligned(count * size);
	if (b == NULL || bytes > b->size - b->used)
		b = new_block(w, bytes);
	return b == NULL ? NULL : take(b, bytes);
}

int work_step(struct work *w, size_t n)
{
	uint64_t max = w->steps_max != 0 ? w->steps_max : WORK_STEPS_MAX;

	w->steps += n;
	if (w->steps > max && w->error == 0)
		w->error = -E2BIG;
	return w->error;
}

struct work_mark work_mark(const struct work *w)
{
	return (struct work_mark){ w->block, w->block != NULL ? w->block->used : 0 };
}

void work_reset(struct work *w, struct work_mark m)
{
	while (w->block != m.block) {
		struct work_block *b = w->block;

		w->block = b->next;
		w->bytes -= b->size;
		if (b->size != BLOCK_BYTES) {
			unmap_block(b);
			continue;
		}
		b->next = w->spare; /* the next one will be like it */
		w->spare = b;
	}
	if (m.block != NULL)
		m.block->used = m.used;
}

void work_free(struct work *w)
{
	work_reset(w, (struct work_mark){ 0 });
	for (struct work_block *b = w->spare, *next; b != NULL; b = next) {
		next = b->next;
		unmap_block(b);
	}
	*w = (struct work){ 0 };
}

/* What was given out last can grow where it is. */
static bool extend(struct work *w, const void *items, size_t old, size_t new)
{
	struct work_block *b = w->block;
	size_t more = aligned(new) - aligned(old);

	if (items == NULL || w->error < 0 || new > WORK_BYTES_MAX ||
	    b->used < aligned(old) || items != b->data + b->used - aligned(old) ||
	    more > b->size - b->used)
		return false;
	(void)take(b, more);
	return true;
}

void *work_grow(struct work *w, void *items, size_t size, size_t count, size_t *room)
{
	size_t want = *room == 0 ? ROOM_FIRST : *room * 2;
	void *p;

	if (count < *room && w->error == 0)
		return items;
	while (want <= count)
		want *= 2;
	if (extend(w, items, *room * size, want * size)) {
		*room = want;
		return items;
	}
	p = work_alloc(w, want, size);
	if (p == NULL)
		return NULL;
	if (items != NULL && *room != 0)
		memcpy(p, items, *room * size);
	*room = want;
	return p;
}

static inline bool span_overlaps(struct span a, struct span b)
{
	return a.min <= b.max && b.min <= a.max;
}

bool box_overlaps(const struct box *a, const struct box *b)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!span_overlaps(a->f[i], b->f[i]))
			return false;
	}
	return true;
}

bool box_covers(const struct box *outer, const struct box *inner)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (inner->f[i].min < outer->f[i].min ||
		    inner->f[i].max > outer->f[i].max)
			return false;
	}
	return true;
}

bool box_cut(struct box *b, enum field f, struct span s)
{
	struct span *own = &b->f[f];

	if (!span_overlaps(*own, s))
		return false;
	if (own->min < s.min)
		own->min = s.min;
	if (own->max > s.max)
		own->max = s.max;
	return true;
}

bool box_meet(const struct box *a, const struct box *b, struct box *ret)
{
	struct box c = *a;

	if (!box_overlaps(a, b))
		return false;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		(void)box_cut(&c, (enum field)i, b->f[i]);
	*ret = c;
	return true;
}

static struct box_key key_of(const struct box *b)
{
	return (struct box_key){ .oif = b->f[FIELD_OIF],
				 .daddr = b->f[FIELD_DADDR],
				 .dport = b->f[FIELD_DPORT] };
}

static bool key_overlaps(const struct box_key *a, const struct box_key *b)
{
	return span_overlaps(a->daddr, b->daddr) && span_overlaps(a->oif, b->oif) &&
	       span_overlaps(a->dport, b->dport);
}

void boxes_add(struct work *w, struct boxes *list, const struct box *b)
{
	void *items =
		work_grow(w, list->item, sizeof(*list->item), list->count, &list->room);
	void *keys =
		work_grow(w, list->key, sizeof(*list->key), list->count, &list->key_room);

	if (items == NULL || keys == NULL)
		return;
	list->item = items;
	list->key = keys;
	list->item[list->count] = *b;
	list->key[list->count++] = key_of(b);
}

bool boxes_filter(struct work *w, const struct boxes *list, const struct box *b,
		  struct boxes *to)
{
	const struct box_key key = key_of(b);

	if (work_step(w, list->count) < 0)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		if (!key_overlaps(&list->key[i], &key) ||
		    !box_overlaps(&list->item[i], b))
			continue;
		if (box_covers(&list->item[i], b))
			return false;
		boxes_add(w, to, &list->item[i]);
	}
	return true;
}

struct pending { /* a piece, and from which item on it has to be cut */
	struct box box;
	size_t next;
};

struct pendings {
	struct pending *item;
	size_t count, room;
};

static void push(struct work *w, struct pendings *p, const struct box *b, size_t next)
{
	void *items = work_grow(w, p->item, sizeof(*p->item), p->count, &p->room);

	if (items == NULL)
		return;
	p->item = items;
	p->item[p->count++] = (struct pending){ *b, next };
}

/* What is outside cut waits for the next items, what is inside is gone. */
static void split(struct work *w, struct pendings *p, struct box b, const struct box *cut,
		  size_t next)
{
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		struct box side = b;

		if (b.f[f].min < cut->f[f].min) {
			side.f[f].max = cut->f[f].min - 1;
			push(w, p, &side, next);
			b.f[f].min = cut->f[f].min;
		}
		side = b;
		if (b.f[f].max > cut->f[f].max) {
			side.f[f].min = cut->f[f].max + 1;
			push(w, p, &side, next);
			b.f[f].max = cut->f[f].max;
		}
	}
}

static bool find_rest(struct work *w, const struct box *b, const struct boxes *list,
		      struct box *ret_rest)
{
	struct boxes near = { 0 };
	struct pendings wait = { 0 };

	if (!boxes_filter(w, list, b, &near))
		return false;
	if (near.count == 0) {
		*ret_rest = *b;
		return true;
	}
	push(w, &wait, b, 0);
	while (wait.count != 0 && w->error == 0) {
		struct pending p = wait.item[--wait.count];

		while (p.next < near.count && !box_overlaps(&near.item[p.next], &p.box) &&
		       work_step(w, 1) == 0)
			p.next++;
		if (p.next == near.count && w->error == 0) {
			*ret_rest = p.box;
			return true;
		}
		if (w->error == 0)
			split(w, &wait, p.box, &near.item[p.next], p.next + 1);
	}
	return false;
}

bool boxes_rest(struct work *w, const struct box *b, const struct boxes *list,
		struct box *ret_rest)
{
	struct work_mark m = work_mark(w);
	bool found = find_rest(w, b, list, ret_rest);

	work_reset(w, m);
	return found;
}
