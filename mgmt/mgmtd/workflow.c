/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/workflow.h"

#include <stddef.h>
#include <string.h>

#define BIT(role) (1u << (role))

static const char *const names[] = {
	[ROLE_NONE] = "",
	[ROLE_ADMIN] = "admin",
	[ROLE_MANAGER] = "manager",
	[ROLE_AUDITOR] = "auditor",
	[ROLE_REQUESTER] = "requester",
	[ROLE_ROOT] = "root",
};

const char *role_name(enum role r)
{
	return names[r];
}

enum role role_of_name(const char *name)
{
	for (int r = ROLE_ADMIN; r <= ROLE_REQUESTER; r++) {
		if (strcmp(names[r], name) == 0)
			return (enum role)r;
	}
	return ROLE_NONE;
}

static unsigned roles_for(enum act act)
{
	const unsigned all = BIT(ROLE_ADMIN) | BIT(ROLE_MANAGER) | BIT(ROLE_AUDITOR) |
			     BIT(ROLE_REQUESTER);

	switch (act) {
	case ACT_LOOK:
		return all;
	case ACT_SHOW_NFT:
	case ACT_VERIFY_RECORDS:
		return BIT(ROLE_ADMIN) | BIT(ROLE_AUDITOR);
	case ACT_APPLY_POLICY:
	case ACT_MANAGE_USERS:
		return BIT(ROLE_ADMIN);
	case ACT_REQUEST:
		return BIT(ROLE_ADMIN) | BIT(ROLE_MANAGER) | BIT(ROLE_REQUESTER);
	case ACT_APPROVE:
	case ACT_WITHDRAW:
	case ACT_SET_GROUP:
	case ACT_LOCKDOWN:
		return BIT(ROLE_ADMIN) | BIT(ROLE_MANAGER);
	case ACT_END_LOCKDOWN:
		return BIT(ROLE_MANAGER);
	case ACT_PROVE:
	case ACT_READ_RECORDS:
	case ACT_LIST_USERS:
		return BIT(ROLE_ADMIN) | BIT(ROLE_MANAGER) | BIT(ROLE_AUDITOR);
	}
	return 0;
}

bool workflow_may(const struct actor *a, enum act act)
{
	return a->role == ROLE_ROOT || (roles_for(act) & BIT(a->role)) != 0;
}

/* The login in a requester's name: all of it, or what follows a device. */
static const char *person_of(const char *requester)
{
	const char *space = strrchr(requester, ' ');

	return space != NULL ? space + 1 : requester;
}

enum workflow_verdict workflow_approve(const struct actor *a, const char *requester,
				       enum role requester_role)
{
	if (!workflow_may(a, ACT_APPROVE))
		return WORKFLOW_NO_ROLE;
	if (a->role == ROLE_ROOT)
		return WORKFLOW_OK;
	if (strcmp(a->login, person_of(requester)) == 0)
		return WORKFLOW_SAME_PERSON;
	if (a->role != ROLE_MANAGER && requester_role != ROLE_MANAGER)
		return WORKFLOW_NEED_MANAGER;
	return WORKFLOW_OK;
}
