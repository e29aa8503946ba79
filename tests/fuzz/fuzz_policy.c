/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as policy.yaml: a policy, or at least one clean message. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/policy.h"
#include "lib/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy *p = NULL;
	struct diags d = { 0 };
	int r = policy_parse((const char *)data, size, &p, &d);

	if ((r == 0) != (p != NULL) || (r == 0) != (d.count == 0))
		abort();
	for (size_t i = 0; i < d.count && i < DIAG_MAX; i++) {
		if (!str_is_printable_utf8(d.item[i].text))
			abort();
	}
	policy_free(p);
	return 0;
}
