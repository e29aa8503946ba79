/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/decode.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/parts.h"

#define ATTRS        16 /* of a table or chain; those of newer kernels are left aside */
#define CHUNK_SIZE   (1u << 20)
#define MESSAGES_MAX (1u << 21)

struct chunk {
	struct chunk *next;
	size_t used, size;
	uint8_t data[];
};

int decode_new(const struct decode_interface *interfaces, size_t count,
	       struct decode **ret_decode)
{
	struct decode *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	d->interface = calloc(count + 1, sizeof(*d->interface));
	if (d->interface == NULL) {
		free(d);
		return -ENOMEM;
	}
	if (count > 0)
		memcpy(d->interface, interfaces, count * sizeof(*interfaces));
	d->interface_count = count;
	*ret_decode = d;
	return 0;
}

void decode_free(struct decode *d)
{
	if (d == NULL)
		return;
	while (d->chunk != NULL) {
		struct chunk *next = d->chunk->next;

		free(d->chunk);
		d->chunk = next;
	}
	free(d->table.at);
	free(d->chain.at);
	free(d->set.at);
	free(d->element.at);
	free(d->rule.at);
	sets_free(d);
	free(d->raw_chain);
	directory_free(&d->chains);
	free(d->is_wildcard);
	model_free(d->model);
	free(d->interface);
	free(d);
}

static const uint8_t *keep(struct decode *d, struct rd bytes)
{
	struct chunk *c = d->chunk;
	uint8_t *at;

	if (c == NULL || bytes.left > c->size - c->used) {
		size_t size = bytes.left > CHUNK_SIZE ? bytes.left : CHUNK_SIZE;

		c = malloc(sizeof(*c) + size);
		if (c == NULL)
			return NULL;
		c->next = d->chunk;
		c->used = 0;
		c->size = size;
		d->chunk = c;
	}
	at = c->data + c->used;
	if (bytes.left > 0)
		memcpy(at, bytes.pos, bytes.left);
	c->used += bytes.left;
	return at;
}

static int take_generation(struct decode *d, struct rd attrs)
{
	struct nla t[NFTA_GEN_MAX + 1];

	if (nla_sort(attrs, t, ARRAY_LEN(t), NULL) < 0)
		return -EBADMSG;
	d->generation = nla_be32(&t[NFTA_GEN_ID], 0);
	return 0;
}

static struct messages *list_of(struct decode *d, uint16_t type)
{
	switch (type & 0xff) {
	case NFT_MSG_NEWTABLE:
		return &d->table;
	case NFT_MSG_NEWCHAIN:
		return &d->chain;
	case NFT_MSG_NEWSET:
		return &d->set;
	case NFT_MSG_NEWSETELEM:
		return &d->element;
	case NFT_MSG_NEWRULE:
		return &d->rule;
	default:
		return NULL;
	}
}

int decode_add(struct decode *d, const void *nlmsg, size_t len)
{
	struct rd r = rd_of(nlmsg, len);
	struct messages *list;
	struct nlmsghdr head;
	struct nfgenmsg nf;
	const uint8_t *at;
	int err;

	rd_bytes(&r, &head, sizeof(head));
	rd_bytes(&r, &nf, sizeof(nf));
	if (rd_failed(&r) || head.nlmsg_len < sizeof(head) + sizeof(nf) ||
	    head.nlmsg_len > len)
		return -EBADMSG;
	if (head.nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return 0;
	r.left = head.nlmsg_len - sizeof(head) - sizeof(nf);
	if ((head.nlmsg_type & 0xff) == NFT_MSG_NEWGEN)
		return take_generation(d, r);
	list = list_of(d, head.nlmsg_type);
	if (list == NULL)
		return 0;
	if (r.left > DECODE_BYTES_MAX - d->bytes)
		return -E2BIG;
	err = array_room(&list->at, &list->room, list->count, sizeof(*list->at),
			 MESSAGES_MAX);
	if (err < 0)
		return err;
	at = keep(d, r);
	if (at == NULL)
		return -ENOMEM;
	d->bytes += r.left;
	list->at[list->count++] =
		(struct message){ .family = nf.nfgen_family, .attrs = rd_of(at, r.left) };
	return 0;
}

static void read_hook(const struct nla *nest, struct chain *c)
{
	struct nla t[NFTA_HOOK_MAX + 1];

	if (!nest->there || nla_sort(nest->data, t, ARRAY_LEN(t), NULL) < 0)
		return;
	c->hook = nla_be32(&t[NFTA_HOOK_HOOKNUM], HOOK_NONE);
	c->priority = (int32_t)nla_be32(&t[NFTA_HOOK_PRIORITY], 0);
}

static int read_chain(struct decode *d, const struct message *m)
{
	struct raw_chain *raw = &d->raw_chain[d->model->chain_count];
	struct chain *c = &d->model->chain[d->model->chain_count];
	struct nla t[ATTRS];
	int r = nla_sort(m->attrs, t, ARRAY_LEN(t), NULL);

	if (r == 0)
		r = entity_of(m->family, &t[NFTA_CHAIN_TABLE], &t[NFTA_CHAIN_NAME],
			      &raw->who);
	if (r < 0)
		return r;
	d->model->chain_count++;
	raw->use = nla_be32(&t[NFTA_CHAIN_USE], 0);
	if ((nla_be32(&t[NFTA_CHAIN_FLAGS], 0) & NFT_CHAIN_BINDING) != 0)
		raw->seen = 1; /* the rule that it was written in holds it twice */
	c->family = m->family;
	c->hook = HOOK_NONE;
	c->policy = nla_be32(&t[NFTA_CHAIN_POLICY], NF_ACCEPT) == NF_DROP
			    ? VERDICT_DROP
			    : VERDICT_ACCEPT;
	span_copy(raw->who.table, c->table, sizeof(c->table));
	span_copy(raw->who.name, c->name, sizeof(c->name));
	span_copy(span_of(&t[NFTA_CHAIN_TYPE]), c->type, sizeof(c->type));
	read_hook(&t[NFTA_CHAIN_HOOK], c);
	return 0;
}

static int read_chains(struct decode *d)
{
	int r = 0;

	if (d->chain.count > DECODE_CHAINS_MAX)
		return -E2BIG;
	d->raw_chain = calloc(d->chain.count + 1, sizeof(*d->raw_chain));
	d->model->chain = calloc(d->chain.count + 1, sizeof(*d->model->chain));
	if (d->raw_chain == NULL || d->model->chain == NULL)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < d->chain.count; i++)
		r = read_chain(d, &d->chain.at[i]);
	if (r == 0)
		r = directory_build(&d->chains, d->raw_chain, sizeof(*d->raw_chain),
				    d->model->chain_count);
	return r;
}

/* The chains of a dormant table hang on no hook. */
static int apply_dormant(struct decode *d)
{
	struct nla t[ATTRS];

	for (size_t i = 0; i < d->table.count; i++) {
		const struct message *m = &d->table.at[i];
		struct span name;

		if (nla_sort(m->attrs, t, ARRAY_LEN(t), NULL) < 0)
			return -EBADMSG;
		name = span_of(&t[NFTA_TABLE_NAME]);
		if ((nla_be32(&t[NFTA_TABLE_FLAGS], 0) & NFT_TABLE_F_DORMANT) == 0)
			continue;
		for (size_t k = 0; k < d->model->chain_count; k++) {
			const struct entity *who = &d->raw_chain[k].who;

			if (who->family == m->family && span_equal(who->table, name))
				d->model->chain[k].hook = HOOK_NONE;
		}
	}
	return 0;
}

int decode_finish(struct decode *d, struct model **ret_model)
{
	int r;

	d->model = calloc(1, sizeof(*d->model));
	if (d->model == NULL)
		return -ENOMEM;
	d->model->generation = d->generation;
	r = names_begin(d);
	if (r == 0)
		r = read_chains(d);
	if (r == 0)
		r = apply_dormant(d);
	if (r == 0)
		r = sets_read(d);
	if (r == 0)
		r = rules_read(d);
	if (r == 0)
		r = complete_check(d);
	if (r == 0)
		r = names_settle(d);
	if (r < 0)
		return r;
	*ret_model = d->model;
	d->model = NULL;
	return 0;
}
