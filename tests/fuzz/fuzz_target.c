/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Request targets: what is accepted has one normal form, and keeps it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct target *t)
{
	char text[HOST_MAX + 16];
	struct target again;
	bool v6 = t->addr.family == 6;

	(void)snprintf(text, sizeof(text), "%s%s%s:%u", v6 ? "[" : "", t->host,
		       v6 ? "]" : "", (unsigned)t->port);
	if (target_parse_authority((struct http1_span){ text, strlen(text) }, &again) <
		    0 ||
	    strcmp(again.host, t->host) != 0 || again.port != t->port ||
	    !addr_equal(again.addr, t->addr))
		abort();
	if (strpbrk(t->host, "@%/\\ #?") != NULL || t->port == 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size != 0 ? size : 1);
	struct http1_span s = { copy, size };
	struct target t;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	if (target_parse_authority(s, &t) == 0)
		check(&t);
	if (target_parse_absolute(s, &t) == 0)
		check(&t);
	free(copy);
	return 0;
}
