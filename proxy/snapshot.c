/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/snapshot.h"

#include <errno.h>
#include <stdlib.h>

/* Without a proxy section nothing is dialled, so every zone counts as the site. */
static int collect_site(struct snapshot *s, const struct policy *p)
{
	size_t via = p->proxy.present ? p->proxy.via : POLICY_NONE, count = 0;

	for (size_t z = 0; z < p->zone_count; z++)
		count += p->zone[z].networks.count;
	s->site = calloc(count + 1, sizeof(*s->site));
	if (s->site == NULL)
		return -ENOMEM;
	for (size_t z = 0; z < p->zone_count; z++) {
		for (size_t i = 0; z != via && i < p->zone[z].networks.count; i++)
			s->site[s->site_count++] = p->zone[z].networks.item[i];
	}
	return 0;
}

int snapshot_new(struct revision *rev, struct allow_image *image,
		 struct snapshot **ret_snap)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	atomic_init(&s->refs, 1);
	if (collect_site(s, rev->policy) < 0) {
		snapshot_unref(s);
		return -ENOMEM;
	}
	s->rev = rev;
	s->image = image;
	*ret_snap = s;
	return 0;
}

int snapshot_new_small(struct revision *rev, struct snapshot *base,
		       struct snapshot **ret_snap)
{
	struct snapshot *whole = base->whole != NULL ? base->whole : base;
	int r = snapshot_new(rev, base->image, ret_snap);

	if (r == 0)
		(*ret_snap)->whole = snapshot_ref(whole);
	return r;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	/* who counts up holds a reference already: nothing to order */
	if (s != NULL)
		(void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void snapshot_unref(struct snapshot *s)
{
	/* the last one sees what all others did with it before it frees */
	if (s == NULL ||
	    atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	free(s->site);
	if (s->whole != NULL)
		snapshot_unref(s->whole);
	else
		allow_image_free(s->image);
	revision_free(s->rev);
	free(s);
}

const struct revision_permit *snapshot_permit(const struct snapshot *s, uint32_t number)
{
	return revision_find(s->rev, number);
}

size_t snapshot_zone(const struct snapshot *s, struct addr a)
{
	const struct policy *p = s->rev->policy;
	size_t best = POLICY_NONE;
	int best_len = -1;

	for (size_t z = 0; z < p->zone_count; z++) {
		for (size_t i = 0; i < p->zone[z].networks.count; i++) {
			struct prefix n = p->zone[z].networks.item[i];

			if (n.len > best_len && prefix_contains(n, a)) {
				best = z;
				best_len = n.len;
			}
		}
	}
	return best;
}
