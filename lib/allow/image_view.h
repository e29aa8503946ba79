/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * image_view - look into an image (for lib/allow itself)
 *
 * Every place and length is checked against the bytes at its use.
 */
#ifndef LIB_ALLOW_IMAGE_VIEW_H
#define LIB_ALLOW_IMAGE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/allow/format.h"
#include "lib/allow/image.h"

struct allow_image {
	const uint8_t *sipkey;
	const uint8_t *bucket; /* u32 [bucket_count + 1] */
	const uint8_t *term; /* u32 [term_count + 1] */
	const uint8_t *term_text;
	const uint8_t *record;
	uint32_t entry_count, bucket_count, term_count, list_count;
	uint32_t term_size, record_size;
	uint64_t depths;
	void *map; /* to unmap, or NULL */
	size_t map_size;
};

/* The records of one key. */
struct image_walk {
	const struct allow_image *image;
	const char *key;
	size_t key_len;
	uint32_t at, end; /* in the records */
	unsigned left; /* records still looked at */
};

struct image_record {
	const uint8_t *id; /* ID_BYTES bytes */
	const uint8_t *term;
	size_t term_len;
};

struct image_walk image_find(const struct allow_image *image, const char *key,
			     size_t len);
bool image_next(struct image_walk *walk, struct image_record *ret_record);

/* The bucket of a key; bucket_count is a power of two. */
uint32_t image_bucket_of(const uint8_t sipkey[FORMAT_SIPKEY_SIZE], const char *key,
			 size_t len, uint32_t bucket_count);

/* May there be a wildcard whose key has that many dots? */
bool image_has_depth(const struct allow_image *image, unsigned dots);

/* Understand the bytes. Returns 0 or -EBADMSG; map and map_size are left alone. */
int image_read(const uint8_t *bytes, size_t size, struct allow_image *image) MUST_CHECK;

#endif
