/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/source.h"

#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>

#define PAIRS(p) .pair = (p), .pair_count = ARRAY_LEN(p)

static const struct source_pair families[] = { { NFPROTO_IPV4, 4 }, { NFPROTO_IPV6, 6 } };
static const struct source_pair types[] = { { ETHERTYPE_IP, 4 }, { ETHERTYPE_IPV6, 6 } };
static const struct source_pair bits[] = { { 0, 0 }, { 1, 1 } };
static const struct source_pair ethernet[] = { { ARPHRD_ETHER, 0 }, { 0, 0 } };
static const struct source_pair local[] = { { RTN_LOCAL, 1 }, { 0, 0 } };
static const struct source_pair way_back[] = { { 0, 0 }, { 0, 1 } };
static const struct source_pair states[] = {
	{ NF_CT_STATE_BIT(IP_CT_NEW), STATE_NEW },
	{ NF_CT_STATE_BIT(IP_CT_ESTABLISHED), STATE_ESTABLISHED },
	{ NF_CT_STATE_BIT(IP_CT_RELATED), STATE_RELATED },
	{ NF_CT_STATE_INVALID_BIT, STATE_INVALID },
	{ NF_CT_STATE_UNTRACKED_BIT, STATE_UNTRACKED },
};

static const struct source_info infos[] = {
	[SRC_NONE] = { FIELD_COUNT, ENC_OPAQUE, 0, false, "?", NULL, 0 },
	[SRC_CONSTANT] = { FIELD_COUNT, ENC_OPAQUE, 0, false, "constant", NULL, 0 },
	[SRC_NFPROTO] = { FIELD_FAMILY, ENC_PAIRS, 1, false, "nfproto", PAIRS(families) },
	[SRC_ETHERTYPE] = { FIELD_FAMILY, ENC_PAIRS, 2, false, "ether type",
			    PAIRS(types) },
	[SRC_IIFNAME] = { FIELD_IIF, ENC_NAME, 16, false, "iifname", NULL, 0 },
	[SRC_OIFNAME] = { FIELD_OIF, ENC_NAME, 16, false, "oifname", NULL, 0 },
	[SRC_IIF] = { FIELD_IIF, ENC_INDEX, 4, true, "iif", NULL, 0 },
	[SRC_OIF] = { FIELD_OIF, ENC_INDEX, 4, true, "oif", NULL, 0 },
	[SRC_IIFTYPE] = { FIELD_MAC, ENC_ONE_CODE, 2, true, "iiftype", PAIRS(ethernet) },
	[SRC_MAC] = { FIELD_MAC, ENC_NUMBER, 6, false, "ether saddr", NULL, 0 },
	[SRC_SADDR4] = { FIELD_SADDR, ENC_NUMBER, 4, false, "ip saddr", NULL, 0 },
	[SRC_DADDR4] = { FIELD_DADDR, ENC_NUMBER, 4, false, "ip daddr", NULL, 0 },
	[SRC_SADDR6] = { FIELD_SADDR, ENC_NUMBER, 16, false, "ip6 saddr", NULL, 0 },
	[SRC_DADDR6] = { FIELD_DADDR, ENC_NUMBER, 16, false, "ip6 daddr", NULL, 0 },
	[SRC_PROTO] = { FIELD_PROTO, ENC_NUMBER, 1, false, "l4proto", NULL, 0 },
	[SRC_NEXTHDR] = { FIELD_PROTO, ENC_NUMBER, 1, false, "ip6 nexthdr", NULL, 0 },
	[SRC_SPORT] = { FIELD_SPORT, ENC_NUMBER, 2, false, "sport", NULL, 0 },
	[SRC_DPORT] = { FIELD_DPORT, ENC_NUMBER, 2, false, "dport", NULL, 0 },
	[SRC_ICMP_TYPE] = { FIELD_ICMP_TYPE, ENC_NUMBER, 1, false, "icmp type", NULL, 0 },
	[SRC_ICMP_CODE] = { FIELD_ICMP_CODE, ENC_NUMBER, 1, false, "icmp code", NULL, 0 },
	[SRC_HOPLIMIT] = { FIELD_HOPLIMIT, ENC_NUMBER, 1, false, "hoplimit", NULL, 0 },
	[SRC_ADDRTYPE] = { FIELD_LOCAL, ENC_ONE_CODE, 4, true, "fib daddr type",
			   PAIRS(local) },
	[SRC_RPF_THERE] = { FIELD_RPF, ENC_PAIRS, 4, true, "fib saddr . iif oif",
			    PAIRS(bits) },
	[SRC_RPF_OIF] = { FIELD_RPF, ENC_ONE_CODE, 4, true, "fib saddr . iif oif",
			  PAIRS(way_back) },
	[SRC_CT_STATE] = { FIELD_CT_STATE, ENC_PAIRS, 4, true, "ct state",
			   PAIRS(states) },
	[SRC_CT_DIR] = { FIELD_CT_DIR, ENC_PAIRS, 1, false, "ct direction", PAIRS(bits) },
	[SRC_CT_MARK] = { FIELD_CT_MARK, ENC_NUMBER, 4, true, "ct mark", NULL, 0 },
	[SRC_MARK] = { FIELD_MARK, ENC_NUMBER, 4, true, "mark", NULL, 0 },
	[SRC_SKUID] = { FIELD_SKUID, ENC_NUMBER, 4, true, "skuid", NULL, 0 },
	[SRC_CLOCK] = { FIELD_COUNT, ENC_OPAQUE, 8, true, "the clock", NULL, 0 },
	[SRC_MAP] = { FIELD_COUNT, ENC_OPAQUE, 4, true, "map", NULL, 0 },
};

const struct source_info *source_info(enum source s)
{
	return &infos[s];
}

bool source_decode(const struct source_info *i, uint32_t code, uint32_t *ret_value)
{
	size_t count = i->encoding == ENC_PAIRS ? i->pair_count : 1;

	for (size_t k = 0; k < count && i->pair != NULL; k++) {
		if (i->pair[k].code == code) {
			*ret_value = i->pair[k].value;
			return true;
		}
	}
	return false;
}
