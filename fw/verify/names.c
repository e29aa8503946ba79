/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/verify/parts.h"

int names_begin(struct decode *d)
{
	size_t room = 0;
	int r = array_room(&d->model->name, &room, 0, sizeof(*d->model->name),
			   DECODE_NAMES_MAX);

	if (r == 0)
		r = array_room(&d->is_wildcard, &d->name_room, 0, sizeof(*d->is_wildcard),
			       DECODE_NAMES_MAX);
	if (r < 0)
		return r;
	memset(d->model->name, 0, NAME_FIRST * sizeof(*d->model->name));
	memset(d->is_wildcard, 0, NAME_FIRST * sizeof(*d->is_wildcard));
	d->model->name_count = NAME_FIRST;
	return 0;
}

int names_intern(struct decode *d, const char *name, size_t len, bool wildcard,
		 uint32_t *ret_index)
{
	struct model *m = d->model;
	char text[MODEL_NAME_MAX] = "";
	size_t room = d->name_room;
	int r;

	if (len + (wildcard ? 1 : 0) > sizeof(text))
		return -ENOENT;
	memcpy(text, name, len);
	if (wildcard)
		text[len] = '*';
	for (uint32_t i = NAME_FIRST; i < m->name_count; i++) {
		if (memcmp(m->name[i], text, sizeof(text)) == 0 &&
		    d->is_wildcard[i] == wildcard) {
			*ret_index = i;
			return 0;
		}
	}
	r = array_room(&m->name, &room, m->name_count, sizeof(*m->name),
		       DECODE_NAMES_MAX);
	if (r == 0)
		r = array_room(&d->is_wildcard, &d->name_room, m->name_count,
			       sizeof(*d->is_wildcard), DECODE_NAMES_MAX);
	if (r < 0)
		return r;
	memcpy(m->name[m->name_count], text, sizeof(text));
	d->is_wildcard[m->name_count] = wildcard;
	*ret_index = (uint32_t)m->name_count++;
	return 0;
}

static void bytes_of(u128 v, uint8_t dst[MODEL_NAME_MAX])
{
	for (size_t i = 0; i < MODEL_NAME_MAX; i++)
		dst[i] = (uint8_t)(v >> (8 * (MODEL_NAME_MAX - 1 - i)));
}

int names_of_bytes(struct decode *d, u128 low, u128 high, uint32_t *ret_index)
{
	uint8_t a[MODEL_NAME_MAX], b[MODEL_NAME_MAX];
	size_t len;

	bytes_of(low, a);
	bytes_of(high, b);
	len = strnlen((const char *)a, sizeof(a));
	for (size_t i = len; i < sizeof(a); i++) {
		if (a[i] != 0 || (b[i] != 0 && b[i] != 0xff) || b[i] != b[len])
			return -ENOENT;
	}
	if (memcmp(a, b, len) != 0 || len == sizeof(a))
		return -ENOENT;
	if (len == 0) { /* the kernel compares with "" where there is no interface */
		*ret_index = NAME_NONE;
		return b[0] == 0 ? 0 : -ENOENT;
	}
	return names_intern(d, (const char *)a, len, b[len] == 0xff, ret_index);
}

int names_of_number(struct decode *d, uint32_t number, uint32_t *ret_index)
{
	if (number == 0) {
		*ret_index = NAME_NONE;
		return 0;
	}
	for (size_t i = 0; i < d->interface_count; i++) {
		const char *name = d->interface[i].name;

		if (d->interface[i].index == number)
			return names_intern(d, name, strnlen(name, MODEL_NAME_MAX), false,
					    ret_index);
	}
	return -ENOENT;
}

struct sorted {
	char name[MODEL_NAME_MAX];
	bool wildcard;
	uint32_t old;
};

static int compare(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	return memcmp(x->name, y->name, sizeof(x->name));
}

/* What the old index is now: itself, or from and to for a wildcard. */
static void locate(const struct model *m, const struct sorted *names, struct range *place)
{
	for (uint32_t i = NAME_FIRST; i < m->name_count; i++) {
		const struct sorted *s = &names[i];
		uint32_t from = i, to = i;
		size_t len = strnlen(s->name, sizeof(s->name)) - 1;

		while (s->wildcard && from > NAME_FIRST &&
		       memcmp(names[from - 1].name, s->name, len) == 0)
			from--;
		while (s->wildcard && to + 1 < m->name_count &&
		       memcmp(names[to + 1].name, s->name, len) == 0)
			to++;
		place[s->old] = (struct range){ .min = num_of(from), .max = num_of(to) };
	}
}

static int settle_match(const struct decode *d, const struct range *place, struct step *s)
{
	struct ranges r;

	r.at[0] = place[s->range[0].min.lo];
	r.count = 1;
	if (!s->negated) {
		s->range[0] = r.at[0];
		return 0;
	}
	s->negated = false;
	ranges_complement(&r, d->model->name_count - 1);
	free(s->range);
	s->range_count = r.count;
	s->range = calloc(r.count + 1, sizeof(*s->range));
	if (s->range == NULL) {
		s->range_count = 0;
		return -ENOMEM;
	}
	memcpy(s->range, r.at, r.count * sizeof(*s->range));
	return 0;
}

static int settle_chain(const struct decode *d, const struct range *place,
			struct chain *c)
{
	int r = 0;

	for (size_t i = 0; i < c->rule_count; i++) {
		for (size_t k = 0; r == 0 && k < c->rule[i].step_count; k++) {
			struct step *s = &c->rule[i].step[k];

			if (s->kind == STEP_MATCH && s->range_count > 0 &&
			    (s->field[0] == FIELD_IIF || s->field[0] == FIELD_OIF))
				r = settle_match(d, place, s);
		}
	}
	return r;
}

static void settle_set(const struct decode *d, const struct range *place, size_t index)
{
	struct set *s = &d->model->set[index];

	for (size_t i = 0; i < s->element_count; i++) {
		for (size_t k = 0; k < s->field_count; k++) {
			struct range *key = &s->element[i].key[k];

			if ((d->set_names[index] & 1u << k) != 0)
				*key = place[key->min.lo];
		}
	}
}

int names_settle(struct decode *d)
{
	struct model *m = d->model;
	struct sorted *names = calloc(m->name_count, sizeof(*names));
	struct range *place = calloc(m->name_count, sizeof(*place));
	int r = names == NULL || place == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; r == 0 && i < m->name_count; i++) {
		memcpy(names[i].name, m->name[i], sizeof(names[i].name));
		names[i].wildcard = d->is_wildcard[i];
		names[i].old = i;
		place[i] = (struct range){ .min = num_of(i), .max = num_of(i) };
	}
	if (r == 0) {
		qsort(&names[NAME_FIRST], m->name_count - NAME_FIRST, sizeof(*names),
		      compare);
		locate(m, names, place);
		for (size_t i = NAME_FIRST; i < m->name_count; i++)
			memcpy(m->name[i], names[i].name, sizeof(m->name[i]));
	}
	for (size_t i = 0; r == 0 && i < m->chain_count; i++)
		r = settle_chain(d, place, &m->chain[i]);
	for (size_t i = 0; r == 0 && i < m->set_count; i++)
		settle_set(d, place, i);
	free(names);
	free(place);
	return r;
}
