/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stand - the one fixture of a test program, the small policy in force, and root's requests */
#ifndef TESTS_UNIT_MGMTD_STAND_H
#define TESTS_UNIT_MGMTD_STAND_H

#include <jansson.h>

#include "lib/id.h"
#include "tests/unit/mgmtd/fixture.h"

extern struct fixture f;
extern struct fake recordd; /* when it was asked for */

/* For cmocka: open f and apply its policy, with or without a recordd; close it all. */
int stand_open(void **state);
int stand_open_recordd(void **state);
int stand_close(void **state);

#define ON_STAND(test) cmocka_unit_test_setup_teardown(test, stand_open, stand_close)
#define ON_STAND_RECORDD(test) \
	cmocka_unit_test_setup_teardown(test, stand_open_recordd, stand_close)

/* A request by root, which must have that status. The answer is the caller's. */
json_t *stand_ask(const char *method, const char *path, const char *body, unsigned want);
json_t *stand_get(const char *path);

/* The same as POST; body is JSON with ' for ". */
json_t *stand_post(const char *path, const char *body, unsigned want);

/* POST is answered with that status and error. */
void stand_refused(const char *path, const char *body, unsigned status, const char *code);

/* An entry, or a list, that is requested with this body and approved. Its id into id. */
void stand_allow(const char *body, char id[ID_TEXT_MAX]);
void stand_list(const char *body, char id[ID_TEXT_MAX]);

/* The string under key, "" when there is none. */
const char *stand_text(const json_t *obj, const char *key);

#endif
