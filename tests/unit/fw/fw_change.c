/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fw_change [PERMITS]: in this namespace, beside so many permits, one in and out again and
 * again: how long from the request to the kernel's answer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/apply/txn.h"
#include "fw/apply/change.h"
#include "lib/mono.h"
#include "tests/unit/fw/golden.h"

#define ROUNDS 1000

static struct fw_permit card(uint32_t number)
{
	struct fw_permit p = { .iifname = "office0",
			       .mac = { 6, 0, (uint8_t)(number >> 16),
					(uint8_t)(number >> 8), (uint8_t)number, 1 },
			       .mark = REVISION_MARK_FULL | number };

	return p;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int measure(struct nfnl *n, const struct change *c, int64_t *ret_us)
{
	struct mono begun = mono_now();
	uint32_t generation = 0;
	int r = txn_change(n, c, false, wall_us() / 1000, &generation);

	*ret_us = mono_now().us - begun.us;
	return r;
}

static void report(const char *what, int64_t *us)
{
	qsort(us, ROUNDS, sizeof(*us), compare);
	(void)printf("one permit %s: p50 %" PRId64 " us, p99 %" PRId64
		     " us, most %" PRId64 " us\n",
		     what, us[ROUNDS / 2], us[ROUNDS * 99 / 100], us[ROUNDS - 1]);
}

static int run(struct nfnl *n, uint32_t count)
{
	static int64_t in[ROUNDS], out[ROUNDS];
	struct fw_permit one = card(count + 1);
	struct change come = { .come = &one, .come_count = 1 };
	struct change gone = { .gone = &one, .gone_count = 1 };
	int r = 0;

	for (size_t i = 0; i < ROUNDS && r == 0; i++) {
		r = measure(n, &come, &in[i]);
		if (r == 0)
			r = measure(n, &gone, &out[i]);
	}
	if (r == 0) {
		report("in", in);
		report("out", out);
	}
	return r;
}

int main(int argc, char **argv)
{
	uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000;
	struct revision *rev = golden_load("smallest");
	struct ruleset *rs = NULL;
	struct diags diags = { 0 };
	struct txn_marks none = { 0 };
	struct nfnl n = { 0 };
	uint32_t generation, rule;
	int r = ruleset_compile(rev, &golden_inventory, &rs, &diags);

	if (r == 0) {
		free(rs->permit);
		rs->permit_count = count;
		rs->permit = calloc(count + 1u, sizeof(*rs->permit));
		for (uint32_t i = 0; i < count && rs->permit != NULL; i++)
			rs->permit[i] = card(i + 1);
		r = nfnl_open(&n);
	}
	if (r == 0)
		r = txn_commit(&n, rs, wall_us() / 1000, &none, &generation, &rule);
	if (r == 0)
		r = run(&n, count);
	if (r < 0)
		(void)fprintf(stderr, "fw_change: %s\n", strerror(-r));
	nfnl_close(&n);
	free(none.mark);
	ruleset_free(rs);
	revision_free(rev);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
