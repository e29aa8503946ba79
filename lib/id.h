/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * id - immutable identifiers of ledger objects (level 1)
 *
 * One letter for the kind, then 16 characters of Crockford base 32 (80 random
 * bits): "a7k2m9…" is an allowlist entry, "d…" a device, "p…" a permit, "u…" a
 * user. Flows are named in the policy file and keep that name as their id.
 */
#ifndef LIB_ID_H
#define LIB_ID_H

#include <stdbool.h>
#include <stdint.h>

#define ID_TEXT_MAX 18 /* kind, 16 characters, terminator */
#define ID_BYTES    10 /* without the kind */

/* kind: a lower-case letter. Uses libsodium's generator; cannot fail. */
void id_new(char kind, char ret_id[ID_TEXT_MAX]);

/* Is text an id of that kind? */
bool id_is(char kind, const char *text);

/* The 80 bits of a valid id, and back. */
void id_pack(const char *id, uint8_t ret_bytes[ID_BYTES]);
void id_unpack(char kind, const uint8_t bytes[ID_BYTES], char ret_id[ID_TEXT_MAX]);

#endif
