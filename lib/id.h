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

#define ID_TEXT_MAX 18 /* kind, 16 characters, terminator */

/* kind: a lower-case letter. Uses libsodium's generator; cannot fail. */
void id_new(char kind, char ret_id[ID_TEXT_MAX]);

/* Is text an id of that kind? */
bool id_is(char kind, const char *text);

#endif
