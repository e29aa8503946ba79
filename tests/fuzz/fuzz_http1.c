/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request and its response: heads, rewriting and bodies, whole and in pieces. */
#include <stdlib.h>
#include <string.h>

#include "proxy/exchange.h"
#include "proxy/rewrite.h"
#include "proxy/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request(const char *text, size_t len)
{
	static char out[HTTP1_REQUEST_HEAD_MAX + REWRITE_GROWTH_MAX];
	struct http1_head head;
	struct target target;
	size_t scan = 0, out_len;
	ssize_t end = http1_head_end(text, len, &scan);

	if (end <= 0 || end > HTTP1_REQUEST_HEAD_MAX ||
	    http1_parse_request(text, (size_t)end, &head) < 0 ||
	    target_parse_absolute(head.target, &target) < 0)
		return;
	/* what we accept must fit, and be something that we accept ourselves */
	if (rewrite_request(&head, &target, out, sizeof(out), &out_len) < 0 ||
	    http1_parse_request(out, out_len, &head) < 0)
		abort();
}

/* However it is cut, the response comes out alike. */
static size_t response(const char *text, size_t len, size_t step, char *dst)
{
	struct http1_head head = { .method = { "GET", 3 } };
	struct exchange *x;
	size_t got = 0;
	int r;

	if (exchange_new(&head, &x) < 0)
		return 0;
	for (size_t at = 0; at < len; at += step) {
		struct tunnel_out out = { 0 };

		r = exchange_down(x, text + at, len - at < step ? len - at : step, &out);
		if (r < 0)
			break;
		memcpy(dst + got, out.p, out.len);
		got += out.len;
		if (out.end)
			break;
	}
	exchange_free(x);
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char whole[1 << 18], pieces[1 << 18];
	char *copy;
	size_t n, m;

	if (size > TUNNEL_CHUNK)
		return 0;
	copy = malloc(size + 1);
	if (copy == NULL)
		return 0;
	memcpy(copy, data, size);
	request(copy, size);
	n = response(copy, size, size + 1, whole);
	m = response(copy, size, 3, pieces);
	/* an error in later bytes takes the earlier ones of the same piece along */
	if (n > m || memcmp(whole, pieces, n) != 0)
		abort();
	free(copy);
	return 0;
}
