/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Typed names: what is accepted is in normal form, and its display leads back to it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/names/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *pattern, unsigned warnings)
{
	char again[HOST_PATTERN_MAX + 1], text[NAMES_UNICODE_MAX + 1],
		domain[HOST_MAX + 1];
	unsigned more;
	int r = names_unicode(pattern, text);

	if (host_pattern_normalise(pattern, again) < 0 || strcmp(pattern, again) != 0)
		abort();
	if (r < 0 || (r == 1 && warnings != 0))
		abort();
	if (names_pattern_from_text(text, again, &more) < 0 ||
	    strcmp(pattern, again) != 0 || more != warnings)
		abort();
	if (names_registrable(pattern, domain) < 0)
		abort();
	(void)names_public_suffix(pattern);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), pattern[HOST_PATTERN_MAX + 1];
	unsigned warnings;

	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	copy[size] = '\0';
	if (names_pattern_from_text(copy, pattern, &warnings) == 0)
		check(pattern, warnings);
	free(copy);
	return 0;
}
