/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Credentials for the proxy: what is accepted is clean, and both parts are there. */
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"
#include "proxy/basic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size != 0 ? size : 1);
	struct basic b;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	if (basic_parse((struct http1_span){ .p = copy, .len = size }, &b) == 0 &&
	    (b.login[0] == '\0' || b.password[0] == '\0' ||
	     strchr(b.login, ':') != NULL || !str_is_printable_utf8(b.login) ||
	     !str_is_printable_utf8(b.password)))
		abort();
	free(copy);
	return 0;
}
