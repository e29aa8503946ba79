/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/ipc_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 65536

/* Room for need bytes behind the last. */
static int make_room(struct ipc_queue *q, size_t need)
{
	size_t used = ipc_queue_bytes(q), room = q->room == 0 ? ROOM_FIRST : q->room;
	uint8_t *data;

	if (need <= q->room - q->end)
		return 0;
	while (room < used + need)
		room *= 2;
	if (room > q->room) {
		data = realloc(q->data, room);
		if (data == NULL)
			return -ENOMEM;
		q->data = data;
		q->room = room;
	}
	memmove(q->data, q->data + q->at, used);
	q->at = 0;
	q->end = used;
	return 0;
}

static void put(struct ipc_queue *q, const void *data, size_t len)
{
	if (len != 0)
		memcpy(q->data + q->end, data, len);
	q->end += len;
}

int ipc_queue_add(struct ipc_queue *q, const void *head, size_t head_len,
		  const void *payload, size_t len, size_t max)
{
	uint32_t total = (uint32_t)(head_len + len);
	int r;

	if (sizeof(total) + total > max - ipc_queue_bytes(q))
		return -ENOBUFS;
	r = make_room(q, sizeof(total) + total);
	if (r < 0)
		return r;
	put(q, &total, sizeof(total));
	put(q, head, head_len);
	put(q, payload, len);
	return 0;
}

bool ipc_queue_first(const struct ipc_queue *q, const void **ret_data, size_t *ret_len)
{
	uint32_t total;

	if (q->at == q->end)
		return false;
	memcpy(&total, q->data + q->at, sizeof(total));
	*ret_data = q->data + q->at + sizeof(total);
	*ret_len = total;
	return true;
}

void ipc_queue_pop(struct ipc_queue *q)
{
	const void *data;
	size_t len;

	if (ipc_queue_first(q, &data, &len))
		q->at += sizeof(uint32_t) + len;
	if (q->at == q->end)
		ipc_queue_clear(q);
}

void ipc_queue_clear(struct ipc_queue *q)
{
	free(q->data);
	*q = (struct ipc_queue){ 0 };
}
