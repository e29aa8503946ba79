/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/regs.h"

#include <endian.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

struct reg_byte *regs_at(struct regs *r, uint32_t name, size_t len)
{
	size_t at;

	if (name >= NFT_REG_1 && name <= NFT_REG_4)
		at = REGS_FIRST + (name - NFT_REG_1) * NFT_REG_SIZE;
	else if (name >= NFT_REG32_00 && name <= NFT_REG32_15)
		at = REGS_FIRST + (name - NFT_REG32_00) * NFT_REG32_SIZE;
	else
		return NULL;
	return len == 0 || len > REGS_BYTES - at ? NULL : &r->at[at];
}

void regs_forget_bytes(struct reg_byte *b, size_t len)
{
	memset(b, 0, len * sizeof(*b));
}

void regs_forget(struct regs *r)
{
	memset(r, 0, sizeof(*r));
}

void regs_forget_source(struct regs *r, enum source s)
{
	for (size_t i = 0; i < REGS_BYTES; i++) {
		if (r->at[i].source == s)
			r->at[i] = (struct reg_byte){ .source = SRC_NONE };
	}
}

static uint8_t place(const struct source_info *i, size_t at)
{
	bool little = i->host_order && __BYTE_ORDER == __LITTLE_ENDIAN;

	return (uint8_t)(little ? at : i->size - 1 - at);
}

void regs_load(struct reg_byte *b, enum source s, size_t from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		b[i] = (struct reg_byte){ .source = (uint8_t)s,
					  .place = place(source_info(s), from + i),
					  .mask = 0xff };
}

void regs_constant(struct reg_byte *b, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		b[i] = (struct reg_byte){ .source = SRC_CONSTANT, .turn = data[i] };
}

void regs_pad(struct reg_byte *b, size_t len)
{
	static const uint8_t zero[NFT_REG32_SIZE];

	if (len % NFT_REG32_SIZE != 0)
		regs_constant(b + len, zero, NFT_REG32_SIZE - len % NFT_REG32_SIZE);
}

bool regs_is_constant(const struct reg_byte *b, size_t len, uint8_t *ret_bytes)
{
	for (size_t i = 0; i < len; i++) {
		if (b[i].source == SRC_NONE || b[i].mask != 0)
			return false;
		ret_bytes[i] = b[i].turn;
	}
	return true;
}

bool regs_is_source(const struct reg_byte *b, enum source s)
{
	const struct source_info *info = source_info(s);

	for (size_t i = 0; i < info->size; i++) {
		if (b[i].source != s || b[i].place != place(info, i) ||
		    b[i].mask != 0xff || b[i].turn != 0)
			return false;
	}
	return true;
}
