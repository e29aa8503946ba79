/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Chunked coding: where a body ends must not depend on how it is cut. */
#include <stdlib.h>
#include <string.h>

#include "proxy/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ssize_t take(const char *text, size_t len, size_t step, bool *ret_done)
{
	struct body b = body_of(BODY_CHUNKED, 0);
	ssize_t sum = 0;

	for (size_t at = 0; at < len && !b.done; at += step) {
		size_t n = len - at < step ? len - at : step;
		ssize_t r = body_take(&b, text + at, n);

		if (r < 0)
			return r;
		if ((size_t)r > n || (!b.done && (size_t)r != n))
			abort(); /* all of it, or up to the end */
		sum += r;
	}
	*ret_done = b.done;
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool done = false, done_pieces = false;
	const char *text = (const char *)data;
	ssize_t n;

	if (size < 2)
		return 0;
	n = take(text + 1, size - 1, size, &done);
	if (n != take(text + 1, size - 1, 1 + data[0] % 5, &done_pieces) ||
	    done != done_pieces)
		abort();
	/* what stands behind the end must not matter */
	if (done && n != take(text + 1, (size_t)n, size, &done_pieces))
		abort();
	return 0;
}
