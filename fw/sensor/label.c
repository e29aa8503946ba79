/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/label.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define POINTER      0xc0
#define POINTER_MASK 0x3fff

/* Go on reading at the pointer's target, which lies before limit. */
static int follow(struct rd *at, struct rd message, uint8_t high, size_t *limit)
{
	size_t target = ((size_t)high << 8 | rd_u8(at)) & POINTER_MASK;

	if (rd_failed(at) || target >= *limit || target >= message.left)
		return -EBADMSG;
	*limit = target;
	(void)rd_take(&message, target);
	*at = message;
	return 0;
}

/* One label behind its length. */
static int read_label(struct rd *at, uint8_t len, bool first, char dst[LABEL_MAX])
{
	char text[LABEL_MAX] = "";

	rd_bytes(at, text, len);
	if (rd_failed(at))
		return -EBADMSG;
	if (first)
		memcpy(dst, text, sizeof(text));
	return 0;
}

int label_read_name(struct rd *r, struct rd message, char ret_first[LABEL_MAX])
{
	size_t limit = message.left != 0 ? (size_t)(r->pos - message.pos) : 0;
	size_t total = 0, jumps = 0;
	char first[LABEL_MAX] = "";
	struct rd at = *r;
	bool jumped = false;

	while (total < LABEL_NAME_MAX) {
		uint8_t len = rd_u8(&at);

		if (rd_failed(&at))
			return -EBADMSG;
		if (len == 0) {
			if (!jumped)
				*r = at;
			memcpy(ret_first, first, sizeof(first));
			return 0;
		}
		if ((len & POINTER) == POINTER) {
			struct rd behind = at;

			if (++jumps > LABEL_JUMPS ||
			    follow(&at, message, len, &limit) < 0)
				return -EBADMSG;
			(void)rd_u8(&behind);
			*r = jumped ? *r : behind;
			jumped = true;
			continue;
		}
		if ((len & POINTER) != 0 || read_label(&at, len, total == 0, first) < 0)
			return -EBADMSG;
		total += (size_t)len + 1;
	}
	return -EBADMSG;
}
