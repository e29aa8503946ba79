/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/permitted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *pa, const void *pb)
{
	const struct revision_permit *const *a = pa, *const *b = pb;

	return memcmp((*a)->mac.b, (*b)->mac.b, sizeof((*a)->mac.b));
}

void permitted_free(struct permitted *p)
{
	free(p->item);
	*p = (struct permitted){ 0 };
}

int permitted_load(struct permitted *p, const struct revision *rev)
{
	permitted_free(p);
	if (rev == NULL || rev->permit_count == 0)
		return 0;
	p->item = calloc(rev->permit_count, sizeof(const struct revision_permit *));
	if (p->item == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rev->permit_count; i++)
		p->item[p->count++] = &rev->permit[i];
	qsort(p->item, p->count, sizeof(p->item[0]), compare);
	return 0;
}

/* The first permit of the card, or where it would stand. */
static size_t first_of(const struct permitted *p, struct mac mac)
{
	size_t low = 0, high = p->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(p->item[mid]->mac.b, mac.b, sizeof(mac.b)) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* interface: NULL for any. */
static const struct revision_permit *find(const struct permitted *p, struct mac mac,
					  const char *interface, int64_t now)
{
	for (size_t i = first_of(p, mac); i < p->count && mac_equal(p->item[i]->mac, mac);
	     i++) {
		const struct revision_permit *permit = p->item[i];

		if ((permit->until == 0 || permit->until > now) &&
		    (interface == NULL || strcmp(permit->interface, interface) == 0))
			return permit;
	}
	return NULL;
}

const struct revision_permit *permitted_at(const struct permitted *p, struct mac mac,
					   const char *interface, int64_t now)
{
	return find(p, mac, interface, now);
}

const struct revision_permit *permitted_any(const struct permitted *p, struct mac mac,
					    int64_t now)
{
	return find(p, mac, NULL, now);
}
