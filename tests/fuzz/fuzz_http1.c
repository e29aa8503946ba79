/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request's head: parsed and rewritten, whole and byte by byte. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proxy/http1.h"
#include "proxy/rewrite.h"
#include "proxy/target.h"

#define OWN_FIELDS_MAX 4 /* Host, Via, Connection, Max-Forwards or Upgrade */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A head is found at the same place, or refused, however the bytes come. */
static ssize_t head_end(const char *text, size_t len)
{
	size_t scan = 0, whole_scan = 0;
	ssize_t whole = http1_head_end(text, len, &whole_scan), end = 0;

	for (size_t n = 1; n <= len && end == 0; n++)
		end = http1_head_end(text, n, &scan);
	if (end != whole)
		abort();
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char out[HTTP1_REQUEST_HEAD_MAX + REWRITE_GROWTH_MAX];
	struct http1_head head;
	struct target target;
	size_t out_len;
	unsigned forwards = 1;
	ssize_t end;
	char *text;

	if (size > HTTP1_REQUEST_HEAD_MAX)
		return 0;
	text = malloc(size + 1);
	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	end = head_end(text, size);
	if (end > 0 && http1_parse_request(text, (size_t)end, &head) == 0 &&
	    target_parse_absolute(head.target, &target) == 0 &&
	    rewrite_max_forwards(&head, &forwards) >= 0 && forwards != 0) {
		/* what we accept must fit, and be something that we accept ourselves, but
		 * for our own fields on top of as many as we take */
		int r = rewrite_request(&head, &target, out, sizeof(out), &out_len);
		size_t fields = head.field_count;

		if (r == 0)
			r = http1_parse_request(out, out_len, &head);
		if (r < 0 && (r != -E2BIG || fields + OWN_FIELDS_MAX <= HTTP1_FIELDS_MAX))
			abort();
	}
	free(text);
	return 0;
}
