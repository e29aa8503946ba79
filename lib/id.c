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

static unsigned value_of(char c)
{
	const char *at = strchr(alphabet, c);

	return at != NULL ? (unsigned)(at - alphabet) & 31 : 0;
}

/* 8 characters of 5 bits are 5 bytes. */
void id_pack(const char *id, uint8_t ret_bytes[ID_BYTES])
{
	for (size_t half = 0; half < 2; half++) {
		uint64_t bits = 0;

		for (size_t i = 0; i < 8; i++)
			bits = bits << 5 | value_of(id[1 + half * 8 + i]);
		for (size_t i = 0; i < 5; i++)
			ret_bytes[half * 5 + i] = (uint8_t)(bits >> (32 - 8 * i));
	}
}

void id_unpack(char kind, const uint8_t bytes[ID_BYTES], char ret_id[ID_TEXT_MAX])
{
	ret_id[0] = kind;
	for (size_t half = 0; half < 2; half++) {
		uint64_t bits = 0;

		for (size_t i = 0; i < 5; i++)
			bits = bits << 8 | bytes[half * 5 + i];
		for (size_t i = 0; i < 8; i++)
			ret_id[1 + half * 8 + i] = alphabet[bits >> (35 - 5 * i) & 31];
	}
	ret_id[ID_TEXT_MAX - 1] = '\0';
}
