/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * image - the compiled allowlist, mapped and never trusted (level 2)
 *
 * Immutable after it was opened; any thread may ask it (match.h). A damaged image
 * is refused; one whose hash fits all the same is never read out of bounds.
 */
#ifndef LIB_ALLOW_IMAGE_H
#define LIB_ALLOW_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"

#define ALLOW_HASH_SIZE 32 /* BLAKE2b, 256 bits */
#define ALLOW_IMAGE_MAX (512u << 20)

struct allow_image;

/*
 * Map the file that fd is open for (which stays the caller's, and may be closed)
 * and check size and hash. The file must never be changed in place.
 * Returns 0, -EBADMSG (another file, damaged, or another format), -EFBIG, -ENOMEM
 * or another negative errno.
 */
int allow_image_open(int fd, uint64_t size, const uint8_t hash[ALLOW_HASH_SIZE],
		     struct allow_image **ret_image) MUST_CHECK;

/*
 * The same over bytes in memory, which must outlive the image; without the hash.
 * Returns 0, -EBADMSG or -ENOMEM.
 */
int allow_image_of(const void *bytes, size_t size,
		   struct allow_image **ret_image) MUST_CHECK;
void allow_image_free(struct allow_image *image);

uint32_t allow_image_entries(const struct allow_image *image);

/* One more than the highest index of a list that an entry belongs to. */
uint32_t allow_image_lists(const struct allow_image *image);

#endif
