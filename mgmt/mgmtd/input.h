/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * input - bodies of requests, checked and turned into plain values (pure)
 *
 * Every function takes a parsed JSON value of any kind from anybody. It returns 0,
 * or -EINVAL with the reason in e. Unknown keys are errors. Texts are printable
 * UTF-8; ret_ is written only on success. Nothing is allocated.
 */
#ifndef MGMT_MGMTD_INPUT_H
#define MGMT_MGMTD_INPUT_H

#include <jansson.h>
#include <stdint.h>

#include "lib/attr.h"
#include "lib/host.h"
#include "lib/revision.h"
#include "mgmt/mgmtd/flow_stamp.h"
#include "mgmt/mgmtd/msg.h"
#include "mgmt/mgmtd/workflow.h"

#define INPUT_REASON_MAX   1000 /* bytes */
#define INPUT_NAME_MAX     120
#define INPUT_PASSWORD_MAX 128

struct input_error {
	enum msg msg;
	char arg[128];
};

struct input_reason {
	char reason[INPUT_REASON_MAX + 1];
};

struct input_policy {
	const char *text; /* borrowed from the body */
	char reason[INPUT_REASON_MAX + 1];
	uint32_t confirm_s; /* on trial so long; 0: for good */
};

/* What is compared with what: two versions, or a text with the one in force. */
struct input_diff {
	const char *text; /* borrowed; NULL: the version to */
	uint64_t from, to; /* revisions; 0: the one in force */
};

struct input_lockdown {
	bool on;
	char reason[256];
};

struct input_review { /* of a flow */
	char result[INPUT_REASON_MAX + 1];
	char next[11]; /* "YYYY-MM-DD", "" none */
	char stamp[FLOW_STAMP_MAX]; /* of the flow that was read, "" not said */
};

struct input_device {
	char mac[MAC_TEXT_MAX]; /* normal form */
	char mac_given[64]; /* as it was written */
	char address
		[ADDR_TEXT_MAX]; /* of a device behind a VPN, whose mac stands for it */
	char interface[16];
	char name[INPUT_NAME_MAX + 1];
};

struct input_user {
	char login[LOGIN_MAX + 1];
	char name[INPUT_NAME_MAX + 1];
	enum role role;
};

struct input_sign_in {
	char login[64]; /* as typed */
	char password[INPUT_PASSWORD_MAX + 1];
};

struct input_password {
	char old_password[INPUT_PASSWORD_MAX + 1];
	char new_password[INPUT_PASSWORD_MAX + 1];
};

/* Which request is meant: its permit's id. */
int input_approve(const json_t *body, char ret_permit[ID_TEXT_MAX],
		  struct input_error *e) MUST_CHECK;
int input_nothing(const json_t *body, struct input_error *e) MUST_CHECK;
int input_reason(const json_t *body, struct input_reason *ret,
		 struct input_error *e) MUST_CHECK;
int input_policy(const json_t *body, struct input_policy *ret,
		 struct input_error *e) MUST_CHECK;
/* Which trial is meant: its revision, or 0 for the one that there is. */
int input_confirm(const json_t *body, uint64_t *ret_revision,
		  struct input_error *e) MUST_CHECK;
int input_diff(const json_t *body, struct input_diff *ret,
	       struct input_error *e) MUST_CHECK;
int input_lockdown(const json_t *body, struct input_lockdown *ret,
		   struct input_error *e) MUST_CHECK;
/* now: seconds UTC; the next review must come after its day. */
int input_review(const json_t *body, int64_t now, struct input_review *ret,
		 struct input_error *e) MUST_CHECK;
int input_device(const json_t *body, const struct policy *policy,
		 struct input_device *ret, struct input_error *e) MUST_CHECK;

int input_user(const json_t *body, struct input_user *ret,
	       struct input_error *e) MUST_CHECK;
int input_sign_in(const json_t *body, struct input_sign_in *ret,
		  struct input_error *e) MUST_CHECK;

/* Also the rule for passwords: 8 or more, letters, digits and symbols, a new one. */
int input_password(const json_t *body, struct input_password *ret,
		   struct input_error *e) MUST_CHECK;

/* Is it an interface of a zone where devices need a permit, or will when detecting is over? */
bool input_interface_ok(const struct policy *policy, const char *interface);

#endif
