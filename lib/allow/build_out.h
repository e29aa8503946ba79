/* SPDX-License-Identifier: GPL-3.0-or-later */
/* build_out - a file written through a buffer, hashed on the way (for lib/allow itself) */
#ifndef LIB_ALLOW_BUILD_OUT_H
#define LIB_ALLOW_BUILD_OUT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/allow/image.h"

struct build_out;

/* fd stays the caller's. Returns 0 or -ENOMEM. */
int build_out_new(int fd, struct build_out **ret_out) MUST_CHECK;

/* Errors are kept for build_out_end(). */
void build_out_put(struct build_out *out, const void *data, size_t len);
void build_out_u32(struct build_out *out, uint32_t value);

/*
 * Write what is left, put the file on disk and free out in any case. Returns 0,
 * -EFBIG (more than ALLOW_IMAGE_MAX) or what writing gave.
 */
int build_out_end(struct build_out *out, uint64_t *ret_size,
		  uint8_t ret_hash[ALLOW_HASH_SIZE]) MUST_CHECK;

#endif
