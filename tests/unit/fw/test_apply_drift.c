/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "fw/apply/drift.h"

#define OWN      4711
#define STRANGER 99

static _Alignas(8) uint8_t buf[8192];

static struct nlmsghdr *message(uint16_t type, uint8_t family, uint32_t port)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *nf = mnl_nlmsg_put_extra_header(nlh, sizeof(*nf));

	nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	nlh->nlmsg_pid = port;
	nf->nfgen_family = family;
	return nlh;
}

/* An object: its table, and a second name (NULL: none). */
static void object(struct drift *d, uint16_t type, uint8_t family, uint32_t port,
		   const char *table, const char *name, uint16_t attr)
{
	struct nlmsghdr *nlh = message(type, family, port);
	struct drift_change c;

	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, table);
	if (name != NULL)
		mnl_attr_put_strz(nlh, attr, name);
	assert_false(drift_take(d, nlh, &c));
}

static bool generation(struct drift *d, uint32_t port, uint32_t number,
		       struct drift_change *c)
{
	struct nlmsghdr *nlh = message(NFT_MSG_NEWGEN, AF_UNSPEC, port);

	mnl_attr_put_u32(nlh, NFTA_GEN_ID, htonl(number));
	mnl_attr_put_u32(nlh, NFTA_GEN_PROC_PID, htonl(321));
	mnl_attr_put_strz(nlh, NFTA_GEN_PROC_NAME, "nft");
	return drift_take(d, nlh, c);
}

static void test_own_changes_are_none(void **state)
{
	struct drift d = { .fd = -1, .own = OWN };
	struct drift_change c;

	(void)state;
	object(&d, NFT_MSG_NEWRULE, NFPROTO_INET, OWN, "sekisho", "input",
	       NFTA_RULE_CHAIN);
	assert_false(generation(&d, OWN, 7, &c));
	assert_int_equal(d.generation, 7);
}

static void test_generations_that_nobody_told(void **state)
{
	struct drift d = { .fd = -1, .own = OWN };
	struct drift_change c;

	(void)state;
	assert_false(
		generation(&d, OWN, 7, &c)); /* the first one: there is none before */
	assert_false(generation(&d, OWN, 8, &c));
	drift_know(&d, 10); /* our own, told afterwards */
	assert_false(generation(&d, OWN, 9, &c));
	assert_false(generation(&d, OWN, 10, &c));
	assert_true(generation(&d, STRANGER, 11, &c));
	assert_false(d.lost);
	assert_false(generation(&d, OWN, 13, &c));
	assert_true(d.lost);
	d = (struct drift){ .fd = -1, .own = OWN, .generation = UINT32_MAX };
	assert_false(generation(&d, OWN, 0, &c));
	assert_false(d.lost);
}

static void test_foreign_changes_of_ours(void **state)
{
	struct drift d = { .fd = -1, .own = OWN };
	struct drift_change c;

	(void)state;
	for (int i = 0; i < 3; i++)
		object(&d, NFT_MSG_DELRULE, NFPROTO_INET, STRANGER, "sekisho", "input",
		       NFTA_RULE_CHAIN);
	object(&d, NFT_MSG_DELSETELEM, NFPROTO_INET, STRANGER, "sekisho", "live",
	       NFTA_SET_ELEM_LIST_SET);
	object(&d, NFT_MSG_DELTABLE, NFPROTO_INET, STRANGER, "sekisho", NULL, 0);
	assert_true(generation(&d, STRANGER, 8, &c));
	assert_true(c.main);
	assert_false(c.guard);
	assert_int_equal(c.pid, 321);
	assert_int_equal(c.objects, 5);
	assert_string_equal(c.process, "nft");
	assert_string_equal(c.text, "-table sekisho; -rule in sekisho input (3); "
				    "-element of sekisho live");
	/* the guard alone */
	object(&d, NFT_MSG_NEWCHAIN, NFPROTO_INET, STRANGER, "sekisho-guard", "forward",
	       NFTA_CHAIN_NAME);
	assert_true(generation(&d, STRANGER, 9, &c));
	assert_true(c.guard);
	assert_false(c.main);
	assert_string_equal(c.text, "+chain sekisho-guard forward");
	/* of the bridge's tables both come with the ruleset */
	object(&d, NFT_MSG_DELTABLE, NFPROTO_BRIDGE, STRANGER, "sekisho", NULL, 0);
	assert_true(generation(&d, STRANGER, 10, &c));
	assert_true(c.main && !c.guard);
	object(&d, NFT_MSG_DELTABLE, NFPROTO_BRIDGE, STRANGER, "sekisho-guard", NULL, 0);
	assert_true(generation(&d, STRANGER, 11, &c));
	assert_true(c.main && !c.guard);
	object(&d, NFT_MSG_NEWTABLE, NFPROTO_BRIDGE, STRANGER, "other", NULL, 0);
	assert_true(generation(&d, STRANGER, 12, &c));
	assert_false(c.main || c.guard);
}

static void test_tables_of_others(void **state)
{
	struct drift d = { .fd = -1, .own = OWN };
	struct drift_change c;

	(void)state;
	/* the same name in another family is another table */
	object(&d, NFT_MSG_NEWTABLE, NFPROTO_IPV4, STRANGER, "sekisho", NULL, 0);
	assert_true(generation(&d, STRANGER, 8, &c));
	assert_false(c.main || c.guard);
	assert_string_equal(c.text, "+table sekisho");
}

static void test_much_fits(void **state)
{
	struct drift d = { .fd = -1, .own = OWN };
	struct drift_change c;
	char name[2][128];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[0][127] = name[1][127] = '\0';
	name[1][0] = 'y';
	for (int i = 0; i < 5000; i++) {
		object(&d, NFT_MSG_NEWRULE, NFPROTO_INET, STRANGER, "sekisho",
		       name[i % 2], NFTA_RULE_CHAIN);
		object(&d, NFT_MSG_NEWTABLE, NFPROTO_INET, STRANGER, name[i % 2], NULL,
		       0);
	}
	assert_true(generation(&d, STRANGER, 8, &c));
	assert_int_equal(c.objects, 10000);
	assert_true(strlen(c.text) < sizeof(c.text));
}

/* Whatever is cut off a message, it is read without leaving it. */
static void test_truncated(void **state)
{
	(void)state;
	for (uint16_t type = 0; type < 32; type++) {
		struct nlmsghdr *nlh = message(type, NFPROTO_INET, STRANGER);
		uint32_t whole;

		mnl_attr_put_strz(nlh, 1, "sekisho");
		mnl_attr_put_strz(nlh, 2, "input");
		mnl_attr_put_strz(nlh, 3, "other");
		whole = nlh->nlmsg_len;
		for (uint32_t len = NLMSG_HDRLEN; len <= whole; len++) {
			struct drift d = { .fd = -1, .own = OWN };
			struct drift_change c;
			uint8_t *copy = malloc(len);

			assert_non_null(copy);
			nlh->nlmsg_len = len;
			memcpy(copy, nlh, len);
			(void)drift_take(&d, (const void *)copy, &c);
			free(copy);
		}
	}
}

static void test_generations_only_rise(void **state)
{
	struct drift d = { .fd = -1, .own = OWN };

	(void)state;
	drift_know(&d, 5);
	drift_know(&d, 4);
	assert_int_equal(d.generation, 5);
	d.generation = UINT32_MAX;
	drift_know(&d, 2); /* it has wrapped */
	assert_int_equal(d.generation, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_changes_are_none),
		cmocka_unit_test(test_generations_that_nobody_told),
		cmocka_unit_test(test_foreign_changes_of_ours),
		cmocka_unit_test(test_tables_of_others),
		cmocka_unit_test(test_much_fits),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_generations_only_rise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
