/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ipc_queue - messages that a peer has not taken yet, first in, first out */
#ifndef LIB_IPC_QUEUE_H
#define LIB_IPC_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"

struct ipc_queue { /* zero: empty */
	uint8_t *data; /* owned: a length and that many bytes, again and again */
	size_t at; /* where the first one begins */
	size_t end;
	size_t room;
};

/*
 * Append a message of two parts. Returns 0, -ENOBUFS (more than max bytes would wait)
 * or -ENOMEM, with nothing changed.
 */
int ipc_queue_add(struct ipc_queue *q, const void *head, size_t head_len,
		  const void *payload, size_t len, size_t max) MUST_CHECK;

/* The first message, valid until the queue is touched. false: empty. */
bool ipc_queue_first(const struct ipc_queue *q, const void **ret_data, size_t *ret_len);

/* Take the first one away. The memory is given back with the last. */
void ipc_queue_pop(struct ipc_queue *q);
void ipc_queue_clear(struct ipc_queue *q);

static inline size_t ipc_queue_bytes(const struct ipc_queue *q)
{
	return q->end - q->at;
}

#endif
