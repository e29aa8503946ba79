/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local page's form: what is accepted is clean, and a page can be made of it. */
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "proxy/localform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size != 0 ? size : 1);
	struct localform f;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	if (localform_parse(copy, size, &f) == 0 &&
	    (f.port == 0 || f.token[0] == '\0' || f.host[0] == '\0' ||
	     !str_is_printable_utf8(f.purpose) || strpbrk(f.host, "<>\"'&% /@") != NULL))
		abort();
	free(copy);
	return 0;
}
