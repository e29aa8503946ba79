/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/allow/made.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/allow/list.h"

struct allow_entry made_entry(const char *host)
{
	return (struct allow_entry){ .id = "a0000000000000000",
				     .host = host,
				     .port = { 80, 443 },
				     .port_count = 2,
				     .path = "" };
}

void made_id(char id[ID_TEXT_MAX], unsigned n)
{
	(void)snprintf(id, ID_TEXT_MAX, "a%016u", n);
}

int made_new(const struct allow_entry *entry, size_t count, struct made *ret)
{
	struct made m = { .fd = memfd_create("image", MFD_CLOEXEC) };
	struct allow_build *b = NULL;
	int r = m.fd != -1 ? allow_build_new(&b) : -1;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = allow_build_add(b, &entry[i]);
	if (r == 0)
		r = allow_build_finish(b, m.fd, &m.built);
	allow_build_free(b);
	if (r < 0)
		made_close(&m);
	*ret = m;
	return r;
}

void made_close(struct made *m)
{
	if (m->fd != -1)
		(void)close(m->fd);
	m->fd = -1;
}

struct allow_image *made_image(const struct made *m)
{
	struct allow_image *image;

	if (allow_image_open(m->fd, m->built.size, m->built.hash, &image) < 0)
		abort();
	return image;
}

struct allow_lists made_lists(unsigned count)
{
	struct allow_lists l = { .observe = ALLOW_LIST_NONE };

	for (unsigned i = 0; i < count; i++)
		l.fits[i / 64] |= UINT64_C(1) << (i % 64);
	for (size_t i = 0; i < ALLOW_LIST_WORDS; i++)
		l.counts[i] = l.fits[i];
	return l;
}
