/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/columns.h"

static const char *text_or_null(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

static const char *addr_or_null(struct addr a, char dst[ADDR_TEXT_MAX])
{
	addr_format(a, dst);
	return a.family != 0 ? dst : NULL;
}

void columns_of(const struct record *rec, struct columns *dst)
{
	mac_format(rec->mac, dst->mac);
	dst->text[COLUMN_ZONE] = text_or_null(rec->zone);
	dst->text[COLUMN_DEVICE] = text_or_null(rec->device);
	dst->text[COLUMN_MAC] = mac_is_zero(rec->mac) ? NULL : dst->mac;
	dst->text[COLUMN_SRC] = addr_or_null(rec->src, dst->src);
	dst->text[COLUMN_DST] = addr_or_null(rec->dst, dst->dst);
	dst->text[COLUMN_HOST] = text_or_null(rec->host);
	dst->text[COLUMN_USER] = text_or_null(rec->user);
	dst->text[COLUMN_RULE] = text_or_null(rec->rule);
	dst->text[COLUMN_DETAIL] = text_or_null(rec->detail);
}
