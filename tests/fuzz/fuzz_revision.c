/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "lib/revision.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read in pieces is one document, with as many permits. */
static void compare_whole(const uint8_t *data, size_t size, const struct revision *rev)
{
	json_t *top = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

	if (json_array_size(json_object_get(top, "permits")) != rev->permit_count ||
	    top == NULL)
		abort();
	json_decref(top);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct revision *rev = NULL;
	struct diags diags = { 0 };
	int r = revision_parse((const char *)data, size, &rev, &diags);

	if (r == -EINVAL && diags.count == 0)
		abort(); /* refused without a word */
	if (r == 0)
		compare_whole(data, size, rev);
	revision_free(rev);
	return 0;
}
