/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/allow/build.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/allow/build_out.h"
#include "lib/allow/format.h"
#include "lib/allow/image_view.h"
#include "lib/allow/term.h"
#include "lib/mem.h"

#define SLOTS_MIN 64

/* Bytes, or whole numbers, one behind the other. */
struct pile {
	uint8_t *data;
	size_t len, size;
};

/*
 * Records as they will be written, in the order of adding; terms likewise, found
 * again through an open hash table of their numbers.
 */
struct allow_build {
	uint8_t sipkey[FORMAT_SIPKEY_SIZE];
	struct pile record;
	struct pile term;
	struct pile term_at; /* uint32_t, term_count + 1 */
	uint32_t *slot; /* term number + 1; 0: free */
	uint32_t slot_count; /* a power of two */
	uint32_t entry_count, term_count, list_count;
	uint64_t depths;
	bool port[UINT16_MAX + 1];
};

static int pile_add(struct pile *p, const void *data, size_t len)
{
	size_t size = p->size != 0 ? p->size : 4096;

	if (len > ALLOW_IMAGE_MAX - p->len)
		return -EFBIG;
	while (size < p->len + len)
		size += size / 2;
	if (size != p->size) {
		uint8_t *grown = realloc(p->data, size);

		if (grown == NULL)
			return -ENOMEM;
		p->data = grown;
		p->size = size;
	}
	memcpy(p->data + p->len, data, len);
	p->len += len;
	return 0;
}

static uint32_t number_in(const struct pile *p, size_t i)
{
	uint32_t v;

	memcpy(&v, p->data + i * sizeof(v), sizeof(v));
	return v;
}

int allow_build_new(struct allow_build **ret_build)
{
	struct allow_build *b;
	uint32_t zero = 0;

	if (sodium_init() < 0)
		return -ENOSYS;
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return -ENOMEM;
	b->slot_count = SLOTS_MIN;
	b->slot = calloc(b->slot_count, sizeof(*b->slot));
	if (b->slot == NULL || pile_add(&b->term_at, &zero, sizeof(zero)) < 0) {
		allow_build_free(b);
		return -ENOMEM;
	}
	randombytes_buf(b->sipkey, sizeof(b->sipkey));
	*ret_build = b;
	return 0;
}

void allow_build_free(struct allow_build *b)
{
	if (b == NULL)
		return;
	free(b->record.data);
	free(b->term.data);
	free(b->term_at.data);
	free(b->slot);
	free(b);
}

/* The slot that holds the term, or the free one where it belongs. */
static uint32_t *find_slot(const struct allow_build *b, const uint8_t *text, size_t len)
{
	uint32_t i = image_bucket_of(b->sipkey, (const char *)text, len, b->slot_count);

	for (;; i = (i + 1) & (b->slot_count - 1)) {
		uint32_t number = b->slot[i], at;

		if (number == 0)
			return &b->slot[i];
		at = number_in(&b->term_at, number - 1);
		if (number_in(&b->term_at, number) - at == len &&
		    memcmp(b->term.data + at, text, len) == 0)
			return &b->slot[i];
	}
}

static int grow_slots(struct allow_build *b)
{
	uint32_t *old = b->slot;
	uint32_t *slot = calloc((size_t)b->slot_count * 2, sizeof(*slot));

	if (slot == NULL)
		return -ENOMEM;
	b->slot = slot;
	b->slot_count *= 2;
	for (uint32_t i = 0; i < b->term_count; i++) {
		uint32_t at = number_in(&b->term_at, i);
		size_t len = number_in(&b->term_at, i + 1) - at;

		*find_slot(b, b->term.data + at, len) = i + 1;
	}
	free(old);
	return 0;
}

static int add_term(struct allow_build *b, const uint8_t *text, size_t len,
		    uint32_t *ret_number)
{
	uint32_t *slot, end;
	int r;

	if (b->term_count >= b->slot_count / 2 && (r = grow_slots(b)) < 0)
		return r;
	slot = find_slot(b, text, len);
	if (*slot == 0) {
		end = (uint32_t)(b->term.len + len);
		r = pile_add(&b->term, text, len);
		if (r == 0 && (r = pile_add(&b->term_at, &end, sizeof(end))) < 0)
			b->term.len -= len;
		if (r < 0)
			return r;
		*slot = ++b->term_count;
	}
	*ret_number = *slot - 1;
	return 0;
}

static int add_record(struct allow_build *b, const struct allow_entry *e, uint32_t term)
{
	const char *key = e->host[0] == '*' ? e->host + 1 : e->host;
	uint8_t record[FORMAT_RECORD_HEAD + FORMAT_KEY_MAX];
	size_t len = strlen(key);

	record[0] = (uint8_t)len;
	format_put(record + 1, term, 3);
	id_pack(e->id, record + 4);
	memcpy(record + FORMAT_RECORD_HEAD, key, len);
	return pile_add(&b->record, record, FORMAT_RECORD_HEAD + len);
}

static unsigned count_dots(const char *s)
{
	unsigned n = 0;

	for (; *s != '\0'; s++)
		n += *s == '.' ? 1 : 0;
	return n;
}

int allow_build_add(struct allow_build *b, const struct allow_entry *e)
{
	uint8_t text[TERM_MAX];
	const char *what;
	uint32_t term;
	int r;

	if (b->entry_count >= ALLOW_ENTRIES_MAX)
		return -E2BIG;
	if (!allow_entry_is_valid(e, &what))
		return -EINVAL;
	if ((r = add_term(b, text, term_pack(e, text), &term)) < 0 ||
	    (r = add_record(b, e, term)) < 0)
		return r;
	b->entry_count++;
	if (e->list >= b->list_count)
		b->list_count = e->list + 1u;
	if (e->host[0] == '*')
		b->depths |= format_depth_bit(count_dots(e->host));
	for (size_t i = 0; i < e->port_count; i++)
		b->port[e->port[i]] = true;
	return 0;
}

bool allow_build_has_port(const struct allow_build *b, uint16_t port)
{
	return b->port[port];
}

/* The records in the order of their buckets. */
struct order {
	uint32_t *begin; /* by bucket: the place of its first record in at[] */
	uint32_t *at; /* where each record lies among b's */
	uint32_t bucket_count;
};

static void order_clear(struct order *o)
{
	free(o->begin);
	free(o->at);
}

static const uint8_t *record_at(const struct allow_build *b, uint32_t at)
{
	return b->record.data + at;
}

static uint32_t size_of(const uint8_t *record)
{
	return FORMAT_RECORD_HEAD + (uint32_t)record[0];
}

static uint32_t bucket_of(const struct allow_build *b, const struct order *o, uint32_t at)
{
	const uint8_t *p = record_at(b, at);

	return image_bucket_of(b->sipkey, (const char *)p + FORMAT_RECORD_HEAD, p[0],
			       o->bucket_count);
}

/* A counting sort, which keeps the order of adding within a bucket. */
static int make_order(const struct allow_build *b, struct order *o)
{
	uint32_t at = 0, sum = 0;

	o->bucket_count = 1;
	while (o->bucket_count < b->entry_count / 2)
		o->bucket_count *= 2;
	o->begin = calloc((size_t)o->bucket_count + 2, sizeof(*o->begin));
	o->at = malloc(((size_t)b->entry_count + 1) * sizeof(*o->at));
	if (o->begin == NULL || o->at == NULL)
		return -ENOMEM;
	for (; at < b->record.len; at += size_of(record_at(b, at)))
		o->begin[bucket_of(b, o, at) + 2]++;
	for (uint32_t i = 0; i < o->bucket_count; i++) {
		sum += o->begin[i + 2];
		o->begin[i + 2] = sum;
	}
	/* begin[i + 1] is where the next record of bucket i goes, in the end its end */
	for (at = 0; at < b->record.len; at += size_of(record_at(b, at)))
		o->at[o->begin[bucket_of(b, o, at) + 1]++] = at;
	return 0;
}

/* Same key and term; the ids differ. */
static bool is_same(const struct allow_build *b, const struct order *o, uint32_t i,
		    uint32_t k)
{
	const uint8_t *x = record_at(b, o->at[i]), *y = record_at(b, o->at[k]);

	return memcmp(x, y, 4) == 0 &&
	       memcmp(x + FORMAT_RECORD_HEAD, y + FORMAT_RECORD_HEAD, x[0]) == 0;
}

/* How many repeat an earlier one; -E2BIG when a bucket is fuller than chance makes it. */
static int count_duplicates(const struct allow_build *b, const struct order *o,
			    uint32_t *ret_count)
{
	uint32_t count = 0;

	for (uint32_t bucket = 0; bucket < o->bucket_count; bucket++) {
		uint32_t begin = o->begin[bucket], end = o->begin[bucket + 1];

		if (end - begin > ALLOW_SAME_MAX)
			return -E2BIG;
		for (uint32_t i = begin + 1; i < end; i++) {
			uint32_t k = begin;

			while (k < i && !is_same(b, o, k, i))
				k++;
			count += k < i ? 1 : 0;
		}
	}
	*ret_count = count;
	return 0;
}

static void put_header(const struct allow_build *b, const struct order *o,
		       struct build_out *out)
{
	uint8_t h[FORMAT_HEADER] = { 0 };

	memcpy(h, FORMAT_MAGIC, FORMAT_MAGIC_SIZE);
	format_put(h + FORMAT_AT_ENTRIES, b->entry_count, 4);
	format_put(h + FORMAT_AT_BUCKETS, o->bucket_count, 4);
	format_put(h + FORMAT_AT_TERMS, b->term_count, 4);
	format_put(h + FORMAT_AT_LISTS, b->list_count, 4);
	format_put(h + FORMAT_AT_TERM_SIZE, b->term.len, 4);
	format_put(h + FORMAT_AT_RECORD_SIZE, b->record.len, 4);
	format_put(h + FORMAT_AT_DEPTHS, b->depths, 8);
	memcpy(h + FORMAT_AT_SIPKEY, b->sipkey, sizeof(b->sipkey));
	build_out_put(out, h, sizeof(h));
}

static void put_buckets(const struct allow_build *b, const struct order *o,
			struct build_out *out)
{
	uint32_t at = 0;

	build_out_u32(out, 0);
	for (uint32_t bucket = 0; bucket < o->bucket_count; bucket++) {
		for (uint32_t i = o->begin[bucket]; i < o->begin[bucket + 1]; i++)
			at += size_of(record_at(b, o->at[i]));
		build_out_u32(out, at);
	}
}

static int write_image(const struct allow_build *b, const struct order *o, int fd,
		       struct allow_built *built)
{
	struct build_out *out;
	int r = build_out_new(fd, &out);

	if (r < 0)
		return r;
	put_header(b, o, out);
	put_buckets(b, o, out);
	for (uint32_t i = 0; i <= b->term_count; i++)
		build_out_u32(out, number_in(&b->term_at, i));
	build_out_put(out, b->term.data, b->term.len);
	for (uint32_t i = 0; i < b->entry_count; i++) {
		const uint8_t *p = record_at(b, o->at[i]);

		build_out_put(out, p, size_of(p));
	}
	return build_out_end(out, &built->size, built->hash);
}

int allow_build_finish(struct allow_build *b, int fd, struct allow_built *ret_built)
{
	struct allow_built built = { .entries = b->entry_count, .terms = b->term_count };
	CLEANUP(order_clear) struct order o = { 0 };
	int r;

	if ((r = make_order(b, &o)) < 0 ||
	    (r = count_duplicates(b, &o, &built.duplicates)) < 0 ||
	    (r = write_image(b, &o, fd, &built)) < 0)
		return r;
	*ret_built = built;
	return 0;
}
