/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small revisions: reading them, and what they make of their base (see revision.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/revision_json.h"
#include "lib/revision_text.h"

static const struct place whole = { 0 };

static int compare_ids(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int read_removed(json_t *list, struct revision_small *s, struct diags *diags)
{
	size_t count = json_array_size(list);

	s->removed = calloc(count + 1, sizeof(*s->removed));
	if (s->removed == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *id = json_string_value(json_array_get(list, i));

		if (id == NULL || !id_is('p', id)) {
			diag_add(diags, whole,
				 "'permits_removed' must be ids of permits");
			return -EINVAL;
		}
		memcpy(s->removed[s->removed_count++], id, sizeof(*s->removed));
	}
	qsort(s->removed, count, sizeof(*s->removed), compare_ids);
	for (size_t i = 1; i < count; i++) {
		if (compare_ids(s->removed[i - 1], s->removed[i]) == 0) {
			diag_add(diags, whole, "permit %s is removed twice",
				 s->removed[i]);
			return -EINVAL;
		}
	}
	return 0;
}

static int read_added(json_t *list, const struct policy *policy, int64_t format,
		      struct revision_small *s, struct diags *diags)
{
	size_t count = json_array_size(list);

	s->added = calloc(count + 1, sizeof(*s->added));
	if (s->added == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int r = revision_read_permit(policy, json_array_get(list, i), format,
					     &s->added[s->added_count++], diags);

		if (r < 0)
			return r;
	}
	return revision_sort_permits(s->added, count, diags);
}

static int read_small(json_t *top, const struct policy *policy, struct revision_small *s,
		      struct diags *diags)
{
	static const char *const keys[] = { "format",
					    "number",
					    "created",
					    "base",
					    "permits_removed",
					    "permits_added",
					    "quarantine_added",
					    "quarantine_removed",
					    NULL };
	json_t *removed, *added, *isolated, *released;
	int64_t format = 0, number = 0, base = 0;
	char created[32];
	int r;

	if (!revision_only_keys(top, "a small revision", keys, diags) ||
	    !revision_get_format(top, 3, &format, diags) ||
	    !revision_get_int(top, "number", 2, INT64_MAX, false, &number, diags) ||
	    !revision_get_int(top, "base", 1, number - 1, false, &base, diags) ||
	    !revision_get_text(top, "created", created, sizeof(created), diags) ||
	    (removed = revision_get_list(top, "permits_removed", REVISION_SMALL_MAX,
					 diags)) == NULL ||
	    (added = revision_get_list(top, "permits_added", REVISION_SMALL_MAX,
				       diags)) == NULL ||
	    (isolated = revision_get_list(top, "quarantine_added", REVISION_SMALL_MAX,
					  diags)) == NULL ||
	    (released = revision_get_list(top, "quarantine_removed", REVISION_SMALL_MAX,
					  diags)) == NULL)
		return -EINVAL;
	s->number = (uint64_t)number;
	s->base = (uint64_t)base;
	if ((r = read_removed(removed, s, diags)) < 0 ||
	    (r = read_added(added, policy, format, s, diags)) < 0 ||
	    (r = revision_read_macs(isolated, &s->isolated, &s->isolated_count, diags)) <
		    0)
		return r;
	return revision_read_macs(released, &s->released, &s->released_count, diags);
}

int revision_small_of_json(json_t *top, const struct policy *policy,
			   struct revision_small **ret_small, struct diags *diags)
{
	struct revision_small *s = calloc(1, sizeof(*s));
	int r = s != NULL ? read_small(top, policy, s, diags) : -ENOMEM;

	if (r < 0) {
		revision_small_free(s);
		return r;
	}
	*ret_small = s;
	return 0;
}

uint64_t revision_base_of_json(json_t *top)
{
	json_int_t base = json_integer_value(json_object_get(top, "base"));

	return base > 0 ? (uint64_t)base : 0;
}

int revision_small_parse(const char *text, size_t len, const struct policy *policy,
			 struct revision_small **ret_small, struct diags *diags)
{
	struct revision_text t;
	int r = revision_text_read(text, len, &t, diags);

	if (r < 0)
		return r;
	r = revision_small_of_json(t.top, policy, ret_small, diags);
	revision_text_clear(&t);
	return r;
}

void revision_small_free(struct revision_small *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->added_count; i++)
		revision_clear_permit(&s->added[i]);
	free(s->added);
	free(s->removed);
	free(s->isolated);
	free(s->released);
	free(s);
}

static int misfit(struct diags *diags, const char *what, const char *which)
{
	diag_add(diags, whole, "this small revision does not fit its base: %s %s", what,
		 which);
	return -EINVAL;
}

static bool is_removed(const struct revision_small *s, const struct revision_permit *p)
{
	return s->removed_count != 0 && bsearch(p->id, s->removed, s->removed_count,
						sizeof(*s->removed), compare_ids) != NULL;
}

static int by_card(const void *a, const void *b)
{
	const struct revision_card *x = a, *y = b;
	int order = memcmp(x->mac.b, y->mac.b, sizeof(x->mac.b));

	return order != 0 ? order : strcmp(x->interface, y->interface);
}

/* The cards that are added, in order. */
static int collect_cards(const struct revision_small *s, struct revision_card **ret_cards,
			 size_t *ret_count)
{
	struct revision_card *cards =
		calloc(s->added_count * REVISION_CARDS_MAX + 1, sizeof(*cards));
	size_t count = 0;

	if (cards == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->added_count; i++) {
		memcpy(&cards[count], s->added[i].card,
		       s->added[i].card_count * sizeof(*cards));
		count += s->added[i].card_count;
	}
	qsort(cards, count, sizeof(*cards), by_card);
	*ret_cards = cards;
	*ret_count = count;
	return 0;
}

struct merge {
	const struct revision_small *small;
	struct revision *to;
	struct revision_card *added; /* owned */
	size_t added_count;
	size_t removed; /* so far */
	size_t next; /* of small->added */
	struct diags *diags;
};

/* Those of lower numbers come first. */
static void add_before(struct merge *m, uint32_t number)
{
	const struct revision_small *s = m->small;

	while (m->next < s->added_count && s->added[m->next].number < number)
		m->to->permit[m->to->permit_count++] =
			revision_share_permit(&s->added[m->next++]);
}

static int keep(struct merge *m, const struct revision_permit *p)
{
	const struct revision_small *s = m->small;

	if (is_removed(s, p)) {
		m->removed++;
		return 0;
	}
	add_before(m, p->number);
	if (m->next < s->added_count && s->added[m->next].number == p->number)
		return misfit(m->diags, "there is already permit", p->id);
	for (size_t c = 0; c < p->card_count && m->added_count != 0; c++) {
		if (bsearch(&p->card[c], m->added, m->added_count, sizeof(*m->added),
			    by_card) != NULL)
			return misfit(m->diags, "the same card has permit", p->id);
	}
	m->to->permit[m->to->permit_count++] = revision_share_permit(p);
	return 0;
}

static int merge_permits(const struct revision *base, struct merge *m)
{
	const struct revision_small *s = m->small;
	size_t room = base->permit_count + s->added_count;
	int r = 0;

	m->to->permit = calloc(room + 1, sizeof(*m->to->permit));
	if (m->to->permit == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < base->permit_count && r == 0; i++)
		r = keep(m, &base->permit[i]);
	if (r < 0)
		return r;
	add_before(m, UINT32_MAX);
	if (m->removed != s->removed_count)
		return misfit(m->diags, "a permit that is removed", "is not there");
	if (m->to->permit_count > REVISION_PERMITS_MAX)
		return misfit(m->diags, "there are too many", "permits");
	return 0;
}

static bool has(const struct mac *list, size_t count, struct mac mac)
{
	return count != 0 &&
	       bsearch(&mac, list, count, sizeof(mac), revision_compare_macs) != NULL;
}

static int merge_quarantine(const struct revision *base, const struct revision_small *s,
			    struct revision *to, struct diags *diags)
{
	size_t at = 0;

	to->quarantine = calloc(base->quarantine_count + s->isolated_count + 1,
				sizeof(*to->quarantine));
	if (to->quarantine == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->released_count; i++) {
		if (!revision_is_quarantined(base, s->released[i]))
			return misfit(diags, "a card that is released",
				      "is not in quarantine");
	}
	for (size_t i = 0; i < s->isolated_count; i++) {
		if (revision_is_quarantined(base, s->isolated[i]))
			return misfit(diags, "a card", "is in quarantine already");
		to->quarantine[at++] = s->isolated[i];
	}
	for (size_t i = 0; i < base->quarantine_count; i++) {
		if (!has(s->released, s->released_count, base->quarantine[i]))
			to->quarantine[at++] = base->quarantine[i];
	}
	if (at > REVISION_QUARANTINE_MAX)
		return misfit(diags, "there are too many cards", "in quarantine");
	qsort(to->quarantine, at, sizeof(*to->quarantine), revision_compare_macs);
	to->quarantine_count = at;
	return 0;
}

static int apply(const struct revision *base, const struct revision_small *small,
		 struct revision *to, struct diags *diags)
{
	struct merge m = { .small = small, .to = to, .diags = diags };
	int r = collect_cards(small, &m.added, &m.added_count);

	if (r == 0)
		r = merge_permits(base, &m);
	free(m.added);
	if (r == 0)
		r = merge_quarantine(base, small, to, diags);
	if (r == 0)
		revision_note_quarantine(to);
	return r;
}

int revision_apply_small(const struct revision *base, const struct revision_small *small,
			 struct revision **ret_rev, struct diags *diags)
{
	struct revision *to;
	int r;

	if (small->base != base->number || base->shared == NULL)
		return misfit(diags, "it is for", "another one");
	if (base->behind == REVISION_CHAIN_MAX)
		return misfit(diags, "there are too many small ones", "already");
	to = malloc(sizeof(*to));
	if (to == NULL)
		return -ENOMEM;
	*to = *base;
	to->shared = revision_shared_ref(base->shared);
	to->number = small->number;
	to->behind = base->behind + 1;
	to->permit = NULL;
	to->permit_count = 0;
	to->quarantine = NULL;
	to->quarantine_count = 0;
	r = apply(base, small, to, diags);
	if (r < 0) {
		revision_free(to);
		return r;
	}
	*ret_rev = to;
	return 0;
}
