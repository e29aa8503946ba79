/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expressions that look at registers: comparisons, ranges, sets. */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/walk.h"

#define SOURCES_MAX 8 /* in one comparison */

struct bits {
	enum source source;
	u128 mask;
	u128 value;
};

struct comparison { /* registers with data, taken apart into their sources */
	struct bits bits[SOURCES_MAX];
	size_t count;
	bool never; /* some bits can never be equal */
};

static struct bits *bits_of(struct comparison *c, enum source s)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->bits[i].source == s)
			return &c->bits[i];
	}
	if (c->count == SOURCES_MAX)
		return NULL;
	c->bits[c->count] = (struct bits){ .source = s };
	return &c->bits[c->count++];
}

/* Returns false when a register holds something that is not understood. */
static bool take_apart(struct comparison *c, const struct reg_byte *b, struct rd data)
{
	*c = (struct comparison){ .count = 0 };
	for (size_t i = 0; i < data.left; i++) {
		uint8_t wanted = data.pos[i] ^ b[i].turn;
		struct bits *bits;
		u128 mask, value;

		if (b[i].source == SRC_NONE)
			return false;
		if ((wanted & ~b[i].mask) != 0)
			c->never = true;
		if (b[i].mask == 0)
			continue;
		bits = bits_of(c, b[i].source);
		if (bits == NULL)
			return false;
		mask = (u128)b[i].mask << (8 * b[i].place);
		value = (u128)(wanted & b[i].mask) << (8 * b[i].place);
		if (((bits->value ^ value) & bits->mask & mask) != 0)
			c->never = true;
		bits->mask |= mask;
		bits->value |= value;
	}
	return true;
}

static int match_nothing(struct walk *w)
{
	struct ranges none;

	ranges_none(&none);
	return walk_match(w, FIELD_FAMILY, &none);
}

static int match_equal(struct walk *w, const struct comparison *c)
{
	int r = 0;

	if (c->never)
		return match_nothing(w);
	for (size_t i = 0; r == 0 && i < c->count; i++)
		r = walk_bits(w, c->bits[i].source, c->bits[i].mask, c->bits[i].value,
			      false);
	return r;
}

static int match_unequal(struct walk *w, const struct comparison *c)
{
	if (c->never)
		return 0;
	if (c->count == 0)
		return match_nothing(w);
	if (c->count == 1)
		return walk_bits(w, c->bits[0].source, c->bits[0].mask, c->bits[0].value,
				 true);
	walk_unknown(w, "several fields that are not together");
	return 0;
}

/*
 * The kernel compares bytes, the first one counts most: only numbers whose first
 * bytes those are can be put in order. Returns the source, or SRC_NONE; *ret_last is
 * the greatest number of those that the kernel takes for data.
 */
static enum source ordered(const struct reg_byte *b, struct rd data, u128 *ret_value,
			   u128 *ret_low)
{
	enum source s = b[0].source;
	const struct source_info *info = source_info(s);
	u128 mask = 0, value = 0, low;

	if (s == SRC_NONE || s == SRC_NEXTHDR || info->encoding != ENC_NUMBER)
		return SRC_NONE;
	for (size_t i = 0; i < data.left; i++) {
		if (i >= info->size) { /* filled up with zeros on both sides */
			if (b[i].mask != 0 || b[i].turn != data.pos[i])
				return SRC_NONE;
			continue;
		}
		if (b[i].source != s || b[i].place != info->size - 1 - i ||
		    b[i].turn != 0)
			return SRC_NONE;
		mask |= (u128)b[i].mask << (8 * b[i].place);
		value |= (u128)data.pos[i] << (8 * b[i].place);
	}
	low = ~mask & source_max(info);
	if (mask == 0 || (low & (low + 1)) != 0)
		return SRC_NONE;
	*ret_value = value;
	*ret_low = low;
	return s;
}

/* All x up to max with (x & ~low) at most value, or below it. */
static void ranges_below(struct ranges *r, u128 value, u128 low, bool itself)
{
	if (itself || (value & low) != 0)
		ranges_one(r, 0, value | low);
	else if (value == 0)
		ranges_none(r);
	else
		ranges_one(r, 0, value - 1);
}

static int match_order(struct walk *w, const struct reg_byte *b, struct rd data,
		       uint32_t op)
{
	struct ranges r;
	u128 value = 0, low = 0;
	enum source s = ordered(b, data, &value, &low);

	if (s == SRC_NONE) {
		walk_unknown(w, "an order of what has none");
		return 0;
	}
	ranges_below(&r, value, low, op == NFT_CMP_LTE || op == NFT_CMP_GT);
	if (op == NFT_CMP_GT || op == NFT_CMP_GTE)
		ranges_complement(&r, source_max(source_info(s)));
	return walk_match(w, source_info(s)->field, &r);
}

/* What the clock says, no packet tells. Only its bytes and zeros? */
static bool is_clock(struct walk *w, const struct reg_byte *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (b[i].source != SRC_CLOCK)
			return false;
	}
	walk_maybe(w, "the clock");
	return true;
}

int expr_match_cmp(struct walk *w, const struct nla *t)
{
	uint32_t op = nla_be32(&t[NFTA_CMP_OP], UINT32_MAX);
	const struct reg_byte *b = NULL;
	struct comparison c;
	struct rd data;

	if (data_value(&t[NFTA_CMP_DATA], &data) == 0)
		b = regs_at(&w->regs, nla_be32(&t[NFTA_CMP_SREG], 0), data.left);
	if (b == NULL || !take_apart(&c, b, data) || op > NFT_CMP_GTE) {
		walk_unknown(w, "a comparison with what is not known");
		return 0;
	}
	if (is_clock(w, b, data.left))
		return 0;
	if (op == NFT_CMP_EQ)
		return match_equal(w, &c);
	if (op == NFT_CMP_NEQ)
		return match_unequal(w, &c);
	return match_order(w, b, data, op);
}

int expr_range(struct walk *w, const struct nla *t)
{
	uint32_t op = nla_be32(&t[NFTA_RANGE_OP], UINT32_MAX);
	u128 from = 0, to = 0, low = 0;
	const struct reg_byte *b = NULL;
	enum source s = SRC_NONE;
	struct ranges below, r;
	struct rd first, last;

	if (data_value(&t[NFTA_RANGE_FROM_DATA], &first) == 0 &&
	    data_value(&t[NFTA_RANGE_TO_DATA], &last) == 0 && first.left == last.left)
		b = regs_at(&w->regs, nla_be32(&t[NFTA_RANGE_SREG], 0), first.left);
	if (b != NULL && op <= NFT_RANGE_NEQ && is_clock(w, b, first.left))
		return 0;
	if (b != NULL && ordered(b, first, &from, &low) != SRC_NONE)
		s = ordered(b, last, &to, &low);
	if (s == SRC_NONE || op > NFT_RANGE_NEQ) {
		walk_unknown(w, "a range of what is not known");
		return 0;
	}
	ranges_below(&r, to, low, true);
	ranges_below(&below, from, low, false);
	ranges_complement(&below, source_max(source_info(s)));
	(void)ranges_intersect(&r, below.at, below.count);
	if (op == NFT_RANGE_NEQ)
		ranges_complement(&r, source_max(source_info(s)));
	return walk_match(w, source_info(s)->field, &r);
}

static bool zeros(const struct reg_byte *b, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (b[i].source == SRC_NONE || b[i].mask != 0 || b[i].turn != 0)
			return false;
	}
	return true;
}

/* One whole source at b? In which order? */
static bool whole(const struct reg_byte *b, size_t len, bool *ret_little)
{
	const struct source_info *info = source_info(b[0].source);
	bool little = info->size > 1 && b[0].place == 0;

	if (info->size == 0 || info->size > len || info->encoding == ENC_OPAQUE ||
	    b[0].source == SRC_NEXTHDR || b[0].source == SRC_IIFTYPE)
		return false;
	for (size_t i = 0; i < info->size; i++) {
		if (b[i].source != b[0].source || b[i].mask != 0xff || b[i].turn != 0 ||
		    b[i].place != (little ? i : info->size - 1 - i))
			return false;
	}
	*ret_little = little;
	return true;
}

/* What the key in the registers is. Returns false when that is not understood. */
static bool layout_of(const struct reg_byte *b, size_t len, struct layout *ret)
{
	struct layout l = { .len = len };
	size_t at = 0;

	while (at < len) {
		size_t next, padded;
		bool little = false;

		if (l.count == KEY_FIELDS_MAX || !whole(b + at, len - at, &little))
			return false;
		l.part[l.count].source = b[at].source;
		l.part[l.count].offset = (uint8_t)at;
		l.part[l.count].little = little;
		l.count++;
		next = at + source_info(b[at].source)->size;
		padded = (next + 3) & ~(size_t)3;
		if (padded > len)
			padded = len;
		at = zeros(b, next, padded) ? padded : next;
	}
	*ret = l;
	return l.count > 0;
}

/* A set of one field says something about it, as a comparison does. */
static void learn(struct walk *w, const struct step *s)
{
	const struct set *set = &w->d->model->set[s->set];
	struct range *range;

	if (s->field_count != 1 || set->unknown || set->element_count > RANGES_MAX ||
	    (s->field[0] != FIELD_FAMILY && s->field[0] != FIELD_PROTO))
		return;
	range = calloc(set->element_count + 1, sizeof(*range));
	if (range == NULL) /* what is not learnt is only unknown later */
		return;
	for (size_t i = 0; i < set->element_count; i++)
		range[i] = set->element[i].key[0];
	walk_learn(w, s->field[0], range, set->element_count);
	free(range);
}

static int lookup_verdicts(struct walk *w, size_t raw, const struct layout *l)
{
	struct step *s;
	int r = sets_verdicts(w->d, raw, l, w->verdict_set, w->verdict,
			      &w->verdict_count);

	if (r == -ENOENT) {
		walk_unknown(w, "a map of verdicts");
		return 0;
	}
	if (r < 0)
		return r;
	w->done = true;
	if (w->verdict_count == 0)
		return match_nothing(w);
	s = walk_add(w, STEP_LOOKUP);
	if (s == NULL) {
		w->verdict_count = 0;
		return 0;
	}
	s->field_count = l->count;
	for (size_t i = 0; i < l->count; i++)
		s->field[i] = source_info(l->part[i].source)->field;
	return 0;
}

static int lookup_set(struct walk *w, size_t raw, const struct layout *l, bool negated)
{
	struct step *s = walk_add(w, STEP_LOOKUP);

	if (s == NULL)
		return 0;
	s->negated = negated;
	s->field_count = l->count;
	for (size_t i = 0; i < l->count; i++)
		s->field[i] = source_info(l->part[i].source)->field;
	return sets_use(w->d, raw, l, &s->set);
}

static int lookup_data(struct walk *w, const struct raw_set *set, const struct nla *dreg)
{
	struct reg_byte *b = regs_at(&w->regs, nla_be32(dreg, 0), set->data_len);

	regs_forget_source(&w->regs, SRC_MAP);
	w->map = w->count - 1;
	if (b == NULL) {
		regs_forget(&w->regs);
		walk_unknown(w, "a map's register");
		return 0;
	}
	regs_forget_bytes(b, (set->data_len + NFT_REG32_SIZE - 1) & ~3u);
	if (set->data_len == source_info(SRC_MAP)->size)
		regs_load(b, SRC_MAP, 0, set->data_len);
	return 0;
}

int expr_match_lookup(struct walk *w, const struct nla *t)
{
	bool negated = (nla_be32(&t[NFTA_LOOKUP_FLAGS], 0) & NFT_LOOKUP_F_INV) != 0;
	const struct nla *dreg = &t[NFTA_LOOKUP_DREG];
	const struct reg_byte *b;
	const struct raw_set *set;
	struct entity who = *w->chain;
	struct layout l;
	size_t raw;
	int r;

	who.name = span_of(&t[NFTA_LOOKUP_SET]);
	raw = who.name.len == 0 ? NONE : directory_find(&w->d->sets, &who);
	set = raw == NONE ? NULL : &w->d->raw_set[raw];
	b = set == NULL
		    ? NULL
		    : regs_at(&w->regs, nla_be32(&t[NFTA_LOOKUP_SREG], 0), set->key_len);
	/* where frames come in or leave: whatever it asks of them, it changes nothing */
	if (b != NULL && w->chain->family == NFPROTO_NETDEV && !dreg->there &&
	    !layout_of(b, set->key_len, &l)) {
		walk_maybe(w, "an address of the link");
		return 0;
	}
	if (b == NULL || !layout_of(b, set->key_len, &l)) {
		regs_forget(&w->regs);
		walk_unknown(w, set == NULL ? "a set that is not there"
					    : "a set's key is not known");
		w->done =
			w->done || (dreg->there && nla_be32(dreg, 1) == NFT_REG_VERDICT);
		return 0;
	}
	if (dreg->there && nla_be32(dreg, UINT32_MAX) == NFT_REG_VERDICT)
		return lookup_verdicts(w, raw, &l);
	r = lookup_set(w, raw, &l, negated);
	if (r == 0 && !negated)
		learn(w, &w->step[w->count - 1]);
	return r == 0 && dreg->there ? lookup_data(w, set, dreg) : r;
}
