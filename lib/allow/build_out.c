/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/allow/build_out.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/allow/format.h"
#include "lib/fdio.h"
#include "lib/mem.h"

#define BUFFER (256u << 10)

struct build_out {
	_Alignas(64) crypto_generichash_state hash;
	int fd, error;
	uint64_t size;
	size_t used;
	uint8_t buffer[BUFFER];
};

int build_out_new(int fd, struct build_out **ret_out)
{
	void *block = NULL;
	struct build_out *out;

	if (posix_memalign(&block, 64, sizeof(*out)) != 0)
		return -ENOMEM;
	out = block;
	memset(out, 0, offsetof(struct build_out, buffer));
	out->fd = fd;
	(void)crypto_generichash_init(&out->hash, NULL, 0, ALLOW_HASH_SIZE);
	*ret_out = out;
	return 0;
}

static void flush(struct build_out *out)
{
	if (out->error == 0 && out->size > ALLOW_IMAGE_MAX)
		out->error = -EFBIG;
	if (out->error == 0)
		out->error = fdio_write_all(out->fd, out->buffer, out->used);
	(void)crypto_generichash_update(&out->hash, out->buffer, out->used);
	out->used = 0;
}

void build_out_put(struct build_out *out, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len != 0) {
		size_t n = BUFFER - out->used;

		if (n > len)
			n = len;
		memcpy(out->buffer + out->used, p, n);
		out->used += n;
		out->size += n;
		p += n;
		len -= n;
		if (out->used == BUFFER)
			flush(out);
	}
}

void build_out_u32(struct build_out *out, uint32_t value)
{
	uint8_t bytes[4];

	format_put(bytes, value, sizeof(bytes));
	build_out_put(out, bytes, sizeof(bytes));
}

int build_out_end(struct build_out *out, uint64_t *ret_size,
		  uint8_t ret_hash[ALLOW_HASH_SIZE])
{
	CLEANUP(free_p) struct build_out *end = out;

	flush(end);
	if (end->error == 0 && fsync(end->fd) == -1)
		end->error = -errno;
	if (end->error < 0)
		return end->error;
	(void)crypto_generichash_final(&end->hash, ret_hash, ALLOW_HASH_SIZE);
	*ret_size = end->size;
	return 0;
}
