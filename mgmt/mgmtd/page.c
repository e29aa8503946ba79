/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/page.h"

#include <errno.h>

#include "lib/str.h"

bool page_begin(struct call *c, uint64_t fallback, uint64_t max, struct page *ret)
{
	const char *limit = call_query(c, "limit");
	uint64_t n = fallback;

	if (limit != NULL && str_to_uint(limit, 1, max, &n) < 0) {
		call_fail(c, MSG_BAD_QUERY, "limit");
		return false;
	}
	*ret = (struct page){
		.c = c, .list = json_array(), .limit = (int64_t)n, .ask = (int64_t)n + 1
	};
	return true;
}

bool page_has_room(struct page *p)
{
	if ((int64_t)json_array_size(p->list) < p->limit)
		return true;
	p->more = true;
	return false;
}

int page_add(struct page *p, json_t *row)
{
	return json_array_append_new(p->list, row) == 0 ? 0 : -ENOMEM;
}

void page_answer(struct page *p, int r, const char *name, json_t *further)
{
	json_t *obj;

	if (r < 0) {
		json_decref(p->list);
		json_decref(further);
		call_fail_internal(p->c, r);
		return;
	}
	obj = json_pack("{s:o, s:b}", name, p->list, "more", (int)p->more);
	if (obj != NULL && further != NULL && json_object_update(obj, further) < 0) {
		json_decref(obj);
		obj = NULL;
	}
	json_decref(further);
	call_json(p->c, 200, obj);
}
