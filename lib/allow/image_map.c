/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/allow/image_view.h"
#include "lib/mem.h"

int allow_image_of(const void *bytes, size_t size, struct allow_image **ret_image)
{
	CLEANUP(free_p) struct allow_image *image = calloc(1, sizeof(*image));
	int r = image != NULL ? image_read(bytes, size, image) : -ENOMEM;

	if (r == 0)
		*ret_image = STEAL(image);
	return r;
}

static int check_hash(const void *map, size_t size, const uint8_t hash[ALLOW_HASH_SIZE])
{
	uint8_t got[ALLOW_HASH_SIZE];

	if (sodium_init() < 0)
		return -ENOSYS;
	(void)crypto_generichash(got, sizeof(got), map, size, NULL, 0);
	return sodium_memcmp(got, hash, sizeof(got)) == 0 ? 0 : -EBADMSG;
}

int allow_image_open(int fd, uint64_t size, const uint8_t hash[ALLOW_HASH_SIZE],
		     struct allow_image **ret_image)
{
	struct allow_image *image = NULL;
	struct stat st;
	void *map;
	int r;

	if (size > ALLOW_IMAGE_MAX)
		return -EFBIG;
	if (fstat(fd, &st) == -1)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size < 0 || (uint64_t)st.st_size != size ||
	    size == 0)
		return -EBADMSG;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	r = check_hash(map, size, hash);
	if (r == 0)
		r = allow_image_of(map, size, &image);
	if (r < 0) {
		(void)munmap(map, size);
		return r;
	}
	image->map = map;
	image->map_size = size;
	*ret_image = image;
	return 0;
}

void allow_image_free(struct allow_image *image)
{
	if (image == NULL)
		return;
	if (image->map != NULL)
		(void)munmap(image->map, image->map_size);
	free(image);
}
