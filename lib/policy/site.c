/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "lib/policy/sections.h"
#include "lib/policy/text.h"

static int read_name(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	(void)reader_text(r, n, "name", r->p->site, sizeof(r->p->site));
	return 0;
}

/* It becomes part of a path below the system's zone files: no way out of there. */
static bool is_timezone(const char *s)
{
	static const char accepted[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_+-/";

	return s[0] != '/' && strspn(s, accepted) == strlen(s);
}

static int read_timezone(struct reader *r, const struct yaml_node *n, void *object)
{
	(void)object;
	if (!reader_text(r, n, "timezone", r->p->timezone, sizeof(r->p->timezone)))
		return 0;
	if (!is_timezone(n->text))
		diag_add(r->diags, n->at, "'%s' is not a time zone such as Asia/Tokyo",
			 text_shown(n->text).s);
	return 0;
}

int site_read(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "name", true, read_name },
		{ "timezone", false, read_timezone },
	};

	return reader_mapping(r, n, "site", keys, ARRAY_LEN(keys), object);
}
