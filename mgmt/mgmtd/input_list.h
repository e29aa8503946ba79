/* SPDX-License-Identifier: GPL-3.0-or-later */
/* input_list - the bodies that ask for a list or its change (pure, see input.h) */
#ifndef MGMT_MGMTD_INPUT_LIST_H
#define MGMT_MGMTD_INPUT_LIST_H

#include "lib/allow/list.h"
#include "lib/policy/policy.h"
#include "mgmt/mgmtd/input.h"

#define INPUT_MEMBERS_MAX 256 /* users, groups */
#define INPUT_MEMBER_MAX  ALLOW_MEMBER_MAX /* bytes of one */

/*
 * Settings that are JSON in the ledger; each belongs to the struct: release them
 * with input_list_clear().
 */
struct input_list {
	char name[INPUT_NAME_MAX + 1];
	char mode[8];
	json_t *zones, *groups, *users; /* arrays of names */
	json_t *schedule; /* an object in its full form, or null: always */
	char reason[INPUT_REASON_MAX + 1];
};

/*
 * What body leaves out stays as it is in ret, which is filled before: with the list
 * in force, or with what a new list begins with. Returns 0, -EINVAL (see e; ret may
 * be changed in part) or -ENOMEM.
 */
int input_list(const json_t *body, const struct policy *policy, struct input_list *ret,
	       struct input_error *e) MUST_CHECK;
void input_list_clear(struct input_list *in);

/* {request}: which request is approved, by its version's id. */
int input_version(const json_t *body, char ret_version[ID_TEXT_MAX],
		  struct input_error *e) MUST_CHECK;

/* {group, reason}: the group of a device, "" none. */
struct input_group {
	char group[INPUT_MEMBER_MAX + 1];
	char reason[INPUT_REASON_MAX + 1];
};
int input_group(const json_t *body, struct input_group *ret,
		struct input_error *e) MUST_CHECK;

#endif
