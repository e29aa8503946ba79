/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expressions that bring something into a register, and those that take it to a mark. */
#include <endian.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "fw/verify/walk.h"

/* What is loaded is not understood: the register, and whether it can be loaded. */
static int load_unknown(struct walk *w, const struct nla *dreg, size_t len,
			const char *what)
{
	struct reg_byte *b = regs_at(&w->regs, nla_be32(dreg, 0), len);

	if (b != NULL)
		regs_forget_bytes(b, (len + NFT_REG32_SIZE - 1) & ~(size_t)3);
	else
		regs_forget(&w->regs);
	walk_unknown(w, what);
	return 0;
}

static int load(struct walk *w, const struct nla *dreg, enum source s)
{
	size_t len = source_info(s)->size;
	struct reg_byte *b = regs_at(&w->regs, nla_be32(dreg, 0), len);

	if (b == NULL) {
		regs_forget(&w->regs);
		walk_unknown(w, "a register that does not exist");
		return 0;
	}
	regs_load(b, s, 0, len);
	regs_pad(b, len);
	return 0;
}

/* meta mark set, ct mark set: a constant, the other mark, or from a map. */
static int set_mark(struct walk *w, enum source target, const struct nla *sreg)
{
	enum source other = target == SRC_MARK ? SRC_CT_MARK : SRC_MARK;
	enum field field = source_info(target)->field;
	const struct reg_byte *b = regs_at(&w->regs, nla_be32(sreg, 0), sizeof(uint32_t));
	struct step *s = NULL;
	uint8_t bytes[4];

	if (b != NULL && regs_is_constant(b, sizeof(bytes), bytes)) {
		s = walk_add(w, STEP_SET);
		if (s != NULL)
			memcpy(&s->value, bytes, sizeof(s->value));
	} else if (b != NULL && regs_is_source(b, other)) {
		s = walk_add(w, STEP_COPY);
	} else if (b != NULL && regs_is_source(b, target)) {
		return 0;
	} else if (b != NULL && target == SRC_MARK && regs_is_source(b, SRC_MAP) &&
		   w->map != NONE && w->map + 1 == w->count) {
		w->step[w->map].kind = STEP_MAP; /* its key stays as it is */
	} else {
		walk_unknown(w, target == SRC_MARK ? "meta mark set" : "ct mark set");
	}
	if (s != NULL) {
		s->field[0] = field;
		s->field_count = 1;
	}
	regs_forget_source(&w->regs, target);
	return 0;
}

static int meta_set(struct walk *w, uint32_t key, const struct nla *sreg)
{
	char what[32];

	if (key == NFT_META_MARK)
		return set_mark(w, SRC_MARK, sreg);
	if (key == NFT_META_NFTRACE || key == NFT_META_PRIORITY)
		return 0; /* nothing that is decided here depends on them */
	(void)snprintf(what, sizeof(what), "meta %u set", key);
	walk_unknown(w, what);
	return 0;
}

static bool is_ip(const struct walk *w)
{
	return w->chain->family == NFPROTO_INET || w->chain->family == NFPROTO_IPV4 ||
	       w->chain->family == NFPROTO_IPV6;
}

static enum source meta_source(const struct walk *w, uint32_t key)
{
	switch (key) {
	case NFT_META_NFPROTO:
		return is_ip(w) ? SRC_NFPROTO : SRC_NONE;
	case NFT_META_PROTOCOL: /* not filled in for packets sent here */
		return w->ether || !is_ip(w) ? SRC_ETHERTYPE : SRC_NONE;
	case NFT_META_L4PROTO:
		return SRC_PROTO;
	case NFT_META_IIFNAME:
		return SRC_IIFNAME;
	case NFT_META_OIFNAME:
		return SRC_OIFNAME;
	case NFT_META_IIF:
		return SRC_IIF;
	case NFT_META_OIF:
		return SRC_OIF;
	case NFT_META_IIFTYPE:
		return SRC_IIFTYPE;
	case NFT_META_MARK:
		return SRC_MARK;
	case NFT_META_SKUID:
		return SRC_SKUID;
	case NFT_META_TIME_NS:
	case NFT_META_TIME_DAY:
	case NFT_META_TIME_HOUR:
		return SRC_CLOCK;
	default:
		return SRC_NONE;
	}
}

int expr_meta(struct walk *w, const struct nla *t)
{
	uint32_t key = nla_be32(&t[NFTA_META_KEY], UINT32_MAX);
	enum source s = meta_source(w, key);
	char what[32];
	int r = 0;

	if (t[NFTA_META_SREG].there)
		return meta_set(w, key, &t[NFTA_META_SREG]);
	if (s == SRC_NONE) {
		(void)snprintf(what, sizeof(what),
			       key == NFT_META_PKTTYPE ? "meta pkttype" : "meta %u", key);
		return load_unknown(w, &t[NFTA_META_DREG], NFT_REG_SIZE, what);
	}
	if (s == SRC_SKUID) /* without a socket the rule ends */
		r = walk_match_range(w, FIELD_SKUID, 0, UID_NONE - 1);
	return r < 0 ? r : load(w, &t[NFTA_META_DREG], s);
}

int expr_ct(struct walk *w, const struct nla *t)
{
	uint32_t key = nla_be32(&t[NFTA_CT_KEY], UINT32_MAX);
	enum source s = key == NFT_CT_STATE       ? SRC_CT_STATE
			: key == NFT_CT_DIRECTION ? SRC_CT_DIR
			: key == NFT_CT_MARK      ? SRC_CT_MARK
						  : SRC_NONE;
	char what[32];
	int r = 0;

	(void)snprintf(what, sizeof(what), key == NFT_CT_STATUS ? "ct status" : "ct %u",
		       key);
	if (t[NFTA_CT_SREG].there && key == NFT_CT_MARK)
		return set_mark(w, SRC_CT_MARK, &t[NFTA_CT_SREG]);
	if (t[NFTA_CT_SREG].there) {
		walk_unknown(w, what);
		return 0;
	}
	if (s == SRC_NONE || t[NFTA_CT_DIRECTION].there)
		return load_unknown(w, &t[NFTA_CT_DREG], NFT_REG_SIZE, what);
	if (s != SRC_CT_STATE) /* without a connection the rule ends */
		r = walk_match_range(w, FIELD_CT_STATE, STATE_NEW, STATE_RELATED);
	return r < 0 ? r : load(w, &t[NFTA_CT_DREG], s);
}

struct place { /* of a source in a header */
	uint8_t base;
	uint8_t family; /* 0: any */
	uint8_t offset;
	enum source source;
};

static const struct place places[] = {
	{ NFT_PAYLOAD_LL_HEADER, 0, 6, SRC_MAC },
	{ NFT_PAYLOAD_LL_HEADER, 0, 12, SRC_ETHERTYPE },
	{ NFT_PAYLOAD_NETWORK_HEADER, 4, 8, SRC_HOPLIMIT },
	{ NFT_PAYLOAD_NETWORK_HEADER, 4, 9, SRC_PROTO },
	{ NFT_PAYLOAD_NETWORK_HEADER, 4, 12, SRC_SADDR4 },
	{ NFT_PAYLOAD_NETWORK_HEADER, 4, 16, SRC_DADDR4 },
	{ NFT_PAYLOAD_NETWORK_HEADER, 6, 6, SRC_NEXTHDR },
	{ NFT_PAYLOAD_NETWORK_HEADER, 6, 7, SRC_HOPLIMIT },
	{ NFT_PAYLOAD_NETWORK_HEADER, 6, 8, SRC_SADDR6 },
	{ NFT_PAYLOAD_NETWORK_HEADER, 6, 24, SRC_DADDR6 },
};

static const struct place port_places[] = {
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 0, SRC_SPORT },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, SRC_DPORT }
};
static const struct place icmp_places[] = {
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 0, SRC_ICMP_TYPE },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, SRC_ICMP_CODE },
};

/* One byte of a header. Returns false when it is nothing that is known. */
static bool byte_at(const struct walk *w, const struct place *p, size_t count,
		    uint32_t base, uint32_t offset, struct reg_byte *b)
{
	for (size_t i = 0; i < count; i++) {
		size_t size = source_info(p[i].source)->size;

		if (p[i].base == base && offset >= p[i].offset &&
		    offset - p[i].offset < size &&
		    (p[i].family == 0 || p[i].family == w->family)) {
			regs_load(b, p[i].source, offset - p[i].offset, 1);
			return true;
		}
	}
	regs_forget_bytes(b, 1);
	return false;
}

int expr_payload(struct walk *w, const struct nla *t)
{
	uint32_t base = nla_be32(&t[NFTA_PAYLOAD_BASE], UINT32_MAX);
	uint32_t offset = nla_be32(&t[NFTA_PAYLOAD_OFFSET], UINT32_MAX);
	uint32_t len = nla_be32(&t[NFTA_PAYLOAD_LEN], 0);
	struct reg_byte *b = regs_at(&w->regs, nla_be32(&t[NFTA_PAYLOAD_DREG], 0), len);
	const struct place *p = places;
	size_t count = ARRAY_LEN(places);
	bool known = false;
	char what[64];

	(void)snprintf(what, sizeof(what), "payload base %u offset %u length %u%s", base,
		       offset, len, t[NFTA_PAYLOAD_SREG].there ? " set" : "");
	if (t[NFTA_PAYLOAD_SREG].there) {
		walk_unknown(w, what);
		return 0;
	}
	if (base == NFT_PAYLOAD_TRANSPORT_HEADER && (w->ports || w->icmp)) {
		p = w->ports ? port_places : icmp_places;
		count = w->ports ? ARRAY_LEN(port_places) : ARRAY_LEN(icmp_places);
	}
	if (b != NULL && base == NFT_PAYLOAD_LL_HEADER &&
	    w->chain->family == NFPROTO_NETDEV) { /* see expr_match_lookup() */
		regs_forget_bytes(b, len);
		return 0;
	}
	if (b == NULL || offset > UINT8_MAX ||
	    (base == NFT_PAYLOAD_LL_HEADER && !w->ether))
		return load_unknown(w, &t[NFTA_PAYLOAD_DREG], len, what);
	for (uint32_t i = 0; i < len; i++)
		known = byte_at(w, p, count, base, offset + i, &b[i]) || known;
	regs_pad(b, len);
	if (!known)
		walk_unknown(w, what);
	return 0;
}

int expr_fib(struct walk *w, const struct nla *t)
{
	uint32_t result = nla_be32(&t[NFTA_FIB_RESULT], NFT_FIB_RESULT_UNSPEC);
	uint32_t flags = nla_be32(&t[NFTA_FIB_FLAGS], 0);

	if (result == NFT_FIB_RESULT_ADDRTYPE && flags == NFTA_FIB_F_DADDR)
		return load(w, &t[NFTA_FIB_DREG], SRC_ADDRTYPE);
	if (result == NFT_FIB_RESULT_OIF && flags == (NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF))
		return load(w, &t[NFTA_FIB_DREG], SRC_RPF_OIF);
	if (result == NFT_FIB_RESULT_OIF &&
	    flags == (NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF | NFTA_FIB_F_PRESENT))
		return load(w, &t[NFTA_FIB_DREG], SRC_RPF_THERE);
	return load_unknown(w, &t[NFTA_FIB_DREG], NFT_REG_SIZE, "fib");
}

int data_value(const struct nla *nest, struct rd *ret_value)
{
	struct nla t[NFTA_DATA_MAX + 1];

	if (!nest->there || nla_sort(nest->data, t, ARRAY_LEN(t), NULL) < 0 ||
	    !t[NFTA_DATA_VALUE].there || t[NFTA_DATA_VALUE].data.left == 0 ||
	    t[NFTA_DATA_VALUE].data.left > NFT_DATA_VALUE_MAXLEN)
		return -ENOENT;
	*ret_value = t[NFTA_DATA_VALUE].data;
	return 0;
}

int expr_immediate(struct walk *w, const struct nla *t)
{
	uint32_t dreg = nla_be32(&t[NFTA_IMMEDIATE_DREG], UINT32_MAX);
	struct target to;
	struct reg_byte *b;
	struct rd value;

	if (dreg == NFT_REG_VERDICT) {
		if (verdict_of(w->d, w->chain, t[NFTA_IMMEDIATE_DATA].data, &to) == 0) {
			if (to.verdict == VERDICT_JUMP || to.verdict == VERDICT_GOTO)
				w->d->raw_chain[to.chain].seen++;
			walk_verdict(w, to.verdict, to.chain);
			return 0;
		}
		walk_unknown(w, "verdict");
		return 0;
	}
	b = data_value(&t[NFTA_IMMEDIATE_DATA], &value) == 0
		    ? regs_at(&w->regs, dreg, value.left)
		    : NULL;
	if (b == NULL)
		return load_unknown(w, &t[NFTA_IMMEDIATE_DREG], NFT_REG_SIZE,
				    "immediate");
	regs_constant(b, value.pos, value.left);
	regs_pad(b, value.left);
	return 0;
}

int expr_bitwise(struct walk *w, const struct nla *t)
{
	uint32_t len = nla_be32(&t[NFTA_BITWISE_LEN], 0);
	struct reg_byte *from =
		regs_at(&w->regs, nla_be32(&t[NFTA_BITWISE_SREG], 0), len);
	struct reg_byte *to = regs_at(&w->regs, nla_be32(&t[NFTA_BITWISE_DREG], 0), len);
	struct rd mask, turn;

	if (from == NULL || to == NULL ||
	    nla_be32(&t[NFTA_BITWISE_OP], NFT_BITWISE_BOOL) != NFT_BITWISE_BOOL ||
	    data_value(&t[NFTA_BITWISE_MASK], &mask) < 0 ||
	    data_value(&t[NFTA_BITWISE_XOR], &turn) < 0 || mask.left != len ||
	    turn.left != len)
		return load_unknown(w, &t[NFTA_BITWISE_DREG], len, "bitwise");
	for (uint32_t i = 0; i < len; i++) { /* a copy of each: they may overlap */
		struct reg_byte b = from[i];

		b.mask &= mask.pos[i];
		b.turn = (uint8_t)((b.turn & mask.pos[i]) ^ turn.pos[i]);
		to[i] = b.source == SRC_NONE ? (struct reg_byte){ .mask = 0 } : b;
	}
	return 0;
}

int expr_byteorder(struct walk *w, const struct nla *t)
{
	uint32_t len = nla_be32(&t[NFTA_BYTEORDER_LEN], 0);
	uint32_t size = nla_be32(&t[NFTA_BYTEORDER_SIZE], 0);
	struct reg_byte *from =
		regs_at(&w->regs, nla_be32(&t[NFTA_BYTEORDER_SREG], 0), len);
	struct reg_byte *to =
		regs_at(&w->regs, nla_be32(&t[NFTA_BYTEORDER_DREG], 0), len);
	struct reg_byte b[NFT_REG_SIZE];

	if (from == NULL || to == NULL || (size != 2 && size != 4 && size != 8) ||
	    len % size != 0 || len > ARRAY_LEN(b))
		return load_unknown(w, &t[NFTA_BYTEORDER_DREG], len, "byteorder");
	memcpy(b, from, len * sizeof(b[0]));
	for (uint32_t i = 0; i < len; i++) {
		uint32_t turned = i / size * size + size - 1 - i % size;

		to[i] = b[__BYTE_ORDER == __LITTLE_ENDIAN ? turned : i];
	}
	return 0;
}
