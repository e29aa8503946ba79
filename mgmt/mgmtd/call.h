/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call - one request on its way through a handler: who, what, and how it is answered
 */
#ifndef MGMT_MGMTD_CALL_H
#define MGMT_MGMTD_CALL_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/api.h"
#include "mgmt/mgmtd/app.h"
#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/msg.h"
#include "mgmt/mgmtd/store_session.h"
#include "mgmt/mgmtd/workflow.h"

#define CALL_ARG_MAX 64

struct call {
	struct app *app;
	const struct api_request *req;
	struct api_response *res;
	struct actor actor;
	struct session session; /* of an HTTPS caller who is signed in */
	json_t *body; /* an object; an empty one when no body came */
	bool ja;
	char arg[CALL_ARG_MAX]; /* the part of the path that names something */
};

typedef void call_handler(struct call *c);

/* Answer with a JSON value, which is taken over (NULL: memory was short). */
void call_json(struct call *c, unsigned status, json_t *value);

/* Answer with text/plain, taken over. */
void call_text(struct call *c, char *text);

/* Answer with an error; arg fills the message's hole. */
void call_fail(struct call *c, enum msg msg, const char *arg);
void call_fail_input(struct call *c, const struct input_error *e);

/* A negative errno of the ledger that no rule explains: logged, answered with 500. */
void call_fail_internal(struct call *c, int r);

/* What publish_begin(), _note() or _commit() refused; result may be NULL. */
void call_fail_publish(struct call *c, int r, const struct publish_result *result);

/* The order of a change by this caller. reason must outlive it. */
struct publish_order call_order(const struct call *c, const char *what,
				const char *object, const char *reason);

/* What else the caller should know, in one text of the answer: sentence after sentence. */
void call_warn(const struct call *c, json_t *obj, enum msg msg, const char *arg);

/* Add what a publication brought: revision, cut when wanted, pending if any. */
void call_add_result(struct call *c, json_t *obj, const struct publish_result *result,
		     bool with_cut);

/* A query parameter, or NULL. */
const char *call_query(const struct call *c, const char *key);

/* Are all query parameters among keys (ended by NULL)? Else it has answered. */
bool call_query_known(struct call *c, const char *const *keys);

/* Seconds as an RFC 3339 string, null for 0. */
json_t *call_time(int64_t s);

/* A string, null for "". */
json_t *call_maybe(const char *text);

/* May the caller approve this request of that person's? Else it has answered. */
bool call_may_approve(struct call *c, const char *requested_by,
		      const char *requested_role);

/*
 * One record more about a change that was published: a batch has one for each of its
 * objects. The ledger's history is complete without it, so that a failure is logged.
 */
void call_note(struct call *c, const struct change *change, uint64_t revision);

/* Answers MSG_NO_POLICY and returns false when there is none. */
bool call_needs_policy(struct call *c);

#endif
