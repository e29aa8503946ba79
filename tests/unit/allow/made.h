/* SPDX-License-Identifier: GPL-3.0-or-later */
/* made - images for tests, built into a file without a name */
#ifndef TESTS_UNIT_ALLOW_MADE_H
#define TESTS_UNIT_ALLOW_MADE_H

#include "lib/allow/build.h"
#include "lib/allow/list.h"
#include "lib/id.h"

struct made {
	int fd;
	struct allow_built built;
};

/* An entry for a host at 80 and 443 in list 0, all else as it is when nothing is said. */
struct allow_entry made_entry(const char *host);

/* Number n as an entry's id, for entry.id. */
void made_id(char id[ID_TEXT_MAX], unsigned n);

/* Build an image of the entries. Returns what building returns; fd -1 on failure. */
int made_new(const struct allow_entry *entry, size_t count, struct made *ret);
void made_close(struct made *m);

/* Open it; aborts when that fails. */
struct allow_image *made_image(const struct made *m);

/* The first count lists count for the client. */
struct allow_lists made_lists(unsigned count);

#endif
