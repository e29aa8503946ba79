/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/who.h"

const struct revision_permit *who_find(const struct revision *rev, uint32_t mark)
{
	const struct revision_permit *p =
		rev != NULL ? revision_find(rev, mark & REVISION_MARK_NUMBER) : NULL;

	return p != NULL && revision_permit_mark(p) == mark ? p : NULL;
}

void who_describe(const struct revision *rev, const struct revision_permit *p,
		  struct record *rec)
{
	rec->mac = p->mac;
	record_set_str(rec->device, sizeof(rec->device), p->device);
	record_set_str(rec->user, sizeof(rec->user), p->user);
	record_set_str(rec->zone, sizeof(rec->zone), rev->policy->zone[p->zone].name);
}
