/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/workflow.h"

static const struct {
	enum role requester, approver;
	const char *approver_login;
	enum workflow_verdict verdict;
} approvals[] = {
	{ ROLE_REQUESTER, ROLE_MANAGER, "b", WORKFLOW_OK },
	{ ROLE_ADMIN, ROLE_MANAGER, "b", WORKFLOW_OK },
	{ ROLE_MANAGER, ROLE_ADMIN, "b", WORKFLOW_OK },
	{ ROLE_MANAGER, ROLE_MANAGER, "b", WORKFLOW_OK },
	{ ROLE_MANAGER, ROLE_MANAGER, "a", WORKFLOW_SAME_PERSON },
	{ ROLE_ADMIN, ROLE_ADMIN, "a", WORKFLOW_SAME_PERSON },
	{ ROLE_ADMIN, ROLE_ADMIN, "b", WORKFLOW_NEED_MANAGER },
	{ ROLE_REQUESTER, ROLE_ADMIN, "b", WORKFLOW_NEED_MANAGER },
	{ ROLE_NONE, ROLE_ADMIN, "b", WORKFLOW_NEED_MANAGER }, /* root asked */
	{ ROLE_NONE, ROLE_MANAGER, "b", WORKFLOW_OK },
	{ ROLE_MANAGER, ROLE_AUDITOR, "b", WORKFLOW_NO_ROLE },
	{ ROLE_MANAGER, ROLE_REQUESTER, "b", WORKFLOW_NO_ROLE },
	{ ROLE_MANAGER, ROLE_NONE, "b", WORKFLOW_NO_ROLE },
	{ ROLE_REQUESTER, ROLE_ROOT, "a", WORKFLOW_OK },
};

static void test_approvals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(approvals); i++) {
		struct actor a = { .role = approvals[i].approver };

		a.login[0] = approvals[i].approver_login[0];
		assert_int_equal(workflow_approve(&a, "a", approvals[i].requester),
				 approvals[i].verdict);
	}
}

/* a row a role, a letter an act: may it? */
static const struct {
	enum role role;
	const char *may;
} rights[] = {
	/*
	 * LOOK NFT POLICY REQUEST APPROVE WITHDRAW GROUP
	 * LOCKDOWN END-LOCKDOWN PROVE READ VERIFY USERS MANAGE
	 */
	{ ROLE_NONE, "--------------" },      { ROLE_ADMIN, "yyyyyyyy-yyyyy" },
	{ ROLE_MANAGER, "y--yyyyyyyy-y-" },   { ROLE_AUDITOR, "yy-------yyyy-" },
	{ ROLE_REQUESTER, "y--y----------" }, { ROLE_ROOT, "yyyyyyyyyyyyyy" },
};

static void test_rights(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
		const struct actor a = { .role = rights[i].role };

		for (int act = ACT_LOOK; act <= ACT_MANAGE_USERS; act++)
			assert_int_equal(workflow_may(&a, (enum act)act),
					 rights[i].may[act] == 'y');
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(role_of_name("manager"), ROLE_MANAGER);
	assert_int_equal(role_of_name("root"), ROLE_NONE);
	assert_int_equal(role_of_name(""), ROLE_NONE);
	assert_string_equal(role_name(ROLE_AUDITOR), "auditor");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_approvals),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
