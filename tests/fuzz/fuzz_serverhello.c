/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server's first message: pieces change nothing. */
#include <stdlib.h>

#include "proxy/serverhello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum serverhello_kind read_pieces(const uint8_t *data, size_t size, size_t piece)
{
	struct serverhello s = { 0 };
	enum serverhello_kind kind = SERVERHELLO_PART;

	for (size_t at = 0; at < size && kind == SERVERHELLO_PART; at += piece)
		kind = serverhello_read(&s, data + at,
					size - at < piece ? size - at : piece);
	return kind;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum serverhello_kind whole = read_pieces(data, size, size + 1);

	for (size_t piece = 1; piece < 9; piece++) {
		if (read_pieces(data, size, piece) != whole)
			abort();
	}
	return 0;
}
