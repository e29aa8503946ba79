/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/mdns.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define FLAG_RESPONSE 0x8000
#define OPCODE        0x7800
#define TYPE_A        1
#define TYPE_AAAA     28

static int skip_questions(struct rd *r, struct rd message, size_t count)
{
	char first[LABEL_MAX];

	if (count > MDNS_RECORDS_MAX)
		return -EBADMSG;
	for (size_t i = 0; i < count; i++) {
		if (label_read_name(r, message, first) < 0)
			return -EBADMSG;
		(void)rd_be32(r); /* type and class */
	}
	return rd_failed(r) ? -EBADMSG : 0;
}

static bool is_of(struct rd value, uint16_t type, struct addr source)
{
	struct addr a = { .family = type == TYPE_A ? 4 : 6 };
	size_t len = type == TYPE_A ? 4 : 16;

	if ((type != TYPE_A && type != TYPE_AAAA) || value.left != len)
		return false;
	rd_bytes(&value, a.bytes, len);
	return addr_equal(a, source);
}

int mdns_parse(struct rd r, struct addr source, char ret_name[LABEL_MAX])
{
	struct rd message = r;
	uint16_t flags, questions;
	size_t records;

	(void)rd_be16(&r); /* id */
	flags = rd_be16(&r);
	questions = rd_be16(&r);
	records = rd_be16(&r);
	(void)rd_be16(&r); /* authority: none in answers that name a host */
	records += rd_be16(&r);
	if (rd_failed(&r))
		return -EBADMSG;
	if ((flags & FLAG_RESPONSE) == 0 || (flags & OPCODE) != 0)
		return -ENOMSG;
	if (skip_questions(&r, message, questions) < 0)
		return -EBADMSG;
	for (size_t i = 0; i < records && i < MDNS_RECORDS_MAX; i++) {
		char name[LABEL_MAX];
		struct rd value;
		uint16_t type;

		if (label_read_name(&r, message, name) < 0)
			return r.left == 0 ? -ENOMSG : -EBADMSG;
		type = rd_be16(&r);
		(void)rd_take(&r, 2 + 4); /* class, time to live */
		value = rd_sub(&r, rd_be16(&r));
		if (rd_failed(&r))
			return -ENOMSG; /* cut by the capture */
		if (is_of(value, type, source) && name[0] != '\0') {
			memcpy(ret_name, name, sizeof(name));
			return 0;
		}
	}
	return -ENOMSG;
}
