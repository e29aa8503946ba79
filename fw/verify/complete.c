/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Did the kernel show all rules? A rule that is longer than a message ends its dump
 * without a word, and what follows is missing. But each chain says how often it is
 * used: once by each of its rules, once by each verdict that leads to it.
 */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "fw/verify/parts.h"
#include "lib/str.h"

static void count_map(struct decode *d, const struct raw_set *s)
{
	struct target to;

	for (size_t i = 0; i < s->element_count; i++) {
		if (verdict_of(d, &s->who, s->element[i].data, &to) == 0 &&
		    (to.verdict == VERDICT_JUMP || to.verdict == VERDICT_GOTO))
			d->raw_chain[to.chain].seen++;
	}
}

/* A rule that nobody saw, at the end of the chain: it may do anything. */
static int put_unseen(struct decode *d, size_t chain)
{
	struct chain *c = &d->model->chain[chain];
	struct step *s;
	int r = array_room(&c->rule, &d->raw_chain[chain].rule_room, c->rule_count,
			   sizeof(*c->rule), (size_t)DECODE_RULES_MAX * 2);

	if (r < 0)
		return r;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->kind = STEP_UNKNOWN;
	(void)str_copy(s->what, sizeof(s->what), "rules that the kernel did not show");
	c->rule[c->rule_count++] = (struct rule){ .step = s, .step_count = 1 };
	return 0;
}

int complete_check(struct decode *d)
{
	int r = 0;

	for (size_t i = 0; i < d->raw_set_count; i++) {
		if (d->raw_set[i].data_type == NFT_DATA_VERDICT)
			count_map(d, &d->raw_set[i]);
	}
	for (size_t i = 0; r == 0 && i < d->model->chain_count; i++) {
		if (d->raw_chain[i].use > d->raw_chain[i].seen)
			r = put_unseen(d, i);
	}
	return r;
}
