/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/walk.h"

#define DYNSET  "dynset"
#define ATTRS   16 /* of a rule; those of newer kernels are left aside */
#define COMMENT 0 /* type of user data, as nft writes it */

static const struct {
	const char *name;
	uint16_t last; /* the attributes that are known; a newer one may change it all */
	int (*read)(struct walk *w, const struct nla *t);
} expressions[] = {
	{ "meta", NFTA_META_MAX, expr_meta },
	{ "payload", NFTA_PAYLOAD_MAX, expr_payload },
	{ "cmp", NFTA_CMP_MAX, expr_match_cmp },
	{ "ct", NFTA_CT_MAX, expr_ct },
	{ "immediate", NFTA_IMMEDIATE_MAX, expr_immediate },
	{ "bitwise", NFTA_BITWISE_MAX, expr_bitwise },
	{ "lookup", NFTA_LOOKUP_MAX, expr_match_lookup },
	{ "range", NFTA_RANGE_MAX, expr_range },
	{ "counter", WALK_ATTRS, expr_nothing },
	{ "log", WALK_ATTRS, expr_nothing },
	{ "last", WALK_ATTRS, expr_nothing },
	{ "limit", WALK_ATTRS, expr_limit },
	{ "quota", WALK_ATTRS, expr_quota },
	{ "connlimit", WALK_ATTRS, expr_connlimit },
	{ "dynset", WALK_ATTRS, expr_dynset },
	{ "objref", NFTA_OBJREF_MAX, expr_objref },
	{ "byteorder", NFTA_BYTEORDER_MAX, expr_byteorder },
	{ "fib", NFTA_FIB_MAX, expr_fib },
	{ "reject", WALK_ATTRS, expr_reject },
	{ "masq", WALK_ATTRS, expr_masq },
	{ "redir", WALK_ATTRS, expr_redir },
	{ "nat", WALK_ATTRS, expr_nat },
};

static bool newer(const struct nla *t, uint16_t last)
{
	for (size_t i = (size_t)last + 1; i < WALK_ATTRS; i++) {
		if (t[i].there)
			return true;
	}
	return false;
}

static int read_expression(struct walk *w, struct rd data)
{
	struct nla e[NFTA_EXPR_MAX + 1], t[WALK_ATTRS];
	bool extra = false;
	char name[32];

	if (nla_sort(data, e, ARRAY_LEN(e), NULL) < 0 ||
	    nla_str(&e[NFTA_EXPR_NAME], name, sizeof(name)) < 0 ||
	    nla_sort(e[NFTA_EXPR_DATA].data, t, ARRAY_LEN(t), &extra) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < ARRAY_LEN(expressions); i++) {
		if (strcmp(expressions[i].name, name) == 0 && !extra &&
		    !newer(t, expressions[i].last))
			return expressions[i].read(w, t);
	}
	regs_forget(&w->regs); /* it may have written any */
	walk_unknown(w, name);
	return 0;
}

static int read_expressions(struct walk *w, struct rd list)
{
	uint16_t type;
	struct rd one;
	int r;

	while (!w->done && (r = nla_next(&list, &type, &one)) != 0) {
		if (r > 0)
			r = read_expression(w, one);
		if (r < 0)
			return r;
	}
	return 0;
}

/* nft's comment: type, length, text with its NUL. */
static void read_id(const struct nla *userdata, struct rule *rule)
{
	struct rd r = userdata->data;

	while (r.left > 0) {
		uint8_t type = rd_u8(&r);
		uint8_t len = rd_u8(&r);
		struct rd value = rd_sub(&r, len);

		if (rd_failed(&r))
			return;
		if (type == COMMENT)
			span_copy((struct span){ .at = value.pos,
						 .len = strnlen((const char *)value.pos,
								value.left) },
				  rule->id, sizeof(rule->id));
	}
}

/* Take the steps of the walk; as copies with ranges of their own when keep. */
static int take_steps(struct walk *w, bool keep, struct rule *rule)
{
	size_t size = (w->count + 1) * sizeof(*rule->step); /* and a verdict */

	rule->step = malloc(size);
	if (rule->step == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < w->count; i++) {
		struct step *s = &rule->step[i];

		*s = w->step[i];
		rule->step_count = i + 1;
		if (!keep) {
			w->step[i].range = NULL;
		} else if (s->range != NULL) {
			s->range = calloc(s->range_count + 1, sizeof(*s->range));
			if (s->range == NULL)
				return -ENOMEM;
			memcpy(s->range, w->step[i].range,
			       s->range_count * sizeof(*s->range));
		}
	}
	return 0;
}

static int append(struct walk *w, size_t chain, const struct rule *head, bool keep,
		  struct rule **ret_rule)
{
	struct chain *c = &w->d->model->chain[chain];
	int r = array_room(&c->rule, &w->d->raw_chain[chain].rule_room, c->rule_count,
			   sizeof(*c->rule), (size_t)DECODE_RULES_MAX * 2);

	if (r < 0)
		return r;
	c->rule[c->rule_count] = *head;
	*ret_rule = &c->rule[c->rule_count++];
	return take_steps(w, keep, *ret_rule);
}

/* A rule for each verdict of the map: no packet is in two of the sets. */
static int append_verdicts(struct walk *w, size_t chain, const struct rule *head)
{
	struct rule *rule;
	int r = 0;

	for (size_t i = 0; r == 0 && i < w->verdict_count; i++) {
		r = append(w, chain, head, true, &rule);
		if (r < 0)
			break;
		rule->step[rule->step_count - 1].set = w->verdict_set[i];
		rule->step[rule->step_count++] =
			(struct step){ .kind = STEP_VERDICT,
				       .verdict = w->verdict[i].verdict,
				       .chain = w->verdict[i].chain };
	}
	return r;
}

static void begin(struct walk *w, const struct entity *chain)
{
	w->chain = chain;
	w->count = 0;
	w->family = chain->family == NFPROTO_IPV4   ? 4
		    : chain->family == NFPROTO_IPV6 ? 6
						    : 0;
	w->ports = w->icmp = w->done = false;
	w->ether = chain->family == NFPROTO_BRIDGE;
	w->map = NONE;
	w->verdict_count = 0;
	regs_forget(&w->regs);
}

/* A step of these, done once for every verdict of a map, is not what the kernel does. */
static bool may_repeat(const struct walk *w)
{
	for (size_t i = 0; i < w->count; i++) {
		if (w->step[i].kind == STEP_COPY || w->step[i].kind == STEP_MAP ||
		    w->step[i].kind == STEP_SET)
			return false;
	}
	return true;
}

static int read_rule(struct walk *w, const struct message *m)
{
	struct nla t[ATTRS];
	struct rule head = { .handle = 0 }, *rule;
	struct entity who;
	size_t chain;
	int r = nla_sort(m->attrs, t, ARRAY_LEN(t), NULL);

	if (r == 0)
		r = entity_of(m->family, &t[NFTA_RULE_TABLE], &t[NFTA_RULE_CHAIN], &who);
	if (r < 0)
		return r;
	chain = directory_find(&w->d->chains, &who);
	if (chain == NONE)
		return -EBADMSG;
	w->d->raw_chain[chain].seen++;
	head.handle = nla_be64(&t[NFTA_RULE_HANDLE], 0);
	read_id(&t[NFTA_RULE_USERDATA], &head);
	begin(w, &w->d->raw_chain[chain].who);
	r = read_expressions(w, t[NFTA_RULE_EXPRESSIONS].data);
	if (r == 0 && w->verdict_count > 0 && !may_repeat(w)) {
		w->verdict_count = 0;
		w->count--; /* the look into the map */
		walk_unknown(w, "a map of verdicts after a mark");
	}
	if (r == 0 && w->verdict_count > 0)
		r = append_verdicts(w, chain, &head);
	else if (r == 0)
		r = append(w, chain, &head, false, &rule);
	for (size_t i = 0; i < w->count; i++)
		free(w->step[i].range);
	return r;
}

/* Packets themselves change the set: what it has cannot be said. */
static int spoil(struct decode *d, const struct message *m, struct rd expression)
{
	struct nla e[NFTA_EXPR_MAX + 1], t[WALK_ATTRS], rule[ATTRS];
	struct entity who;
	size_t set;

	if (nla_sort(expression, e, ARRAY_LEN(e), NULL) < 0)
		return -EBADMSG;
	if (e[NFTA_EXPR_NAME].data.left < sizeof(DYNSET) - 1 ||
	    memcmp(e[NFTA_EXPR_NAME].data.pos, DYNSET, sizeof(DYNSET) - 1) != 0)
		return 0;
	if (nla_sort(e[NFTA_EXPR_DATA].data, t, ARRAY_LEN(t), NULL) < 0 ||
	    nla_sort(m->attrs, rule, ARRAY_LEN(rule), NULL) < 0 ||
	    entity_of(m->family, &rule[NFTA_RULE_TABLE], &t[NFTA_DYNSET_SET_NAME], &who) <
		    0)
		return -EBADMSG;
	set = directory_find(&d->sets, &who);
	if (set == NONE)
		return -EBADMSG;
	d->raw_set[set].odd = true;
	return 0;
}

static int spoil_sets(struct decode *d)
{
	struct nla t[ATTRS];
	struct rd list, one;
	uint16_t type;
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->rule.count; i++) {
		r = nla_sort(d->rule.at[i].attrs, t, ARRAY_LEN(t), NULL);
		list = t[NFTA_RULE_EXPRESSIONS].data;
		if (list.left == 0 ||
		    memmem(list.pos, list.left, DYNSET, sizeof(DYNSET) - 1) == NULL)
			continue; /* most rules; what is wrong with them, reading them tells */
		while (r == 0 && (r = nla_next(&list, &type, &one)) > 0)
			r = spoil(d, &d->rule.at[i], one);
	}
	return r;
}

int rules_read(struct decode *d)
{
	struct walk *w;
	int r;

	if (d->rule.count > DECODE_RULES_MAX)
		return -E2BIG;
	r = spoil_sets(d);
	if (r < 0)
		return r;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return -ENOMEM;
	w->d = d;
	for (size_t i = 0; r == 0 && i < d->rule.count; i++)
		r = read_rule(w, &d->rule.at[i]);
	free(w);
	return r;
}
