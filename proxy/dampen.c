/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/dampen.h"

#include <sodium.h>
#include <string.h>

_Static_assert(sizeof(((struct dampen *)0)->key) == crypto_shorthash_KEYBYTES,
	       "the key of crypto_shorthash");

void dampen_init(struct dampen *d)
{
	*d = (struct dampen){ 0 };
	crypto_shorthash_keygen(d->key);
}

static struct dampen_slot *slot_of(struct dampen *d, uint32_t permit, struct addr src)
{
	uint8_t in[sizeof(permit) + 1 + sizeof(src.bytes)] = { 0 };
	uint8_t hash[crypto_shorthash_BYTES];
	uint16_t i;

	if (permit != 0) {
		memcpy(in, &permit, sizeof(permit));
	} else {
		in[sizeof(permit)] = src.family;
		memcpy(in + sizeof(permit) + 1, src.bytes, src.family == 4 ? 4 : 16);
	}
	(void)crypto_shorthash(hash, in, sizeof(in), d->key);
	memcpy(&i, hash, sizeof(i));
	return &d->slot[i % DAMPEN_SLOTS];
}

/* A slot that was never used is full: its time is long ago. */
static void grant(struct dampen_slot *s, int64_t now_ms)
{
	int64_t more = (now_ms - s->at_ms) * DAMPEN_PER_S / 1000;

	if (more <= 0)
		return;
	if (more >= DAMPEN_BURST - (int64_t)s->left) {
		s->left = DAMPEN_BURST;
		s->at_ms = now_ms;
	} else {
		s->left += (uint32_t)more;
		s->at_ms += more * 1000 / DAMPEN_PER_S;
	}
}

uint32_t dampen_refusal(struct dampen *d, uint32_t permit, struct addr src,
			int64_t now_ms)
{
	struct dampen_slot *s = slot_of(d, permit, src);
	uint32_t count = s->owed + 1;

	grant(s, now_ms);
	s->src = src;
	if (s->left == 0) {
		s->owed = count;
		return 0;
	}
	s->left--;
	s->owed = 0;
	return count;
}

uint32_t dampen_owed(struct dampen *d, struct addr *ret_src)
{
	for (size_t i = 0; i < DAMPEN_SLOTS; i++) {
		struct dampen_slot *s = &d->slot[i];
		uint32_t owed = s->owed;

		if (owed == 0)
			continue;
		s->owed = 0;
		*ret_src = s->src;
		return owed;
	}
	return 0;
}
