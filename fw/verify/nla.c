/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/verify/nla.h"

#include <errno.h>

#define HEAD_LEN  4u /* length and type */
#define ALIGN     4u
#define TYPE_MASK 0x3fffu /* without the two flags, nested and network order */

int nla_next(struct rd *list, uint16_t *ret_type, struct rd *ret_data)
{
	uint16_t head[2];
	size_t pad;

	if (list->left == 0)
		return 0;
	rd_bytes(list, head, sizeof(head));
	if (rd_failed(list) || head[0] < HEAD_LEN)
		return -EBADMSG;
	*ret_data = rd_sub(list, (size_t)head[0] - HEAD_LEN);
	if (rd_failed(list))
		return -EBADMSG;
	*ret_type = (uint16_t)(head[1] & TYPE_MASK);
	pad = (ALIGN - head[0] % ALIGN) % ALIGN;
	(void)rd_take(list, pad < list->left ? pad : list->left);
	return 1;
}

int nla_sort(struct rd nest, struct nla *table, size_t count, bool *ret_extra)
{
	bool extra = false;
	struct rd data;
	uint16_t type;
	int r;

	memset(table, 0, count * sizeof(*table));
	while ((r = nla_next(&nest, &type, &data)) > 0) {
		if (type < count)
			table[type] = (struct nla){ .there = true, .data = data };
		else
			extra = true;
	}
	if (ret_extra != NULL)
		*ret_extra = extra;
	return r;
}

uint32_t nla_be32(const struct nla *a, uint32_t fallback)
{
	struct rd r = a->data;

	return a->there && r.left == sizeof(uint32_t) ? rd_be32(&r) : fallback;
}

uint64_t nla_be64(const struct nla *a, uint64_t fallback)
{
	struct rd r = a->data;

	return a->there && r.left == sizeof(uint64_t) ? rd_be64(&r) : fallback;
}

int nla_str(const struct nla *a, char *dst, size_t size)
{
	size_t len = a->data.left;

	if (!a->there || len == 0)
		return -EBADMSG;
	if (a->data.pos[len - 1] == '\0')
		len--;
	if (len == 0 || len >= size || memchr(a->data.pos, '\0', len) != NULL)
		return -EBADMSG;
	memcpy(dst, a->data.pos, len);
	dst[len] = '\0';
	return 0;
}
