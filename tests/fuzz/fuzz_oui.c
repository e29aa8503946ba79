/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "lib/oui.h"
#include "lib/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is found is printable and not empty. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mac mac = { { 0x70, 0xb3, 0xd5, 0xf2, 0xf0, 1 } };
	struct oui *o = NULL;
	const char *name;

	if (oui_parse((const char *)data, size, &o) < 0)
		return 0;
	name = oui_find(o, mac);
	if (name != NULL && (name[0] == '\0' || !str_is_printable_utf8(name)))
		abort();
	oui_free(o);
	return 0;
}
