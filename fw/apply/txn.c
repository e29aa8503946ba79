/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/txn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "fw/apply/batch.h"
#include "fw/apply/bridge_sets.h"
#include "fw/apply/counters.h"
#include "fw/apply/emit.h"
#include "fw/apply/meters.h"
#include "fw/apply/request.h"
#include "fw/apply/sets.h"
#include "fw/apply/state.h"
#include "lib/log.h"
#include "lib/mem.h"

#define AREA  "gated-apply"
#define TRIES 5

static void put_table(struct batch *b, uint16_t type)
{
	struct nlmsghdr *nlh = batch_message(
		b, type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE | NLM_F_ACK : 0);

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, FW_TABLE);
	batch_put(b, nlh);
}

static void put_base_chain(struct batch *b, uint32_t id)
{
	const struct base_chain *c = &state_base_chains[id];
	struct nlmsghdr *nlh = batch_message(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nlattr *hook;

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, FW_TABLE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, ruleset_chain_name(NULL, id));
	hook = mnl_attr_nest_start(nlh, NFTA_CHAIN_HOOK);
	mnl_attr_put_u32(nlh, NFTA_HOOK_HOOKNUM, htonl(c->hook));
	mnl_attr_put_u32(nlh, NFTA_HOOK_PRIORITY, htonl((uint32_t)c->priority));
	mnl_attr_nest_end(nlh, hook);
	mnl_attr_put_u32(nlh, NFTA_CHAIN_POLICY, htonl(c->policy));
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TYPE, c->type);
	batch_put(b, nlh);
}

static void put_chain(struct batch *b, uint16_t type, uint16_t flags, const char *name)
{
	struct nlmsghdr *nlh = batch_message(b, type, flags);

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_CHAIN_TABLE, FW_TABLE);
	mnl_attr_put_strz(nlh, NFTA_CHAIN_NAME, name);
	batch_put(b, nlh);
}

/* Without a chain: every rule of the table. */
static void put_flush_rules(struct batch *b)
{
	struct nlmsghdr *nlh = batch_message(b, NFT_MSG_DELRULE, 0);

	if (nlh == NULL)
		return;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, FW_TABLE);
	batch_put(b, nlh);
}

static void put_rule(struct batch *b, const struct ruleset *rs, const struct fw_rule *r)
{
	struct nftnl_rule *rule = emit_rule(r, ruleset_chain_name(rs, r->chain),
					    ruleset_chain_name(rs, r->target));
	struct nlmsghdr *nlh;

	if (rule == NULL) {
		b->error = -ENOMEM;
		return;
	}
	nlh = batch_message(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	if (nlh != NULL) {
		nftnl_rule_nlmsg_build_payload(nlh, rule);
		batch_put(b, nlh);
	}
	nftnl_rule_free(rule);
}

/* Nothing of this changes what is there already. */
static void put_frame(struct batch *b)
{
	put_table(b, NFT_MSG_NEWTABLE);
	sets_put(b);
	put_base_chain(b, FW_CHAIN_INPUT);
	put_base_chain(b, FW_CHAIN_FORWARD);
	put_base_chain(b, FW_CHAIN_OUTPUT);
}

/* The rules' messages carry consecutive numbers from *ret_first on. */
static void put_all(struct batch *b, const struct ruleset *rs, const struct state *old,
		    int64_t now_ms, uint32_t *ret_first)
{
	if (old->odd) {
		put_table(b, NFT_MSG_NEWTABLE);
		put_table(b, NFT_MSG_DELTABLE);
	}
	put_frame(b);
	/* a nat hook costs each connection something; left behind empty it does no harm */
	if (ruleset_has_rules(rs, FW_CHAIN_PREROUTING))
		put_base_chain(b, FW_CHAIN_PREROUTING);
	if (ruleset_has_rules(rs, FW_CHAIN_POSTROUTING))
		put_base_chain(b, FW_CHAIN_POSTROUTING);
	meters_put_sets(b, rs);
	counters_put(b, rs);
	put_flush_rules(b);
	for (size_t i = 0; i < old->chain_count && !old->odd; i++)
		put_chain(b, NFT_MSG_DELCHAIN, 0, old->chain[i]);
	if (!old->odd)
		sets_drop_flows(b, old->limited);
	sets_put_flows(b, rs);
	for (size_t i = 0; i < rs->chain_count; i++)
		put_chain(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL,
			  rs->chain[i].name);
	*ret_first = b->nfnl->seq + 1;
	for (size_t i = 0; i < rs->rule_count && b->error == 0; i++)
		put_rule(b, rs, &rs->rule[i]);
	sets_fill(b, rs, now_ms);
	bridge_put(b, rs, &old->bridge, old->odd, now_ms);
}

static int commit_once(struct nfnl *n, const struct ruleset *rs, const struct state *old,
		       int64_t now_ms, uint32_t recording_ms, uint32_t *ret_rule)
{
	uint32_t first = 0, seq = 0;
	struct batch b;
	int r;

	batch_begin(&b, n, old->generation);
	put_all(&b, rs, old, now_ms, &first);
	if (recording_ms != 0)
		sets_recording(&b, recording_ms);
	r = batch_send(&b, &seq);
	if (r < 0)
		*ret_rule = seq - first < rs->rule_count ? seq - first : FW_NO_RULE;
	return r;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* What of old is not among the new permits stays in old, sorted. */
static int marks_gone(struct txn_marks *old, const struct ruleset *rs, int64_t now_ms)
{
	CLEANUP(free_p) uint32_t *kept = calloc(rs->permit_count + 1, sizeof(*kept));
	size_t count = 0, left = 0;

	if (kept == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rs->permit_count; i++) {
		if (fw_permit_is_inet(&rs->permit[i]) &&
		    (rs->permit[i].until == 0 || rs->permit[i].until * 1000 > now_ms))
			kept[count++] = rs->permit[i].mark;
	}
	qsort(kept, count, sizeof(*kept), compare_u32);
	if (old->count != 0) /* else there is no array */
		qsort(old->mark, old->count, sizeof(*old->mark), compare_u32);
	for (size_t i = 0; i < old->count; i++) {
		uint32_t m = old->mark[i];

		if (m != FW_MARK_ZONE && m != FW_MARK_PROXY && m != FW_MARK_GATEWAY &&
		    bsearch(&m, kept, count, sizeof(m), compare_u32) == NULL)
			old->mark[left++] = m;
	}
	old->count = left;
	return 0;
}

int txn_commit(struct nfnl *n, const struct ruleset *rs, int64_t now_ms,
	       struct txn_marks *ret_gone, uint32_t *ret_generation, uint32_t *ret_rule)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		struct state old = { 0 };
		uint32_t rule = FW_NO_RULE;

		r = state_read(n, &old);
		if (r == 0)
			r = marks_gone(&old.live, rs, now_ms);
		if (r == 0)
			r = commit_once(n, rs, &old, now_ms, 0, &rule);
		if (r == 0) {
			*ret_gone = (struct txn_marks){ .mark = STEAL(old.live.mark),
							.count = old.live.count };
			*ret_generation = old.generation + 1;
		} else {
			*ret_rule = rule;
		}
		state_clear(&old);
		if (r != -ERESTART && r != -EINTR)
			return r;
	}
	return -EAGAIN;
}

int txn_rebuild(struct nfnl *n, const struct ruleset *rs, int64_t now_ms,
		uint32_t recording_ms)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES; i++) {
		struct state old = { .odd = true };
		uint32_t rule;

		/* who never stops changing tables of his own shall not keep this out */
		r = i < TRIES - 1 ? state_generation(n, &old.generation) : 0;
		if (r == 0)
			r = bridge_read(n, &old.bridge);
		if (r == 0)
			r = commit_once(n, rs, &old, now_ms, recording_ms, &rule);
		if (r != -ERESTART && r != -EINTR)
			return r;
	}
	return -EAGAIN;
}

int txn_generation(struct nfnl *n, uint32_t *ret_generation)
{
	return state_generation(n, ret_generation);
}

/* An empty batch takes the kernel's lock, and is refused for its generation. */
void txn_await(struct nfnl *n, uint32_t known)
{
	uint32_t seq;
	struct batch b;
	int r;

	batch_begin(&b, n, known);
	r = batch_send(&b, &seq);
	if (r < 0 && r != -ERESTART)
		log_warn(AREA, "cannot wait for the kernel: %s", strerror(-r));
}

/* A small batch, again when somebody else changed something meanwhile. */
static int send_small(struct nfnl *n, void (*put)(struct batch *b, uint32_t arg),
		      uint32_t arg)
{
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && (i == 0 || r == -ERESTART); i++) {
		uint32_t generation = 0, seq;
		struct batch b;

		r = state_generation(n, &generation);
		if (r < 0)
			return r;
		batch_begin(&b, n, generation);
		put(&b, arg);
		r = batch_send(&b, &seq);
	}
	return r;
}

int txn_change(struct nfnl *n, const struct change *c, bool ports, int64_t now_ms,
	       uint32_t *generation)
{
	uint32_t seq;
	struct batch b;
	size_t empty;
	int r;

	batch_begin(&b, n, *generation);
	empty = b.len;
	sets_change(&b, c, now_ms);
	if (ports)
		bridge_sets_change(&b, c, now_ms);
	if (b.error == 0 && b.len == empty) { /* what goes has gone by itself */
		batch_drop(&b);
		return 0;
	}
	r = batch_send(&b, &seq);
	if (r == 0)
		++*generation;
	return r;
}

static void put_closed(struct batch *b, uint32_t arg)
{
	(void)arg;
	put_frame(b);
}

int txn_close(struct nfnl *n)
{
	return send_small(n, put_closed, 0);
}

int txn_recording(struct nfnl *n, uint32_t timeout_ms)
{
	return send_small(n, sets_recording, timeout_ms);
}
