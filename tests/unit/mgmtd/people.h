/* SPDX-License-Identifier: GPL-3.0-or-later */
/* people - accounts that are signed in over HTTPS, for tests that need several */
#ifndef TESTS_UNIT_MGMTD_PEOPLE_H
#define TESTS_UNIT_MGMTD_PEOPLE_H

#include <jansson.h>

#include "tests/unit/mgmtd/fixture.h"

struct person {
	char token[65], csrf[65];
	struct addr client; /* where the browser is; nowhere at first */
};

/* An account of that role that has changed its first password and is signed in. */
void people_enter(struct fixture *f, struct person *p, const char *login,
		  const char *role);

/* A request of p's. *ret (or NULL) is the caller's. Returns the status. */
unsigned people_ask(struct fixture *f, const struct person *p, const char *method,
		    const char *path, const char *body, json_t **ret);

/* The code of an error, "" when the answer is none. */
const char *people_code(const json_t *answer);

#endif
