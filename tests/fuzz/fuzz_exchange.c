/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Responses: heads and bodies, to every kind of request, whole and in pieces. */
#include <stdlib.h>
#include <string.h>

#include "proxy/exchange.h"

#define INPUT_MAX (64 * 1024)
#define OUT_MAX   EXCHANGE_OUT_MAX(INPUT_MAX)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WEBSOCKET \
	"GET http://a/ HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n" \
	"Upgrade: websocket\r\n\r\n"

static const char *const requests[] = {
	"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET http://a/ HTTP/1.0\r\n\r\n",
	"HEAD http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n",
	WEBSOCKET,
};

struct result {
	char *out;
	size_t len;
	bool done, failed, keep_origin;
};

static void respond(const char *request, const char *text, size_t len, size_t step,
		    struct result *ret)
{
	static char piece[OUT_MAX];
	struct http1_head head;
	struct exchange x;

	ret->len = 0;
	ret->failed = false;
	if (http1_parse_request(request, strlen(request), &head) < 0)
		abort();
	exchange_begin(&x, &head);
	for (size_t at = 0; at < len && !exchange_done(&x); at += step) {
		size_t n = len - at < step ? len - at : step;
		ssize_t r = exchange_down(&x, text + at, n, piece);

		ret->failed = r < 0;
		if (ret->failed)
			break;
		if ((size_t)r > EXCHANGE_OUT_MAX(n))
			abort();
		memcpy(ret->out + ret->len, piece, (size_t)r);
		ret->len += (size_t)r;
	}
	ret->done = exchange_done(&x);
	ret->keep_origin = x.keep_origin;
	exchange_clear(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char out[2][2 * OUT_MAX];
	struct result whole = { .out = out[0] }, pieces = { .out = out[1] };
	const char *request;
	char *text;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	request = requests[data[0] % (sizeof(requests) / sizeof(requests[0]))];
	text = malloc(size);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	respond(request, text, size - 1, size, &whole);
	respond(request, text, size - 1, 1 + data[0] % 7, &pieces);
	/* an error in later bytes takes the earlier ones of the same piece along */
	if (whole.failed != pieces.failed || whole.done != pieces.done ||
	    (!whole.failed && whole.len != pieces.len) || whole.len > pieces.len ||
	    memcmp(whole.out, pieces.out, whole.len) != 0)
		abort();
	free(text);
	return 0;
}
