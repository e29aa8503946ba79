/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/id.h"

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz"; /* Crockford's */

void id_new(char kind, char ret_id[ID_TEXT_MAX])
{
	uint8_t random[ID_TEXT_MAX - 2];

	randombytes_buf(random, sizeof(random));
	ret_id[0] = kind;
	for (size_t i = 0; i < sizeof(random); i++)
		ret_id[i + 1] = alphabet[random[i] & 31];
	ret_id[ID_TEXT_MAX - 1] = '\0';
}

bool id_is(char kind, const char *text)
{
	if (text[0] != kind || strlen(text) != ID_TEXT_MAX - 1)
		return false;
	return strspn(text + 1, alphabet) == ID_TEXT_MAX - 2;
}
