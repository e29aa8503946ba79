/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is handed over at a restart: what was found sound is written as it was read. */
#include <stdlib.h>
#include <string.h>

#include "proxy/carry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(struct carry c, uint8_t *dst, size_t max, size_t *ret_len)
{
	struct carry_tunnel t;
	struct record open;
	struct wr w = wr_of(dst, max);

	carry_put_head(&w, c.count, c.left_ms);
	while (carry_next(&c, &t, &open)) {
		if (open.conn == 0 || t.up.pending_len > CARRY_PENDING_MAX ||
		    t.down.pending_len > CARRY_PENDING_MAX)
			abort();
		carry_put(&w, &t);
	}
	if (wr_failed(&w))
		abort();
	*ret_len = w.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct carry c;
	uint8_t *again;
	size_t len;

	if (size == 0 || carry_open(data, size, &c) < 0)
		return 0;
	again = malloc(size);
	if (again == NULL)
		return 0;
	write_again(c, again, size, &len);
	if (len != size || memcmp(again, data, size) != 0)
		abort();
	free(again);
	return 0;
}
