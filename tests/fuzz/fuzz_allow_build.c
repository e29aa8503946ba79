/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/allow/build.h"
#include "lib/allow/match.h"
#include "lib/host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENTRIES 64

struct input {
	const uint8_t *p;
	size_t left;
};

static uint8_t take(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->p++;
}

/* A text up to the next NUL. */
static const char *take_text(struct input *in, char *dst, size_t size)
{
	size_t n = 0;
	char c;

	while ((c = (char)take(in)) != '\0') {
		if (n + 1 < size)
			dst[n++] = c;
	}
	dst[n] = '\0';
	return dst;
}

struct texts {
	char host[HOST_PATTERN_MAX + 8], path[ALLOW_PATH_MAX + 8];
	char method[ALLOW_METHOD_MAX + 8];
};

static struct allow_entry take_entry(struct input *in, struct texts *t)
{
	struct allow_entry e = { .id = "a0123456789abcdef" };

	e.port_count = take(in) % (ALLOW_PORTS_MAX + 1);
	for (size_t i = 0; i < e.port_count; i++) {
		e.port[i] = take(in);
		e.port[i] = (uint16_t)(e.port[i] << 8 | take(in));
	}
	e.scheme = (enum allow_scheme)(take(in) % 4);
	e.tls_any = take(in) % 2 != 0;
	e.list = take(in);
	e.until = take(in);
	e.host = take_text(in, t->host, sizeof(t->host));
	e.path = take_text(in, t->path, sizeof(t->path));
	e.method[0] = take_text(in, t->method, sizeof(t->method));
	e.method_count = t->method[0] != '\0' ? 1 : 0;
	return e;
}

/* An entry that was taken is found again where it says. */
static void ask(const struct allow_image *image, const struct allow_entry *e)
{
	struct allow_lists lists = { .observe = ALLOW_LIST_NONE };
	struct allow_question q = { .host = e->host, .port = e->port[0] };
	char below[HOST_PATTERN_MAX + 8];

	memset(lists.fits, 0xff, sizeof(lists.fits));
	memset(lists.counts, 0xff, sizeof(lists.counts));
	q.connect = e->scheme == ALLOW_SCHEME_HTTPS ||
		    (e->scheme == ALLOW_SCHEME_ANY && q.port == 443);
	if (q.connect && (e->path[0] != '\0' || e->method_count != 0))
		return;
	if (e->host[0] == '*') {
		memcpy(below, e->host, strlen(e->host) + 1);
		below[0] = 'x';
		q.host = below;
	}
	q.literal = allow_address_is_valid(q.host);
	q.path = e->path[0] != '\0' ? e->path : "/";
	q.method = e->method_count != 0 ? e->method[0] : "GET";
	if (strlen(q.host) <= HOST_MAX && !allow_match(image, &lists, &q).permitted)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct allow_build *b = NULL;
	struct allow_image *image = NULL;
	struct allow_entry taken[ENTRIES];
	struct texts text[ENTRIES];
	struct allow_built built;
	size_t count = 0;
	int fd = memfd_create("image", MFD_CLOEXEC);

	if (fd == -1 || allow_build_new(&b) < 0)
		abort();
	while (in.left != 0 && count < ENTRIES) {
		taken[count] = take_entry(&in, &text[count]);
		if (allow_build_add(b, &taken[count]) == 0)
			count++;
	}
	if (allow_build_finish(b, fd, &built) < 0 ||
	    allow_image_open(fd, built.size, built.hash, &image) < 0 ||
	    allow_image_entries(image) != count)
		abort();
	for (size_t i = 0; i < count; i++)
		ask(image, &taken[i]);
	allow_image_free(image);
	allow_build_free(b);
	(void)close(fd);
	return 0;
}
