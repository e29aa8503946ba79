/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "lib/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes must encode to the same bytes: a record has one form only. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[RECORD_ENCODED_MAX];
	struct record rec;

	if (record_decode(data, size, &rec) < 0)
		return 0;
	if (record_encode(&rec, again) != size || memcmp(again, data, size) != 0)
		abort();
	return 0;
}
