/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workflow - who may do what, and who may approve whose request (pure)
 *
 * Requester and approver are two people, and one of the two is a manager. root
 * on the machine's own socket is let through everywhere; what it does is
 * break-glass and written down as such.
 */
#ifndef MGMT_MGMTD_WORKFLOW_H
#define MGMT_MGMTD_WORKFLOW_H

#include <stdbool.h>

#include "lib/attr.h"

#define LOGIN_MAX 32

enum role {
	ROLE_NONE = 0, /* zero on purpose: a cleared actor may do nothing */
	ROLE_ADMIN,
	ROLE_MANAGER,
	ROLE_AUDITOR,
	ROLE_REQUESTER,
	ROLE_ROOT, /* uid 0 over the machine's own socket; no account has it */
};

enum act {
	ACT_LOOK, /* status, policy, allowlist, devices */
	ACT_SHOW_NFT,
	ACT_APPLY_POLICY, /* and confirm what is on trial */
	ACT_REQUEST,
	ACT_APPROVE,
	ACT_WITHDRAW, /* remove an entry or a list, revoke a device */
	ACT_SET_GROUP, /* of a device */
	ACT_LOCKDOWN, /* switch it on */
	ACT_END_LOCKDOWN,
	ACT_PROVE, /* read the proof, ask what decides */
	ACT_READ_RECORDS,
	ACT_VERIFY_RECORDS,
	ACT_LIST_USERS,
	ACT_MANAGE_USERS,
};

struct actor {
	char login[LOGIN_MAX + 1];
	enum role role;
};

enum workflow_verdict {
	WORKFLOW_NO_ROLE = 0,
	WORKFLOW_OK,
	WORKFLOW_SAME_PERSON,
	WORKFLOW_NEED_MANAGER,
};

/* "admin" and so on; "" for ROLE_NONE. */
const char *role_name(enum role r);

/* The role of an account by that name; ROLE_NONE for everything else, root too. */
enum role role_of_name(const char *name);

bool workflow_may(const struct actor *a, enum act act);

/*
 * May a approve what requester, who had that role when asking, asked for? Of a request
 * from the proxy's local page ("device:ID LOGIN") it is who was signed in there.
 */
enum workflow_verdict workflow_approve(const struct actor *a, const char *requester,
				       enum role requester_role) MUST_CHECK;

/* Does what a does need a mark in the history? */
static inline bool workflow_breaks_glass(const struct actor *a)
{
	return a->role == ROLE_ROOT;
}

#endif
