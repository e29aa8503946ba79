/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * api - a request of the management API and its answer, as plain values
 *
 * http.c makes them from what libmicrohttpd says; tests and fuzzers make them by
 * hand. Strings of a request are valid while it is handled.
 */
#ifndef MGMT_MGMTD_API_H
#define MGMT_MGMTD_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "mgmt/mgmtd/app.h"

#define API_QUERY_MAX       32
#define API_BODY_MAX        (64u << 10) /* before anybody knows who it is */
#define API_BODY_FILE_MAX   (2u << 20) /* a policy file in JSON */
#define API_BODY_IMPORT_MAX (16u << 20) /* an allowlist file in JSON */
#define API_COOKIE_MAX      160

enum api_door {
	API_DOOR_HTTPS = 0, /* zero on purpose: a cleared request is nobody's */
	API_DOOR_LOCAL, /* the machine's own socket */
};

struct api_pair {
	const char *key, *value;
};

struct api_request {
	enum api_door door;
	bool root; /* local: the peer is uid 0 */
	struct addr client; /* HTTPS */
	int64_t now; /* seconds UTC */
	const char *method, *path;
	const char *body;
	size_t body_len;
	const char *token; /* the session's cookie, or NULL; likewise below */
	const char *csrf; /* X-CSRF-Token */
	const char *language; /* Accept-Language */
	bool background; /* X-Background: 1 */
	struct api_pair query[API_QUERY_MAX];
	size_t query_count;
	bool query_cut; /* there were more */
};

struct api_response {
	unsigned status;
	const char *type; /* static */
	char *body; /* owned: free() */
	size_t len;
	char cookie[API_COOKIE_MAX]; /* Set-Cookie, "" none */
};

/*
 * A request's head is there, and it announces so many bytes of body (0: or says nothing).
 * Returns true when the body may come, with its most bytes in *ret_max: more than
 * API_BODY_MAX only for a caller who may use the path. Otherwise the answer is in ret.
 * Keeps no session alive.
 */
bool api_expect(struct app *app, const struct api_request *req, uint64_t announced,
		size_t *ret_max, struct api_response *ret) MUST_CHECK;

/* Answer one request. ret is always filled; body is NULL when memory is short. */
void api_handle(struct app *app, const struct api_request *req, struct api_response *ret);

#endif
