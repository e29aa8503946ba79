/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int change_new(struct change *c, const struct fw_change *m)
{
	*c = (struct change){ .base = m->base, .revision = m->revision };
	c->gone = calloc(m->gone + 1u, sizeof(*c->gone));
	c->come = calloc(m->come + 1u, sizeof(*c->come));
	c->isolated = calloc(m->isolated + 1u, sizeof(*c->isolated));
	c->released = calloc(m->released + 1u, sizeof(*c->released));
	return c->gone != NULL && c->come != NULL && c->isolated != NULL &&
			       c->released != NULL
		       ? 0
		       : -ENOMEM;
}

void change_clear(struct change *c)
{
	free(c->gone);
	free(c->come);
	free(c->isolated);
	free(c->released);
	*c = (struct change){ 0 };
}

static uint32_t number_of(const struct fw_permit *p)
{
	return p->mark & REVISION_MARK_NUMBER;
}

/* Where the elements of the permit at from end, of whichever class they are. */
static size_t end_of(const struct fw_permit *p, size_t count, size_t from)
{
	size_t i = from + 1;

	while (i < count && number_of(&p[i]) == number_of(&p[from]))
		i++;
	return i;
}

static int take(struct fw_permit *to, size_t *count, const struct fw_permit *from,
		size_t n)
{
	if (*count + n > FW_CHANGE_MAX)
		return -E2BIG;
	memcpy(to + *count, from, n * sizeof(*to));
	*count += n;
	return 0;
}

/* One permit in both, or in one of them, and on to the next. */
static int compare_permit(const struct ruleset *from, const struct ruleset *to, size_t *f,
			  size_t *t, struct change *c)
{
	const struct fw_permit *a = from->permit + *f, *b = to->permit + *t;
	bool old = *f < from->permit_count, new = *t < to->permit_count;
	size_t old_count = 0, new_count = 0;
	int r = 0;

	if (old && (!new || number_of(a) <= number_of(b)))
		old_count = end_of(from->permit, from->permit_count, *f) - *f;
	if (new && (!old || number_of(b) <= number_of(a)))
		new_count = end_of(to->permit, to->permit_count, *t) - *t;
	*f += old_count;
	*t += new_count;
	if (old_count == new_count && memcmp(a, b, old_count * sizeof(*a)) == 0)
		return 0;
	if (old_count != 0)
		r = take(c->gone, &c->gone_count, a, old_count);
	if (r == 0 && new_count != 0)
		r = take(c->come, &c->come_count, b, new_count);
	return r;
}

static int compare_cards(const struct ruleset *from, const struct ruleset *to,
			 struct change *c)
{
	size_t f = 0, t = 0;

	while (f < from->quarantine_count || t < to->quarantine_count) {
		int order = f == from->quarantine_count ? 1
			    : t == to->quarantine_count
				    ? -1
				    : memcmp(&from->quarantine[f], &to->quarantine[t],
					     sizeof(*to->quarantine));

		if (c->released_count == FW_CHANGE_MAX ||
		    c->isolated_count == FW_CHANGE_MAX)
			return -E2BIG;
		if (order < 0)
			c->released[c->released_count++] = from->quarantine[f];
		if (order > 0)
			c->isolated[c->isolated_count++] = to->quarantine[t];
		f += order <= 0;
		t += order >= 0;
	}
	return 0;
}

static uint32_t at_most(size_t n)
{
	return n < FW_CHANGE_MAX ? (uint32_t)n : FW_CHANGE_MAX;
}

int change_between(const struct ruleset *from, const struct ruleset *to, struct change *c)
{
	const struct fw_change room = { .base = from->revision,
					.revision = to->revision,
					.gone = at_most(from->permit_count),
					.come = at_most(to->permit_count),
					.isolated = at_most(to->quarantine_count),
					.released = at_most(from->quarantine_count) };
	size_t f = 0, t = 0;
	int r = change_new(c, &room);

	while (r == 0 && (f < from->permit_count || t < to->permit_count))
		r = compare_permit(from, to, &f, &t, c);
	if (r == 0)
		r = compare_cards(from, to, c);
	return r;
}

static bool is_same(const struct fw_permit *a, const struct fw_permit *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static int merge_permits(const struct ruleset *rs, const struct change *c,
			 struct ruleset *ret)
{
	size_t gone = 0, come = 0, count = 0;

	if (rs->permit_count + c->come_count > FW_PERMITS_MAX + c->gone_count)
		return -ESTALE;
	ret->permit =
		malloc((rs->permit_count + c->come_count + 1) * sizeof(*ret->permit));
	if (ret->permit == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rs->permit_count; i++) {
		const struct fw_permit *p = &rs->permit[i];

		while (come < c->come_count && number_of(&c->come[come]) < number_of(p))
			ret->permit[count++] = c->come[come++];
		if (gone < c->gone_count && is_same(&c->gone[gone], p))
			gone++;
		else
			ret->permit[count++] = *p;
	}
	while (come < c->come_count)
		ret->permit[count++] = c->come[come++];
	ret->permit_count = count;
	return gone == c->gone_count ? 0 : -ESTALE;
}

static int merge_cards(const struct ruleset *rs, const struct change *c,
		       struct ruleset *ret)
{
	size_t released = 0, isolated = 0, count = 0;

	ret->quarantine = malloc((rs->quarantine_count + c->isolated_count + 1) *
				 sizeof(*ret->quarantine));
	if (ret->quarantine == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rs->quarantine_count; i++) {
		const struct fw_card *q = &rs->quarantine[i];

		while (isolated < c->isolated_count &&
		       memcmp(&c->isolated[isolated], q, sizeof(*q)) < 0)
			ret->quarantine[count++] = c->isolated[isolated++];
		if (released < c->released_count &&
		    memcmp(&c->released[released], q, sizeof(*q)) == 0)
			released++;
		else
			ret->quarantine[count++] = *q;
	}
	while (isolated < c->isolated_count)
		ret->quarantine[count++] = c->isolated[isolated++];
	ret->quarantine_count = count;
	return released == c->released_count ? 0 : -ESTALE;
}

int change_apply(const struct ruleset *rs, const struct change *c, struct ruleset *ret)
{
	struct ruleset made = { 0 };
	int r = rs->revision != c->base ? -ESTALE : merge_permits(rs, c, &made);

	if (r == 0)
		r = merge_cards(rs, c, &made);
	if (r < 0) {
		free(made.permit);
		free(made.quarantine);
		return r;
	}
	*ret = made;
	return 0;
}

/* The same card at the same place with the same mark; its end may be another. */
static bool goes_on(const struct fw_permit *p, const struct fw_permit *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct fw_permit other = list[i];

		other.until = p->until;
		if (is_same(&other, p))
			return true;
	}
	return false;
}

static int compare_u32(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int change_lost_marks(const struct fw_permit *before, size_t before_count,
		      const struct fw_permit *after, size_t after_count,
		      uint32_t **ret_marks, size_t *ret_count)
{
	uint32_t *marks = calloc(before_count + 1, sizeof(*marks));
	size_t at = 0, count = 0;

	if (marks == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < before_count; i++) {
		const struct fw_permit *p = &before[i];
		size_t end;

		while (at < after_count && number_of(&after[at]) < number_of(p))
			at++;
		end = at < after_count ? end_of(after, after_count, at) : at;
		if (p->mark != 0 && !goes_on(p, after + at, end - at) &&
		    (count == 0 || marks[count - 1] != p->mark))
			marks[count++] = p->mark;
	}
	qsort(marks, count, sizeof(*marks), compare_u32);
	*ret_marks = marks;
	*ret_count = count;
	return 0;
}
