/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seed - the fuzzers' seeds, real frames and kernel messages, as test input */
#ifndef TESTS_UNIT_SENSOR_SEED_H
#define TESTS_UNIT_SENSOR_SEED_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fdio.h"

#define SEED_MAX 4096

struct seed {
	uint8_t data[SEED_MAX];
	size_t len;
};

/* rel: "arp/request". Ends the test program when it cannot be read. */
static inline struct seed seed_load(const char *rel)
{
	char path[512] = SOURCE_DIR "/tests/fuzz/corpus/";
	struct seed s = { 0 };
	char *data = NULL;

	if (strlen(path) + strlen(rel) >= sizeof(path))
		abort();
	memcpy(path + strlen(path), rel, strlen(rel) + 1);
	if (fdio_read_file(path, SEED_MAX, &data, &s.len) < 0)
		abort();
	memcpy(s.data, data, s.len);
	free(data);
	return s;
}

/* A copy that ends where its malloc()ed block ends, so that the sanitizer sees overreads. */
static inline uint8_t *seed_cut(const struct seed *s, size_t len)
{
	uint8_t *p = malloc(len != 0 ? len : 1);

	if (p == NULL)
		abort();
	memcpy(p, s->data, len);
	return p;
}

#endif
