/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "lib/revision.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct revision *rev = NULL;
	struct diags diags = { 0 };
	int r = revision_parse((const char *)data, size, &rev, &diags);

	if (r == -EINVAL && diags.count == 0)
		abort(); /* refused without a word */
	revision_free(rev);
	return 0;
}
