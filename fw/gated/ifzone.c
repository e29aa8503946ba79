/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/ifzone.h"

#include <net/if.h>

static size_t ask(const struct policy *p, uint32_t index)
{
	char name[IF_NAMESIZE] = "";

	return if_indextoname(index, name) == NULL ? POLICY_NONE
						   : policy_zone_by_interface(p, name);
}

size_t ifzone_of(struct ifzone *z, const struct policy *p, uint32_t index)
{
	size_t zone;

	if (index == 0)
		return POLICY_NONE;
	for (size_t i = 0; i < z->count; i++) {
		if (z->known[i].index == index)
			return z->known[i].zone;
	}
	zone = ask(p, index);
	if (z->count < IFZONE_MAX) {
		z->known[z->count].index = index;
		z->known[z->count].zone = zone;
		z->count++;
	}
	return zone;
}

void ifzone_forget(struct ifzone *z)
{
	z->count = 0;
}
