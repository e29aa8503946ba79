/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/state.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/set.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

#define NFT_TYPE(t)     ((uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | (t)))
#define LIVE_MAX        (FW_PERMITS_MAX + 3)
#define CHAINS_READ_MAX 65536

static int on_attr(const struct nlattr *a, void *user)
{
	uint32_t *generation = user;

	if (mnl_attr_get_type(a) == NFTA_GEN_ID &&
	    mnl_attr_validate(a, MNL_TYPE_U32) == 0)
		*generation = ntohl(mnl_attr_get_u32(a));
	return MNL_CB_OK;
}

static int on_generation(const struct nlmsghdr *nlh, void *user)
{
	return mnl_attr_parse(nlh, sizeof(struct nfgenmsg), on_attr, user);
}

int state_generation(struct nfnl *n, uint32_t *ret_generation)
{
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh =
		nfnl_message(n, buf, NFT_TYPE(NFT_MSG_GETGEN), NLM_F_ACK, AF_UNSPEC, 0);

	return nfnl_ask(n, nlh, on_generation, ret_generation);
}

static int add_chain(struct state *s, const char *name)
{
	char(*p)[128];

	if (s->chain_count == CHAINS_READ_MAX) {
		errno = E2BIG;
		return MNL_CB_ERROR;
	}
	p = s->chain;
	if ((s->chain_count & (s->chain_count + 1)) == 0 || s->chain == NULL)
		p = realloc(s->chain, (s->chain_count + 1) * 2 * sizeof(*p));
	if (p == NULL) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	s->chain = p;
	(void)str_copy(s->chain[s->chain_count++], sizeof(*s->chain), name);
	return MNL_CB_OK;
}

/* Priorities are nft's "filter", "dstnat" and "srcnat". */
const struct base_chain state_base_chains[FW_CHAIN_FIRST_FREE] = {
	[FW_CHAIN_INPUT] = { "filter", NF_INET_LOCAL_IN, 0, NF_DROP },
	[FW_CHAIN_FORWARD] = { "filter", NF_INET_FORWARD, 0, NF_DROP },
	[FW_CHAIN_OUTPUT] = { "filter", NF_INET_LOCAL_OUT, 0, NF_DROP },
	[FW_CHAIN_PREROUTING] = { "nat", NF_INET_PRE_ROUTING, -100, NF_ACCEPT },
	[FW_CHAIN_POSTROUTING] = { "nat", NF_INET_POST_ROUTING, 100, NF_ACCEPT },
};

/* A base chain of ours, where it belongs? */
static bool is_ours(const struct nftnl_chain *c)
{
	const char *name = nftnl_chain_get_str(c, NFTNL_CHAIN_NAME);

	for (uint32_t i = 0; i < FW_CHAIN_FIRST_FREE; i++) {
		const struct base_chain *b = &state_base_chains[i];

		if (strcmp(name, ruleset_chain_name(NULL, i)) == 0)
			return nftnl_chain_get_u32(c, NFTNL_CHAIN_HOOKNUM) == b->hook &&
			       nftnl_chain_get_s32(c, NFTNL_CHAIN_PRIO) == b->priority;
	}
	return false;
}

static int take_chain(struct state *s, const struct nftnl_chain *c)
{
	if (!nftnl_chain_is_set(c, NFTNL_CHAIN_HOOKNUM))
		return add_chain(s, nftnl_chain_get_str(c, NFTNL_CHAIN_NAME));
	s->odd = s->odd || !is_ours(c);
	return MNL_CB_OK;
}

static int on_chain(const struct nlmsghdr *nlh, void *user)
{
	struct nftnl_chain *c = nftnl_chain_alloc();
	int r = MNL_CB_OK;

	if (c == NULL) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	if (nftnl_chain_nlmsg_parse(nlh, c) == 0 &&
	    strcmp(nftnl_chain_get_str(c, NFTNL_CHAIN_TABLE), FW_TABLE) == 0)
		r = take_chain(user, c);
	nftnl_chain_free(c);
	return r;
}

static int read_chains(struct nfnl *n, struct state *s)
{
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh = nfnl_message(n, buf, NFT_TYPE(NFT_MSG_GETCHAIN),
					    NLM_F_DUMP, NFPROTO_INET, 0);

	return nfnl_ask(n, nlh, on_chain, s);
}

static int add_live(struct state *s, uint32_t mark)
{
	if (s->live.mark == NULL)
		s->live.mark = calloc(LIVE_MAX, sizeof(*s->live.mark));
	if (s->live.mark == NULL || s->live.count == LIVE_MAX) {
		errno = s->live.mark == NULL ? ENOMEM : E2BIG;
		return -1;
	}
	s->live.mark[s->live.count++] = mark;
	return 0;
}

static int on_element(struct nftnl_set_elem *e, void *user)
{
	uint32_t len = 0, mark;
	const void *key = nftnl_set_elem_get(e, NFTNL_SET_ELEM_KEY, &len);

	if (key == NULL || len != sizeof(mark))
		return 0;
	memcpy(&mark, key, sizeof(mark));
	return add_live(user, mark);
}

static int on_elements(const struct nlmsghdr *nlh, void *user)
{
	struct nftnl_set *set = nftnl_set_alloc();
	int r = MNL_CB_OK;

	if (set == NULL) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	if (nftnl_set_elems_nlmsg_parse(nlh, set) == 0 &&
	    nftnl_set_elem_foreach(set, on_element, user) < 0)
		r = MNL_CB_ERROR;
	nftnl_set_free(set);
	return r;
}

static int read_live(struct nfnl *n, struct state *s)
{
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh = nfnl_message(n, buf, NFT_TYPE(NFT_MSG_GETSETELEM),
					    NLM_F_DUMP, NFPROTO_INET, 0);
	int r;

	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, FW_TABLE);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, FW_SET_LIVE);
	r = nfnl_ask(n, nlh, on_elements, s);
	return r == -ENOENT ? 0 : r; /* the first start: no table yet */
}

static int on_set(const struct nlmsghdr *nlh, void *user)
{
	const size_t len = sizeof(FW_SET_LIMITED) - 1;
	struct nftnl_set *set = nftnl_set_alloc();
	struct state *s = user;
	const char *name;
	uint64_t flow;

	if (set == NULL) {
		errno = ENOMEM;
		return MNL_CB_ERROR;
	}
	if (nftnl_set_nlmsg_parse(nlh, set) == 0 &&
	    strcmp(nftnl_set_get_str(set, NFTNL_SET_TABLE), FW_TABLE) == 0) {
		name = nftnl_set_get_str(set, NFTNL_SET_NAME);
		if (strncmp(name, FW_SET_LIMITED, len) == 0 &&
		    str_to_uint(name + len, 0, POLICY_FLOWS_MAX - 1, &flow) == 0)
			s->limited[flow] = true;
	}
	nftnl_set_free(set);
	return MNL_CB_OK;
}

static int read_sets(struct nfnl *n, struct state *s)
{
	uint8_t buf[NFNL_MESSAGE_MAX];
	struct nlmsghdr *nlh = nfnl_message(n, buf, NFT_TYPE(NFT_MSG_GETSET), NLM_F_DUMP,
					    NFPROTO_INET, 0);

	return nfnl_ask(n, nlh, on_set, s);
}

int state_read(struct nfnl *n, struct state *s)
{
	int r = state_generation(n, &s->generation);

	if (r == 0)
		r = read_chains(n, s);
	if (r == 0)
		r = read_live(n, s);
	if (r == 0)
		r = read_sets(n, s);
	if (r == 0)
		r = bridge_read(n, &s->bridge);
	return r;
}

void state_clear(struct state *s)
{
	free(s->chain);
	free(s->live.mark);
	*s = (struct state){ 0 };
}
