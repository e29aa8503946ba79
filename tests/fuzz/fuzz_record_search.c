/* SPDX-License-Identifier: GPL-3.0-or-later */
/* searches for records: key, '=', value, a line each */
#include <stdlib.h>
#include <string.h>

#include "mgmt/mgmtd/record_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void split(char *text, struct api_request *req)
{
	while (*text != '\0' && req->query_count < API_QUERY_MAX) {
		char *end = text + strcspn(text, "\n");
		char *next = *end != '\0' ? end + 1 : end;
		char *value = memchr(text, '=', (size_t)(end - text));

		*end = '\0';
		if (value != NULL)
			*value++ = '\0';
		req->query[req->query_count++] =
			(struct api_pair){ text, value != NULL ? value : end };
		text = next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct api_request req = { 0 };
	char text[2048], line[RECORD_QUERY_TEXT_MAX];
	struct proto_query q;
	const char *bad = NULL;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	split(text, &req);
	record_query_print(&req, line);
	if (memchr(line, '\0', sizeof(line)) == NULL)
		abort();
	if (record_query_parse(&req, &q, &bad) < 0) {
		if (bad == NULL)
			abort();
		return 0;
	}
	if (q.limit < 1 || q.limit > PROTO_QUERY_LIMIT_MAX ||
	    !proto_str_ok(q.host, sizeof(q.host)) ||
	    !proto_str_ok(q.text, sizeof(q.text)))
		abort();
	return 0;
}
