/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the elements of a set mean, once a rule says what its keys are. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/parts.h"

struct work { /* one set being understood */
	struct decode *d;
	const struct raw_set *raw;
	const struct layout *layout;
	struct element *element;
	size_t count;
	uint32_t names; /* key fields that are interfaces */
	bool verdicts;
	struct target target[VERDICTS_MAX];
	size_t target_count;
};

static u128 big_endian(const uint8_t *p, size_t len)
{
	u128 v = 0;

	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

static u128 turned(u128 v, size_t len)
{
	u128 out = 0;

	for (size_t i = 0; i < len; i++)
		out = out << 8 | ((v >> (8 * i)) & 0xff);
	return out;
}

/*
 * One part of a key from its bytes read as big endian. Returns 1, 0 (no packet has
 * that), -ENOENT (not understood), or an error.
 */
static int part(struct work *w, size_t k, u128 min, u128 max, struct range *ret)
{
	const struct source_info *info = source_info(w->layout->part[k].source);
	uint32_t value = 0;
	int r = 1;

	if (w->layout->part[k].little && info->size > 1) {
		if (min != max)
			return -ENOENT;
		min = max = turned(min, info->size);
	}
	if (info->encoding == ENC_NUMBER) {
		*ret = (struct range){ .min = num_of(min), .max = num_of(max) };
		return 1;
	}
	if (info->encoding == ENC_NAME) {
		r = names_of_bytes(w->d, min, max, &value);
	} else if (min != max) {
		r = -ENOENT;
	} else if (info->encoding == ENC_INDEX) {
		r = names_of_number(w->d, (uint32_t)min, &value);
	} else if (!source_decode(info, (uint32_t)min, &value)) {
		return info->encoding == ENC_PAIRS ? 0 : -ENOENT;
	}
	if (info->encoding == ENC_NAME || info->encoding == ENC_INDEX)
		w->names |= 1u << k;
	*ret = (struct range){ .min = num_of(value), .max = num_of(value) };
	return r < 0 ? r : 1;
}

static int data_of(struct work *w, const struct raw_element *e, uint32_t *ret_data)
{
	struct nla t[NFTA_DATA_MAX + 1];
	struct target to;
	size_t i = 0;

	if (w->verdicts) {
		if (verdict_of(w->d, &w->raw->who, e->data, &to) < 0)
			return -ENOENT;
		while (i < w->target_count && (w->target[i].verdict != to.verdict ||
					       w->target[i].chain != to.chain))
			i++;
		if (i == VERDICTS_MAX)
			return -ENOENT;
		w->target[i] = to;
		if (i == w->target_count)
			w->target_count++;
		*ret_data = (uint32_t)i;
	} else if ((w->raw->flags & NFT_SET_MAP) != 0 &&
		   w->raw->data_len == sizeof(*ret_data)) {
		if (nla_sort(e->data, t, ARRAY_LEN(t), NULL) < 0 ||
		    t[NFTA_DATA_VALUE].data.left != sizeof(*ret_data))
			return -ENOENT;
		memcpy(ret_data, t[NFTA_DATA_VALUE].data.pos, sizeof(*ret_data));
	}
	return 0;
}

static bool parts_agree(const struct work *w)
{
	if (w->raw->part_count != w->layout->count)
		return false;
	for (size_t k = 0; k < w->layout->count; k++) {
		if (w->raw->part_len[k] != source_info(w->layout->part[k].source)->size)
			return false;
	}
	return true;
}

/* A key, or all keys between two. */
static int add(struct work *w, const struct raw_element *e)
{
	const uint8_t *end = e->key_end.left != 0 ? e->key_end.pos : e->key.pos;
	struct element *out = &w->element[w->count];

	if (end != e->key.pos && memcmp(end, e->key.pos, e->key.left) != 0 &&
	    !parts_agree(w))
		return -ENOENT;
	*out = (struct element){ .timeout_ms = e->timeout_ms };
	for (size_t k = 0; k < w->layout->count; k++) {
		size_t at = w->layout->part[k].offset;
		size_t len = source_info(w->layout->part[k].source)->size;
		u128 min = big_endian(e->key.pos + at, len);
		u128 max = big_endian(end + at, len);
		int r = max < min ? -ENOENT : part(w, k, min, max, &out->key[k]);

		if (r <= 0)
			return r;
	}
	w->count++;
	return data_of(w, e, &out->data);
}

static int by_key(const void *a, const void *b)
{
	const struct raw_element *x = a, *y = b;
	int r = memcmp(x->key.pos, y->key.pos, x->key.left);

	if (r == 0) /* one interval's end before the next one's start */
		r = (int)(y->flags & NFT_SET_ELEM_INTERVAL_END) -
		    (int)(x->flags & NFT_SET_ELEM_INTERVAL_END);
	return r;
}

static int interval(struct work *w, const struct raw_element *from, u128 last)
{
	size_t len = from->key.left;
	struct element *out = &w->element[w->count];
	u128 first = big_endian(from->key.pos, len);
	int r = last < first ? -ENOENT : 0;

	*out = (struct element){ .timeout_ms = from->timeout_ms };
	if (r == 0)
		r = part(w, 0, first, last, &out->key[0]);
	if (r <= 0)
		return r;
	w->count++;
	return data_of(w, from, &out->data);
}

/* Starts and ends, each end the first key that is no longer in it. */
static int add_intervals(struct work *w)
{
	const struct raw_set *s = w->raw;
	const struct raw_element *open = NULL;
	size_t len = s->key_len;
	int r = 0;

	if (w->layout->count != 1 || len != source_info(w->layout->part[0].source)->size)
		return -ENOENT;
	if (s->element_count > 0)
		qsort(s->element, s->element_count, sizeof(*s->element), by_key);
	for (size_t i = 0; r == 0 && i < s->element_count; i++) {
		const struct raw_element *e = &s->element[i];
		bool end = (e->flags & NFT_SET_ELEM_INTERVAL_END) != 0;

		if (!end && open != NULL)
			return -ENOENT;
		if (end && open != NULL)
			r = interval(w, open, big_endian(e->key.pos, len) - 1);
		open = end ? NULL : e;
	}
	if (r == 0 && open != NULL)
		r = interval(w, open, source_max(source_info(w->layout->part[0].source)));
	return r;
}

static int add_all(struct work *w)
{
	const struct raw_set *s = w->raw;
	bool ends = false;
	int r = 0;

	if (s->odd || s->key_len != w->layout->len || (s->flags & NFT_SET_OBJECT) != 0)
		return -ENOENT;
	for (size_t i = 0; i < s->element_count; i++) {
		if (s->element[i].odd)
			return -ENOENT;
		ends = ends || s->element[i].key_end.left != 0;
	}
	if ((s->flags & NFT_SET_INTERVAL) != 0 && s->part_count < 2 && !ends)
		return add_intervals(w);
	for (size_t i = 0; r == 0 && i < s->element_count; i++)
		r = add(w, &s->element[i]);
	return r;
}

static int understand(struct work *w)
{
	w->element = calloc(w->raw->element_count + 1, sizeof(*w->element));
	return w->element == NULL ? -ENOMEM : add_all(w);
}

/* Append a set to the model, which then owns the elements. */
static int append(const struct work *w, struct element *element, size_t count,
		  size_t *ret_set)
{
	struct decode *d = w->d;
	size_t room = d->set_room;
	struct set *s;
	int r = array_room(&d->model->set, &room, d->model->set_count, sizeof(*s),
			   DECODE_SETS_MAX * VARIANTS_MAX);

	if (r == 0)
		r = array_room(&d->set_names, &d->set_room, d->model->set_count,
			       sizeof(*d->set_names), DECODE_SETS_MAX * VARIANTS_MAX);
	if (r < 0) {
		free(element);
		return r;
	}
	s = &d->model->set[d->model->set_count];
	*s = (struct set){ .field_count = w->layout->count,
			   .map = (w->raw->flags & NFT_SET_MAP) != 0 && !w->verdicts,
			   .element = element,
			   .element_count = count };
	span_copy(w->raw->who.table, s->table, sizeof(s->table));
	span_copy(w->raw->who.name, s->name, sizeof(s->name));
	d->set_names[d->model->set_count] = w->names;
	*ret_set = d->model->set_count++;
	return 0;
}

static bool same_layout(const struct layout *a, const struct layout *b)
{
	if (a->count != b->count || a->len != b->len)
		return false;
	for (size_t k = 0; k < a->count; k++) {
		const struct source_info *x = source_info(a->part[k].source);
		const struct source_info *y = source_info(b->part[k].source);

		if (x->encoding != y->encoding || x->size != y->size ||
		    x->pair != y->pair || a->part[k].offset != b->part[k].offset ||
		    a->part[k].little != b->part[k].little)
			return false;
	}
	return true;
}

int sets_use(struct decode *d, size_t raw, const struct layout *l, size_t *ret_set)
{
	struct raw_set *s = &d->raw_set[raw];
	struct work w = { .d = d, .raw = s, .layout = l };
	size_t count;
	int r;

	for (size_t i = 0; i < s->variant_count; i++) {
		if (same_layout(&s->variant[i].layout, l)) {
			*ret_set = s->variant[i].set;
			return 0;
		}
	}
	r = understand(&w);
	count = r == 0 ? w.count : 0;
	if (r < 0 && r != -ENOENT) {
		free(w.element);
		return r;
	}
	if (r < 0) { /* what it has is not known: nothing rather than a part */
		free(w.element);
		w.element = NULL;
	}
	if (append(&w, w.element, count, ret_set) < 0)
		return -ENOMEM;
	d->model->set[*ret_set].unknown = r < 0;
	if (s->variant_count < VARIANTS_MAX)
		s->variant[s->variant_count++] =
			(struct variant){ .layout = *l, .set = *ret_set };
	return 0;
}

/* Those elements of w that have the verdict i. */
static int split(const struct work *w, uint32_t i, size_t *ret_set)
{
	struct element *e = calloc(w->count + 1, sizeof(*e));
	size_t count = 0;

	if (e == NULL)
		return -ENOMEM;
	for (size_t k = 0; k < w->count; k++) {
		if (w->element[k].data == i)
			e[count++] = w->element[k];
	}
	for (size_t k = 0; k < count; k++)
		e[k].data = 0;
	return append(w, e, count, ret_set);
}

int sets_verdicts(struct decode *d, size_t raw, const struct layout *l, size_t *ret_set,
		  struct target *ret_target, size_t *ret_count)
{
	struct work w = {
		.d = d, .raw = &d->raw_set[raw], .layout = l, .verdicts = true
	};
	int r = understand(&w);

	for (uint32_t i = 0; r == 0 && i < w.target_count; i++) {
		ret_target[i] = w.target[i];
		r = split(&w, i, &ret_set[i]);
	}
	free(w.element);
	if (r == 0)
		*ret_count = w.target_count;
	return r;
}
