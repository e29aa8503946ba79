/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "fw/verify/parts.h"

static bool kind_of(uint32_t code, enum verdict *ret_verdict, bool *ret_chain)
{
	static const struct {
		int32_t code;
		enum verdict verdict;
		bool chain;
	} known[] = {
		{ NF_ACCEPT, VERDICT_ACCEPT, false },  { NF_DROP, VERDICT_DROP, false },
		{ NFT_JUMP, VERDICT_JUMP, true },      { NFT_GOTO, VERDICT_GOTO, true },
		{ NFT_RETURN, VERDICT_RETURN, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if ((uint32_t)known[i].code == code) {
			*ret_verdict = known[i].verdict;
			*ret_chain = known[i].chain;
			return true;
		}
	}
	return false;
}

int verdict_of(const struct decode *d, const struct entity *in, struct rd data,
	       struct target *ret_target)
{
	struct nla nest[NFTA_DATA_MAX + 1], t[NFTA_VERDICT_MAX + 1];
	struct target to = { .chain = 0 };
	struct entity who = *in;
	bool chain;

	if (nla_sort(data, nest, ARRAY_LEN(nest), NULL) < 0 ||
	    !nest[NFTA_DATA_VERDICT].there ||
	    nla_sort(nest[NFTA_DATA_VERDICT].data, t, ARRAY_LEN(t), NULL) < 0 ||
	    !t[NFTA_VERDICT_CODE].there ||
	    !kind_of(nla_be32(&t[NFTA_VERDICT_CODE], UINT32_MAX), &to.verdict, &chain))
		return -ENOENT;
	if (chain) {
		who.name = span_of(&t[NFTA_VERDICT_CHAIN]);
		if (who.name.len == 0)
			return -ENOENT;
		to.chain = directory_find(&d->chains, &who);
		if (to.chain == NONE)
			return -ENOENT;
	}
	*ret_target = to;
	return 0;
}
