/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * build - the allowlist's entries become one image file (level 2)
 *
 * Entries are added one by one, in any order; the order in which entries of one
 * host were added is the order in which they are asked. Memory: about 50 bytes an
 * entry, and ALLOW_IMAGE_MAX in all. format.h describes the file.
 */
#ifndef LIB_ALLOW_BUILD_H
#define LIB_ALLOW_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/allow/entry.h"
#include "lib/allow/image.h"
#include "lib/attr.h"

struct allow_build;

struct allow_built {
	uint64_t size; /* of the file */
	uint8_t hash[ALLOW_HASH_SIZE]; /* BLAKE2b of the whole file */
	uint32_t entries, terms;
	uint32_t
		duplicates; /* entries that say what an earlier one said, but for the id */
};

/* Returns 0, -ENOMEM or -ENOSYS (no randomness). */
int allow_build_new(struct allow_build **ret_build) MUST_CHECK;
void allow_build_free(struct allow_build *b);

/*
 * Nothing of e is kept. Returns 0, -EINVAL (allow_entry_is_valid() says what),
 * -E2BIG (more than ALLOW_ENTRIES_MAX), -EFBIG (more than an image holds), -ENOMEM.
 */
int allow_build_add(struct allow_build *b, const struct allow_entry *e) MUST_CHECK;

/* Is there an entry with that port? For the ports that the firewall opens to the proxy. */
bool allow_build_has_port(const struct allow_build *b, uint16_t port);

/*
 * Write the image to fd, from its present position on, and put it on disk. b can
 * only be freed afterwards. Returns 0, -E2BIG (more than ALLOW_SAME_MAX entries for
 * one host), -EFBIG, -ENOMEM, or what writing gives.
 */
int allow_build_finish(struct allow_build *b, int fd,
		       struct allow_built *ret_built) MUST_CHECK;

#endif
