/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "fw/sensor/history.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was taken over can be kept again, and asked about at any time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mac card = { { 2, 0, 0, 0, 0, 1 } };
	struct history_time t = { .now = 1700000000, .hour = 167 };
	struct history *h = NULL;
	uint8_t *again;
	size_t len = 0;

	if (history_new(&h) < 0)
		return 0;
	if (history_decode(h, rd_of(data, size)) == 0 && history_count(h) > HISTORY_MAX)
		abort();
	(void)history_see(h, card, t, "1,3,6", false);
	history_shift(h, -86400);
	again = history_encode(h, &len);
	if (again == NULL || len > HISTORY_FILE_MAX + 8)
		abort();
	free(again);
	history_free(h);
	return 0;
}
