/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/chain.h"

#include <sodium.h>
#include <string.h>

#include "lib/wr.h"

#define PRODUCER_MAX 255

struct chain_hash chain_next(const struct chain_hash *before, const char *producer,
			     uint64_t seq, int64_t time_us, const uint8_t *record,
			     size_t len)
{
	uint8_t head[CHAIN_HASH_LEN + 1 + PRODUCER_MAX + 8 + 8];
	size_t name_len = strnlen(producer, PRODUCER_MAX);
	struct wr w = wr_of(head, sizeof(head));
	crypto_generichash_state state;
	struct chain_hash next;

	wr_bytes(&w, before->b, sizeof(before->b));
	wr_u8(&w, (uint8_t)name_len);
	wr_bytes(&w, producer, name_len);
	wr_be64(&w, seq);
	wr_be64(&w, (uint64_t)time_us);
	(void)crypto_generichash_init(&state, NULL, 0, sizeof(next.b));
	(void)crypto_generichash_update(&state, head, w.len);
	(void)crypto_generichash_update(&state, record, len);
	(void)crypto_generichash_final(&state, next.b, sizeof(next.b));
	return next;
}
