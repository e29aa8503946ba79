/* SPDX-License-Identifier: GPL-3.0-or-later */
/* allow_speed [ENTRIES] - build, open and ask an allowlist; prints times and sizes */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/allow/match.h"
#include "tests/unit/allow/made.h"

#define ASKED 1000000

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Names of 20 bytes on the whole, one in eight a wildcard. */
static void host_of(unsigned n, char dst[64])
{
	(void)snprintf(dst, 64, "%sh%07u.example%u.jp", n % 8 == 0 ? "*." : "", n,
		       n % 10);
}

static int build(unsigned count, struct made *m)
{
	struct allow_build *b = NULL;
	FILE *file = tmpfile();
	int r = file != NULL ? allow_build_new(&b) : -1;

	for (unsigned i = 0; r == 0 && i < count; i++) {
		char id[ID_TEXT_MAX], host[64];
		struct allow_entry e = made_entry(host);

		host_of(i * 2654435761u % count, host); /* unsorted */
		made_id(id, i);
		e.id = id;
		e.list = (uint16_t)(i % 5);
		r = allow_build_add(b, &e);
	}
	if (r == 0) {
		m->fd = fileno(file);
		r = allow_build_finish(b, m->fd, &m->built);
	}
	allow_build_free(b);
	return r;
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000;
	struct allow_lists lists = made_lists(5);
	struct allow_image *image;
	unsigned permitted = 0;
	struct made m;
	double t = now_ms();

	if (build(count, &m) < 0)
		return 1;
	(void)printf("build %.0f ms, %" PRIu64 " bytes, %.1f an entry, %u terms\n",
		     now_ms() - t, m.built.size, (double)m.built.size / count,
		     m.built.terms);
	t = now_ms();
	image = made_image(&m);
	(void)printf("open %.1f ms\n", now_ms() - t);
	t = now_ms();
	for (unsigned i = 0; i < ASKED; i++) {
		char host[64];
		struct allow_question q = { .host = host, .port = 443, .connect = true };

		(void)snprintf(host, sizeof(host), "h%07u.example%u.jp",
			       i * 7919u % count, i % 10);
		permitted += allow_match(image, &lists, &q).permitted ? 1 : 0;
	}
	(void)printf("ask %.0f ns each, %u of %d permitted\n",
		     (now_ms() - t) * 1e6 / ASKED, permitted, ASKED);
	allow_image_free(image);
	return 0;
}
