/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ClientHello: an answer stands whatever follows, and cutting into records changes nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/clienthello.h"

#define HEADER 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct clienthello *a, const struct clienthello *b)
{
	return strcmp(a->name, b->name) == 0 && a->version == b->version &&
	       a->ech == b->ech;
}

static void check_name(const char *name)
{
	char again[HOST_MAX + 1];

	if (name[0] != '\0' &&
	    (host_normalise(name, again) < 0 || strcmp(name, again) != 0))
		abort();
}

/* Prefixes from exact-size buffers, so that a read past the end is seen. */
static int grow(const uint8_t *data, size_t size, size_t step, struct clienthello *ret)
{
	int r = 0;

	for (size_t len = 0; len < size + step && r == 0; len += step) {
		size_t n = len < size ? len : size;
		uint8_t *copy = malloc(n != 0 ? n : 1);

		if (copy == NULL)
			abort();
		memcpy(copy, data, n);
		r = clienthello_read(copy, n, ret);
		if (r == 0 && n >= CLIENTHELLO_MAX)
			abort();
		free(copy);
	}
	return r;
}

/* The first record's content in records of step bytes each. */
static void refragment(const uint8_t *data, size_t size, size_t step,
		       const struct clienthello *want)
{
	static uint8_t cut[8 * CLIENTHELLO_MAX];
	size_t record = (size_t)data[3] << 8 | data[4], out = 0;
	struct clienthello got;
	int r;

	if (record > size - HEADER || record < 4 ||
	    ((size_t)data[HEADER + 1] << 16 | (size_t)data[HEADER + 2] << 8 |
	     data[HEADER + 3]) > record - 4)
		return; /* fragmented already, or not all there */
	for (size_t at = 0; at < record; at += step) {
		size_t part = record - at < step ? record - at : step;

		if (out + HEADER + part > sizeof(cut))
			return;
		memcpy(cut + out, data, HEADER);
		cut[out + 3] = (uint8_t)(part >> 8);
		cut[out + 4] = (uint8_t)part;
		memcpy(cut + out + HEADER, data + HEADER + at, part);
		out += HEADER + part;
	}
	r = clienthello_read(cut, out, &got);
	if (r == 1 ? !same(&got, want) : r != -EMSGSIZE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct clienthello whole, grown;
	int r = clienthello_read(data, size, &whole);
	size_t step = size > 512 ? size / 64 : 1;

	if (grow(data, size, step, &grown) != r)
		abort();
	if (r != 1)
		return 0;
	check_name(whole.name);
	if (!same(&whole, &grown))
		abort();
	refragment(data, size, 7, &whole);
	refragment(data, size, 300, &whole);
	return 0;
}
