/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client - the management API over its unix socket; curl.h appears in client.c only
 */
#ifndef MGMT_CLI_CLIENT_H
#define MGMT_CLI_CLIENT_H

#include <jansson.h>
#include <stddef.h>

#include "lib/attr.h"

#define CLIENT_ANSWER_MAX (64u << 20)
#define CLIENT_ERROR_MAX  256

struct client_answer {
	long status; /* HTTP */
	char *body; /* owned, terminated */
	size_t len;
	json_t *json; /* owned; NULL when the body is none */
	char error[CLIENT_ERROR_MAX]; /* when client_ask() failed */
};

#define CLIENT_TIMEOUT_MS 300000L /* verifying years of records takes its time */

/*
 * Send one request: method "GET", "POST" or "DELETE", path "/api/...", body or NULL.
 * Returns 0 (whatever the HTTP status is) or a negative errno; then
 * ret_answer->error says why. ret_answer is to be freed in both cases.
 */
int client_ask(const char *root, const char *lang, const char *method, const char *path,
	       const json_t *body, struct client_answer *ret_answer) MUST_CHECK;
/* The same for those who cannot wait. */
int client_ask_within(long timeout_ms, const char *root, const char *lang,
		      const char *method, const char *path, const json_t *body,
		      struct client_answer *ret_answer) MUST_CHECK;
void client_answer_free(struct client_answer *a);

/* text for use in a query string or as a part of a path; the caller frees it, or NULL. */
char *client_escape(const char *text);

/* Parts of an absolute http or https URL. Returns 0, -EINVAL or -ENOMEM. */
int client_split_url(const char *url, char **ret_host, unsigned *ret_port) MUST_CHECK;

#endif
