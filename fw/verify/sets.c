/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets and their elements as the kernel has them; what they mean is elements.c. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/parts.h"

#define ATTRS 24 /* of a set or element; those of newer kernels are left aside */
#define FLAGS_KNOWN \
	(NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_INTERVAL | NFT_SET_MAP | \
	 NFT_SET_TIMEOUT | NFT_SET_EVAL | NFT_SET_OBJECT | NFT_SET_CONCAT | \
	 NFT_SET_EXPR)

static int read_parts(struct raw_set *s, const struct nla *desc)
{
	struct nla t[NFTA_SET_DESC_MAX + 1], field[NFTA_SET_FIELD_MAX + 1];
	struct rd list, one;
	uint16_t type;
	int r;

	if (!desc->there)
		return 0;
	if (nla_sort(desc->data, t, ARRAY_LEN(t), NULL) < 0)
		return -EBADMSG;
	list = t[NFTA_SET_DESC_CONCAT].data;
	while ((r = nla_next(&list, &type, &one)) > 0) {
		if (nla_sort(one, field, ARRAY_LEN(field), NULL) < 0)
			return -EBADMSG;
		if (s->part_count == ARRAY_LEN(s->part_len))
			s->odd = true;
		else
			s->part_len[s->part_count++] =
				(uint8_t)nla_be32(&field[NFTA_SET_FIELD_LEN], UINT8_MAX);
	}
	return r;
}

static int read_set(struct decode *d, const struct message *m)
{
	struct raw_set *s = &d->raw_set[d->raw_set_count];
	struct nla t[ATTRS];
	int r = nla_sort(m->attrs, t, ARRAY_LEN(t), NULL);

	if (r == 0)
		r = entity_of(m->family, &t[NFTA_SET_TABLE], &t[NFTA_SET_NAME], &s->who);
	if (r < 0)
		return r;
	d->raw_set_count++;
	s->flags = nla_be32(&t[NFTA_SET_FLAGS], 0);
	s->key_len = nla_be32(&t[NFTA_SET_KEY_LEN], 0);
	s->data_type = nla_be32(&t[NFTA_SET_DATA_TYPE], 0);
	s->data_len = nla_be32(&t[NFTA_SET_DATA_LEN], 0);
	s->timeout_ms = nla_be64(&t[NFTA_SET_TIMEOUT], 0);
	s->odd = (s->flags & ~(uint32_t)FLAGS_KNOWN) != 0;
	return read_parts(s, &t[NFTA_SET_DESC]);
}

/* A counter changes nothing; a limit or quota in an element decides. */
static bool only_counts(struct rd expr)
{
	struct nla t[NFTA_EXPR_MAX + 1];
	char name[16];

	return nla_sort(expr, t, ARRAY_LEN(t), NULL) == 0 &&
	       nla_str(&t[NFTA_EXPR_NAME], name, sizeof(name)) == 0 &&
	       (strcmp(name, "counter") == 0 || strcmp(name, "last") == 0);
}

static int value_of(const struct nla *nest, struct rd *ret_value)
{
	struct nla t[NFTA_DATA_MAX + 1];

	if (!nest->there)
		return 0;
	if (nla_sort(nest->data, t, ARRAY_LEN(t), NULL) < 0)
		return -EBADMSG;
	*ret_value = t[NFTA_DATA_VALUE].data;
	return 0;
}

static int read_element(const struct raw_set *s, struct rd nest, struct raw_element *ret)
{
	struct raw_element e = { .odd = false };
	struct nla t[ATTRS];
	struct rd list, expr;
	uint16_t type;
	int r = nla_sort(nest, t, ARRAY_LEN(t), NULL);

	if (r < 0 || value_of(&t[NFTA_SET_ELEM_KEY], &e.key) < 0 ||
	    value_of(&t[NFTA_SET_ELEM_KEY_END], &e.key_end) < 0)
		return -EBADMSG;
	e.data = t[NFTA_SET_ELEM_DATA].data;
	e.flags = nla_be32(&t[NFTA_SET_ELEM_FLAGS], 0);
	e.timeout_ms = nla_be64(&t[NFTA_SET_ELEM_TIMEOUT], s->timeout_ms);
	if (e.timeout_ms != 0) /* what is left of it; the last moment is not "stays" */
		e.timeout_ms = nla_be64(&t[NFTA_SET_ELEM_EXPIRATION], e.timeout_ms);
	if (e.timeout_ms == 0 && t[NFTA_SET_ELEM_EXPIRATION].there)
		e.timeout_ms = 1;
	e.odd = (e.flags & ~(uint32_t)NFT_SET_ELEM_INTERVAL_END) != 0 ||
		e.key.left != s->key_len ||
		(e.key_end.left != 0 && e.key_end.left != s->key_len);
	if (t[NFTA_SET_ELEM_EXPR].there)
		e.odd = e.odd || !only_counts(t[NFTA_SET_ELEM_EXPR].data);
	list = t[NFTA_SET_ELEM_EXPRESSIONS].data;
	while ((r = nla_next(&list, &type, &expr)) > 0)
		e.odd = e.odd || !only_counts(expr);
	if (r == 0)
		*ret = e;
	return r;
}

static int read_elements(struct decode *d, const struct message *m)
{
	struct nla t[ATTRS];
	struct entity who;
	struct raw_set *s;
	struct rd list, one;
	uint16_t type;
	size_t i;
	int r = nla_sort(m->attrs, t, ARRAY_LEN(t), NULL);

	if (r == 0)
		r = entity_of(m->family, &t[NFTA_SET_ELEM_LIST_TABLE],
			      &t[NFTA_SET_ELEM_LIST_SET], &who);
	if (r < 0)
		return r;
	i = directory_find(&d->sets, &who);
	if (i == NONE)
		return -EBADMSG;
	s = &d->raw_set[i];
	list = t[NFTA_SET_ELEM_LIST_ELEMENTS].data;
	while ((r = nla_next(&list, &type, &one)) > 0) {
		if (d->element_total == DECODE_ELEMENTS_MAX)
			return -E2BIG;
		r = array_room(&s->element, &s->element_room, s->element_count,
			       sizeof(*s->element), DECODE_ELEMENTS_MAX);
		if (r == 0)
			r = read_element(s, one, &s->element[s->element_count]);
		if (r < 0)
			return r;
		s->element_count++;
		d->element_total++;
	}
	return r;
}

int sets_read(struct decode *d)
{
	int r = 0;

	if (d->set.count > DECODE_SETS_MAX)
		return -E2BIG;
	d->raw_set = calloc(d->set.count + 1, sizeof(*d->raw_set));
	if (d->raw_set == NULL)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < d->set.count; i++)
		r = read_set(d, &d->set.at[i]);
	if (r == 0)
		r = directory_build(&d->sets, d->raw_set, sizeof(*d->raw_set),
				    d->raw_set_count);
	for (size_t i = 0; r == 0 && i < d->element.count; i++)
		r = read_elements(d, &d->element.at[i]);
	return r;
}

void sets_free(struct decode *d)
{
	for (size_t i = 0; i < d->raw_set_count; i++)
		free(d->raw_set[i].element);
	free(d->raw_set);
	directory_free(&d->sets);
	free(d->set_names);
}
