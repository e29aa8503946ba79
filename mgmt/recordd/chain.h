/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chain - each row's hash covers the row before it (pure)
 *
 *     hash = BLAKE2b-256(hash of the row before | u8 length of producer | producer |
 *                        u64 sequence | u64 filing time | encoded record)
 *
 * Numbers are big-endian. The first row of all follows 32 zero bytes; the chain
 * goes on from one month's database to the next.
 */
#ifndef MGMT_RECORDD_CHAIN_H
#define MGMT_RECORDD_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#define CHAIN_HASH_LEN 32

struct chain_hash {
	uint8_t b[CHAIN_HASH_LEN];
};

struct chain_hash chain_next(const struct chain_hash *before, const char *producer,
			     uint64_t seq, int64_t time_us, const uint8_t *record,
			     size_t len);

#endif
