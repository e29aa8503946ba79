/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fixture - mgmtd's world below a temporary folder, with a fake gated and proxyd */
#ifndef TESTS_UNIT_MGMTD_FIXTURE_H
#define TESTS_UNIT_MGMTD_FIXTURE_H

#include <jansson.h>

#include "mgmt/mgmtd/api.h"
#include "mgmt/mgmtd/app.h"
#include "tests/unit/mgmtd/fake.h"

#define FIXTURE_NOW 1790000000 /* the clock of api requests */

struct fixture {
	char root[64];
	struct app app;
	struct fake gated, proxyd;
	int64_t now; /* what requests say */
};

/* Folders, an open app, both fakes running; fixture_close() removes everything. */
void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);

/* End the app as kill -9 would leave it, and open it again. */
void fixture_restart(struct fixture *f);

/* The text of a small policy: zones office and lab with admission. */
extern const char fixture_policy[];

/* A request by root over the local socket. *ret_status is set; the caller frees. */
json_t *fixture_root(struct fixture *f, const char *method, const char *path,
		     const char *body, unsigned *ret_status);

/* Apply fixture_policy as root; ends the test when that fails. */
void fixture_apply_policy(struct fixture *f);

/* Does the file exist below the root? */
bool fixture_has(const struct fixture *f, const char *rel);

/* How many records of a kind are in mgmtd's spool. */
unsigned fixture_records(const struct fixture *f, unsigned kind);

#endif
