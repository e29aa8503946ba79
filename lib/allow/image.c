/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/allow/image.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "lib/allow/format.h"
#include "lib/allow/entry.h"
#include "lib/allow/image_view.h"

/* A bucket holds the records of one host, and by chance a few others. */
#define WALK_MAX (ALLOW_SAME_MAX + 64)

static bool counts_fit(const struct allow_image *m)
{
	return m->bucket_count != 0 && m->bucket_count <= FORMAT_BUCKETS_MAX &&
	       (m->bucket_count & (m->bucket_count - 1)) == 0 &&
	       m->entry_count <= ALLOW_ENTRIES_MAX && m->term_count <= FORMAT_TERMS_MAX &&
	       m->list_count <= ALLOW_LISTS_MAX;
}

int image_read(const uint8_t *bytes, size_t size, struct allow_image *image)
{
	struct allow_image m = *image;
	uint64_t buckets, terms;

	if (size < FORMAT_HEADER || size > ALLOW_IMAGE_MAX ||
	    memcmp(bytes, FORMAT_MAGIC, FORMAT_MAGIC_SIZE) != 0)
		return -EBADMSG;
	m.entry_count = format_get32(bytes + FORMAT_AT_ENTRIES);
	m.bucket_count = format_get32(bytes + FORMAT_AT_BUCKETS);
	m.term_count = format_get32(bytes + FORMAT_AT_TERMS);
	m.list_count = format_get32(bytes + FORMAT_AT_LISTS);
	m.term_size = format_get32(bytes + FORMAT_AT_TERM_SIZE);
	m.record_size = format_get32(bytes + FORMAT_AT_RECORD_SIZE);
	m.depths = format_get64(bytes + FORMAT_AT_DEPTHS);
	m.sipkey = bytes + FORMAT_AT_SIPKEY;
	if (!counts_fit(&m))
		return -EBADMSG;
	buckets = ((uint64_t)m.bucket_count + 1) * 4;
	terms = ((uint64_t)m.term_count + 1) * 4;
	if (FORMAT_HEADER + buckets + terms + m.term_size + m.record_size != size)
		return -EBADMSG;
	m.bucket = bytes + FORMAT_HEADER;
	m.term = m.bucket + buckets;
	m.term_text = m.term + terms;
	m.record = m.term_text + m.term_size;
	*image = m;
	return 0;
}

uint32_t allow_image_entries(const struct allow_image *image)
{
	return image->entry_count;
}

uint32_t allow_image_lists(const struct allow_image *image)
{
	return image->list_count;
}

bool image_has_depth(const struct allow_image *image, unsigned dots)
{
	return (image->depths & format_depth_bit(dots)) != 0;
}

uint32_t image_bucket_of(const uint8_t sipkey[FORMAT_SIPKEY_SIZE], const char *key,
			 size_t len, uint32_t bucket_count)
{
	uint8_t h[crypto_shorthash_BYTES];

	(void)crypto_shorthash(h, (const unsigned char *)key, len, sipkey);
	return format_get32(h) & (bucket_count - 1);
}

struct image_walk image_find(const struct allow_image *image, const char *key, size_t len)
{
	const uint8_t *b =
		image->bucket +
		4 * (size_t)image_bucket_of(image->sipkey, key, len, image->bucket_count);
	struct image_walk w = { .image = image, .key = key, .key_len = len };

	w.at = format_get32(b);
	w.end = format_get32(b + 4);
	w.left = w.end <= image->record_size ? WALK_MAX : 0;
	return w;
}

/* Where the term lies, if it lies in the text. */
static bool find_term(const struct allow_image *image, uint32_t number,
		      struct image_record *record)
{
	const uint8_t *p = image->term + 4 * (size_t)number;
	uint32_t at, end;

	if (number >= image->term_count)
		return false;
	at = format_get32(p);
	end = format_get32(p + 4);
	if (at > end || end > image->term_size)
		return false;
	record->term = image->term_text + at;
	record->term_len = end - at;
	return true;
}

bool image_next(struct image_walk *w, struct image_record *ret_record)
{
	while (w->left != 0 && w->at < w->end && w->end - w->at > FORMAT_RECORD_HEAD) {
		const uint8_t *p = w->image->record + w->at;
		size_t len = p[0];

		if (len > w->end - w->at - FORMAT_RECORD_HEAD)
			break;
		w->at += (uint32_t)(FORMAT_RECORD_HEAD + len);
		w->left--;
		ret_record->id = p + 4;
		if (len == w->key_len &&
		    memcmp(p + FORMAT_RECORD_HEAD, w->key, len) == 0 &&
		    find_term(w->image, format_get24(p + 1), ret_record))
			return true;
	}
	w->left = 0;
	return false;
}
