/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fw_load CASE...: put each case into this namespace's kernel, the way the apply role does.
 * fw_load --files POLICY OBJECTS [SECONDS]: the same with a policy's text, at the present
 * time; flows that can end do so after SECONDS.
 * fw_load --change POLICY OBJECTS OTHERS: what was loaded from OBJECTS becomes OTHERS.
 * "--guard" is the guard instead of a case.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/apply/bridge_ports.h"
#include "fw/apply/change.h"
#include "fw/apply/check.h"
#include "fw/apply/guard.h"
#include "fw/apply/txn.h"
#include "lib/fdio.h"
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
	for (size_t i = 0; i < rs->port_count; i++) {
		if (check_port(&rs->port[i]) < 0)
			return -EPERM;
	}
	return 0;
}

static int commit(struct ruleset *rs, int64_t now_ms, const char *name)
{
	struct txn_marks gone = { 0 };
	uint32_t rule = FW_NO_RULE, generation;
	struct nfnl n = { 0 };
	int r = check_all(rs);

	if (r == 0)
		r = nfnl_open(&n);
	if (r == 0)
		r = txn_commit(&n, rs, now_ms, &gone, &generation, &rule);
	if (r < 0)
		(void)fprintf(stderr, "%s: rule %u: %s\n", name, rule, strerror(-r));
	nfnl_close(&n);
	free(gone.mark);
	return r;
}

static int compile(const struct revision *rev, const struct inventory *inv,
		   struct ruleset **ret_rs)
{
	struct diags diags = { 0 };
	char text[2048];
	int r = rev == NULL ? -EINVAL : ruleset_compile(rev, inv, ret_rs, &diags);

	(void)fputs(diag_print(&diags, "policy", text, sizeof(text)), stderr);
	return r;
}

static int load_case(const char *name)
{
	struct revision *rev = golden_load(name);
	struct ruleset *rs = NULL;
	int r = compile(rev, &golden_inventory, &rs);

	if (r == 0)
		r = commit(rs, GOLDEN_NOW * 1000ll, name);
	ruleset_free(rs);
	revision_free(rev);
	return r;
}

/* Whatever ends sooner or later ends then: a test cannot wait for a schedule. */
static void end_at(struct ruleset *rs, int64_t until)
{
	for (size_t i = 0; i < rs->rule_count; i++) {
		if (rs->rule[i].until != 0)
			rs->rule[i].until = until;
	}
}

static int set_ports(const struct ruleset *rs)
{
	char name[FW_IFNAME_MAX] = "";
	int r = bridge_ports_set(rs, NULL, name);

	if (r < 0)
		(void)fprintf(stderr, "%s: %s\n", name, strerror(-r));
	return r;
}

static int make_files(const char *policy_path, const char *objects_path,
		      const struct inventory *machine, struct ruleset **ret_rs)
{
	struct inventory inv = *machine;
	char *policy = NULL, *objects = NULL;
	struct revision *rev = NULL;
	size_t len;
	int r;

	if ((r = fdio_read_file(policy_path, POLICY_FILE_MAX, &policy, &len)) == 0 &&
	    (r = fdio_read_file(objects_path, POLICY_FILE_MAX, &objects, &len)) == 0) {
		rev = golden_make(policy, objects);
		inv.known = rev != NULL ? rev->policy : NULL; /* of its own names */
		r = compile(rev, &inv, ret_rs);
	}
	revision_free(rev);
	free(objects);
	free(policy);
	return r;
}

static int load_files(const char *policy_path, const char *objects_path, const char *ends)
{
	struct inventory inv = golden_inventory;
	struct ruleset *rs = NULL;
	int r;

	inv.now = (int64_t)time(NULL);
	r = make_files(policy_path, objects_path, &inv, &rs);
	if (r == 0 && ends != NULL)
		end_at(rs, inv.now + strtol(ends, NULL, 10));
	if (r == 0)
		r = commit(rs, inv.now * 1000, policy_path);
	if (r == 0)
		r = set_ports(rs);
	ruleset_free(rs);
	return r;
}

/* From the elements of one file to those of the other, and nothing else. */
static int change_files(char **paths)
{
	struct inventory inv = golden_inventory;
	struct ruleset *from = NULL, *to = NULL;
	struct change c = { 0 };
	struct nfnl n = { 0 };
	uint32_t generation = 0;
	int r;

	inv.now = (int64_t)time(NULL);
	r = make_files(paths[0], paths[1], &inv, &from);
	if (r == 0)
		r = make_files(paths[0], paths[2], &inv, &to);
	if (r == 0)
		r = change_between(from, to, &c);
	if (r == 0)
		r = nfnl_open(&n);
	if (r == 0)
		r = txn_change(&n, &c, to->port_count != 0, inv.now * 1000, &generation);
	if (r < 0)
		(void)fprintf(stderr, "change: %s\n", strerror(-r));
	nfnl_close(&n);
	change_clear(&c);
	ruleset_free(from);
	ruleset_free(to);
	return r;
}

static int guard(void)
{
	struct nfnl n = { 0 };
	int r = nfnl_open(&n);

	if (r == 0)
		r = guard_put(&n, false);
	if (r < 0)
		(void)fprintf(stderr, "guard: %s\n", strerror(-r));
	nfnl_close(&n);
	return r;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "--change") == 0)
		return change_files(argv + 2) < 0;
	if (argc >= 4 && strcmp(argv[1], "--files") == 0)
		return load_files(argv[2], argv[3], argv[4]) < 0;
	for (int i = 1; i < argc; i++) {
		if ((strcmp(argv[i], "--guard") == 0 ? guard() : load_case(argv[i])) < 0)
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
