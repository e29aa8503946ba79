/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ask - questions to the management daemon, with complaints when it refuses
 */
#ifndef MGMT_CLI_ASK_H
#define MGMT_CLI_ASK_H

#include <jansson.h>

#include "lib/attr.h"
#include "mgmt/cli/cli.h"

/*
 * Ask and return the answer, which the caller releases; NULL after a complaint on
 * stderr. body is released here; NULL for GET. path is a printf format: what it
 * takes must be escaped or come from a checked form.
 */
json_t *ask_get(const struct cli *c, const char *path, ...) PRINTF_FMT(2, 3);
json_t *ask_post(const struct cli *c, json_t *body, const char *path, ...)
	PRINTF_FMT(3, 4);

/* A text/plain answer, which the caller frees; NULL after a complaint. */
char *ask_text(const struct cli *c, const char *path);
char *ask_post_text(const struct cli *c, json_t *body, const char *path);

/*
 * As ask_post(), without much patience. *ret_silent: nobody answered, and nothing was
 * complained about.
 */
json_t *ask_post_quiet(const struct cli *c, json_t *body, const char *path,
		       bool *ret_silent);

/* For CLEANUP() on an answer. */
void ask_free(json_t **answer);

#endif
