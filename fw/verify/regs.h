/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * regs - the kernel's registers while it goes through a rule, byte by byte
 *
 * Twenty words: the verdict's four, then sixteen. NFT_REG_1 to 4 and NFT_REG32_00 to
 * 15 are two names of the same ones. Each byte is a byte of a source, with bits taken
 * out and turned; a constant has no bit of a source left.
 */
#ifndef FW_VERIFY_REGS_H
#define FW_VERIFY_REGS_H

#include "fw/verify/source.h"

#define REGS_BYTES 80
#define REGS_FIRST 16 /* before it is the verdict */

struct reg_byte { /* (source's byte & mask) ^ turn */
	uint8_t source; /* enum source */
	uint8_t place; /* 0: the source's least significant byte */
	uint8_t mask;
	uint8_t turn;
};

struct regs {
	struct reg_byte at[REGS_BYTES];
};

/*
 * Where len bytes of a register begin, or NULL when there is no such register or it
 * has no room.
 */
struct reg_byte *regs_at(struct regs *r, uint32_t name, size_t len);

/* Nothing is known any more: of all, or of what a source told. */
void regs_forget(struct regs *r);
void regs_forget_source(struct regs *r, enum source s);
void regs_forget_bytes(struct reg_byte *b, size_t len);

/* Bytes from, as in the register or in the packet, of a source; len of them. */
void regs_load(struct reg_byte *b, enum source s, size_t from, size_t len);
void regs_constant(struct reg_byte *b, const uint8_t *data, size_t len);

/* Zeros up to the end of the word, as the kernel does it. */
void regs_pad(struct reg_byte *b, size_t len);

/* The constant that len (at most 4) bytes are, in host order. Returns false: none. */
bool regs_is_constant(const struct reg_byte *b, size_t len, uint8_t *ret_bytes);

/* Are the bytes exactly the source, unchanged? */
bool regs_is_source(const struct reg_byte *b, enum source s);

#endif
