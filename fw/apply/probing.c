/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/probing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/apply/catch.h"
#include "fw/probe/frame.h"
#include "lib/ipc.h"

#define STEP_NS 10000000 /* 10 ms */
#define STEPS   50 /* until what has not arrived will not */

static int inject(int channel, const struct probe *p, uint32_t word, int32_t *ret_code)
{
	struct probe_order order = { .probe = *p, .word = word };
	struct probe_done done;
	uint16_t type = 0;
	size_t len = 0;
	int r = ipc_send(channel, PROBE_ORDER, &order, sizeof(order));

	if (r == 0)
		r = ipc_recv(channel, &type, &done, sizeof(done), &len);
	if (r < 0)
		return r;
	if (type != PROBE_DONE || len != sizeof(done))
		return -EBADMSG;
	*ret_code = done.code;
	return 0;
}

static int inject_all(int channel, const struct probe *list, const struct probe_run *o,
		      struct probe_answer *a)
{
	for (uint32_t i = 0; i < o->count; i++) {
		int32_t code = 0;
		int r = inject(channel, &list[i], o->word + i, &code);

		if (r < 0)
			return r;
		if (code < 0)
			a->refused = code;
		else
			a->mark[i] = PROBE_SENT;
	}
	return 0;
}

static bool all_arrived(const struct probe_answer *a)
{
	for (uint32_t i = 0; i < a->count; i++) {
		if (a->mark[i] == PROBE_SENT)
			return false;
	}
	return true;
}

/* On the next processor a probe may be between two hooks: one look more. */
static int collect(struct nfnl *n, bool bridge, const struct probe_run *o,
		   struct probe_answer *a)
{
	const struct timespec step = { .tv_nsec = STEP_NS };
	bool done = false;
	int r = 0;

	for (unsigned i = 0; r == 0 && i < STEPS && !done; i++) {
		done = all_arrived(a);
		(void)nanosleep(&step, NULL);
		r = catch_read(n, bridge, o->count, o->word, a->mark);
	}
	return r;
}

static int run(struct probing *p, struct nfnl *n, const struct probe_run *order,
	       struct probe_answer *ret_answer)
{
	struct probe_answer a = { .count = order->count };
	int r = catch_open(n, p->bridge, order->count, order->word), closed;

	if (r < 0)
		return r;
	r = inject_all(p->channel, p->list, order, &a);
	if (r < 0) {
		p->channel = -1; /* what it answers late would be taken for another's */
		/* it died with our question unread: -ECONNRESET is about the compile role */
		r = r == -ECONNRESET ? -EPIPE : r;
	} else
		r = collect(n, p->bridge, order, &a);
	closed = catch_close(n, p->bridge);
	if (r == 0)
		r = closed;
	if (r == 0)
		*ret_answer = a;
	return r;
}

void probing_take(struct probing *p, const void *payload)
{
	struct probe one;

	memcpy(&one, payload, sizeof(one));
	if (p->list == NULL)
		p->list = calloc(PROBE_MAX, sizeof(*p->list));
	if (p->list == NULL)
		p->refused = -ENOMEM;
	else if (p->count == PROBE_MAX || !frame_is_allowed(&one))
		p->refused = -EPERM;
	else
		p->list[p->count++] = one;
}

int probing_run(struct probing *p, struct nfnl *n, const struct probe_run *order,
		struct probe_answer *ret_answer)
{
	int r = p->refused;

	if (r == 0 && (order->count == 0 || order->count != p->count ||
		       (order->word & PROBE_WORD_INDEX) != 0))
		r = -EPERM;
	if (r == 0)
		r = p->channel < 0 ? -ENOTCONN : run(p, n, order, ret_answer);
	probing_clear(p);
	return r;
}

void probing_clear(struct probing *p)
{
	free(p->list);
	p->list = NULL;
	p->count = 0;
	p->refused = 0;
}
