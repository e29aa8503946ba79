/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "lib/allow/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As if the hash fitted: nothing may be read out of bounds, whatever the bytes are. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const host[] = { "a.jp", "b.jp", "x.y.a.jp", "192.0.2.1" };
	struct allow_lists lists = { .observe = ALLOW_LIST_NONE };
	struct allow_image *image = NULL;

	memset(lists.fits, 0xff, sizeof(lists.fits));
	memset(lists.counts, 0xff, sizeof(lists.counts));
	if (allow_image_of(data, size, &image) < 0)
		return 0;
	for (unsigned i = 0; i < 8; i++) {
		struct allow_question q = { .host = host[i / 2],
					    .literal = i / 2 == 3,
					    .connect = i % 2 != 0,
					    .port = i % 2 != 0 ? 443 : 80,
					    .path = "/a/b",
					    .method = "GET" };
		struct allow_answer a = allow_match(image, &lists, &q);

		if (a.permitted != (a.reason == REASON_ENTRY) ||
		    memchr(a.id, '\0', sizeof(a.id)) == NULL)
			abort();
	}
	allow_image_free(image);
	return 0;
}
