/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pages - lists that the API answers by pages, whole */
#ifndef MGMT_CLI_PAGES_H
#define MGMT_CLI_PAGES_H

#include <jansson.h>

#include "mgmt/cli/cli.h"

/*
 * All of the list under key at path, with those of the options named in filters (ended
 * by NULL) that were given, as {key: [...]}, which the caller releases; NULL after a
 * complaint.
 */
json_t *pages_get(const struct cli *c, const char *path, const char *key,
		  const char *const *filters);

#endif
