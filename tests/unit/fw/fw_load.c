/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fw_load CASE...: put each case into this namespace's kernel, the way the apply role does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/apply/check.h"
#include "fw/apply/txn.h"
#include "tests/unit/fw/golden.h"

static int check_all(const struct ruleset *rs)
{
	for (uint32_t i = 0; i < rs->chain_count; i++) {
		if (check_chain(&rs->chain[i], FW_CHAIN_FIRST_FREE + i) < 0)
			return -EPERM;
	}
	for (uint32_t i = 0; i < rs->rule_count; i++) {
		if (check_rule(&rs->rule[i], i, (uint32_t)rs->chain_count) < 0)
			return -EPERM;
	}
	for (size_t i = 0; i < rs->permit_count; i++) {
		if (check_permit(&rs->permit[i]) < 0)
			return -EPERM;
	}
	return 0;
}

static int load(const char *name)
{
	struct revision *rev = golden_load(name);
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };
	struct txn_marks gone = { 0 };
	uint32_t rule = FW_NO_RULE;
	struct nfnl n = { 0 };
	int r = rev == NULL ? -EINVAL
			    : ruleset_compile(rev, &golden_inventory, &rs, &diags);

	if (r == 0)
		r = check_all(rs);
	if (r == 0)
		r = nfnl_open(&n);
	if (r == 0)
		r = txn_commit(&n, rs, GOLDEN_NOW * 1000ll, &gone, &rule);
	if (r < 0)
		(void)fprintf(stderr, "%s: rule %u: %s\n", name, rule, strerror(-r));
	nfnl_close(&n);
	free(gone.mark);
	ruleset_free(rs);
	revision_free(rev);
	return r;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (load(argv[i]) < 0)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
