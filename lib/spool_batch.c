/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records that wait to be written together (see spool.h). */
#include <errno.h>
#include <stdlib.h>

#include "lib/spool.h"
#include "lib/spool_format.h"

static int batch_make_room(struct spool_batch *b)
{
	size_t room = b->room != 0 ? b->room * 2 : 4 * SPOOL_ENTRY_MAX;
	size_t max = b->max != 0 ? b->max : SPOOL_BATCH_MAX;
	uint8_t *p;

	if (b->len > max - SPOOL_ENTRY_MAX)
		return -ENOSPC;
	if (b->room - b->len >= SPOOL_ENTRY_MAX)
		return 0;
	p = realloc(b->data, room);
	if (p == NULL)
		return -ENOMEM;
	b->data = p;
	b->room = room;
	return 0;
}

int spool_batch_add(struct spool_batch *b, const struct record *rec,
		    const uint8_t **ret_payload, size_t *ret_len)
{
	int r = batch_make_room(b);
	size_t len;

	if (r < 0)
		return r;
	len = spool_entry_encode(b->data + b->len, rec);
	if (ret_payload != NULL) {
		*ret_payload = b->data + b->len + SPOOL_ENTRY_HEAD;
		*ret_len = len - SPOOL_ENTRY_HEAD;
	}
	b->len += len;
	b->count++;
	return 0;
}

int spool_batch_add_encoded(struct spool_batch *b, const uint8_t *data, size_t len)
{
	int r = batch_make_room(b);

	if (r < 0)
		return r;
	b->len += spool_entry_wrap(b->data + b->len, data, len);
	b->count++;
	return 0;
}

void spool_batch_reset(struct spool_batch *b)
{
	b->len = 0;
	b->count = 0;
	if (b->room > 2 * SPOOL_BATCH_MAX) { /* so much is the exception */
		free(b->data);
		b->data = NULL;
		b->room = 0;
	}
}

void spool_batch_free(struct spool_batch *b)
{
	free(b->data);
	*b = (struct spool_batch){ 0 };
}
