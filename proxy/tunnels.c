/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/tunnels.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "proxy/conn.h"
#include "proxy/judge.h"

struct listing {
	struct worker *w;
	uint64_t after;
	struct proto_tunnels_reply *reply; /* rows ascending */
};

static uint8_t state_of(const struct conn *c)
{
	switch ((enum conn_state)c->state) {
	case CONN_LOOKUP:
	case CONN_OPENING:
	case CONN_DIAL:
		return PROTO_TUNNEL_OPENING;
	case CONN_HELLO:
		return PROTO_TUNNEL_HELLO;
	case CONN_RELAY:
		return PROTO_TUNNEL_RELAY;
	case CONN_EXCHANGE:
		return PROTO_TUNNEL_EXCHANGE;
	case CONN_HEAD:
	case CONN_SIGN_IN:
	case CONN_SNI:
	case CONN_LOCAL:
	case CONN_PAGE:
	case CONN_DRAIN:
	case CONN_DEAD:
		break;
	}
	return 0; /* nothing is open behind it */
}

static void put_addr(struct addr a, uint8_t *ret_family, uint8_t dst[16])
{
	*ret_family = a.family;
	memcpy(dst, a.bytes, sizeof(a.bytes));
}

static void put_facts(const struct conn *c, struct proto_tunnel *t)
{
	struct declog_facts f;

	if (c->ticket != NULL)
		declog_facts_of(c->ticket, &f);
	else
		f = c->rq->facts;
	t->dst_port = f.dst_port;
	(void)str_copy(t->zone, sizeof(t->zone), f.zone);
	(void)str_copy(t->device, sizeof(t->device), f.device);
	(void)str_copy(t->user, sizeof(t->user), f.user);
	(void)str_copy(t->rule, sizeof(t->rule), f.rule);
	(void)str_copy(t->host, sizeof(t->host), f.host);
	(void)str_copy(t->method, sizeof(t->method), f.method);
}

static void put(const struct conn *c, struct proto_tunnel *t)
{
	int64_t now = loop_now_ms(c->w->loop);
	bool moves = c->state == CONN_RELAY || c->state == CONN_EXCHANGE;
	int64_t began = c->ticket != NULL ? c->opened_ms : now;
	int64_t quiet = moves ? now - c->active_ms : now - began;

	*t = (struct proto_tunnel){
		.conn = c->id,
		.bytes_up = c->up.bytes,
		.bytes_down = c->down.bytes,
		.opened_us = loop_wall_us(c->w->loop) - (now - began) * 1000,
		.idle_ms = quiet < UINT32_MAX ? (uint32_t)quiet : UINT32_MAX,
		.src_port = c->src_port,
		.state = state_of(c),
		.transparent = c->meant_port != 0 ? 1 : 0,
	};
	put_addr(c->src, &t->src_family, t->src);
	put_addr(c->dst, &t->dst_family, t->dst);
	put_facts(c, t);
}

/* The lowest numbers stay; there may be rows of another worker already. */
static void offer(struct proto_tunnels_reply *reply, const struct conn *c)
{
	uint32_t at = reply->count;

	while (at != 0 && reply->row[at - 1].conn > c->id)
		at--;
	if (reply->count == PROTO_TUNNELS_MAX) {
		reply->more = 1;
		if (at == PROTO_TUNNELS_MAX)
			return;
	} else {
		reply->count++;
	}
	memmove(&reply->row[at + 1], &reply->row[at],
		(reply->count - at - 1) * sizeof(reply->row[0]));
	put(c, &reply->row[at]);
}

static void list_here(void *user)
{
	const struct listing *l = user;

	for (const struct conn *c = l->w->live; c != NULL; c = c->next) {
		if (c->id > l->after && state_of(c) != 0)
			offer(l->reply, c);
	}
}

void tunnels_list(struct engine *e, uint64_t after, struct proto_tunnels_reply *ret)
{
	struct listing l = { .after = after, .reply = ret };

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < e->thread_count; i++) {
		l.w = engine_worker(e, i);
		/* one that does not run any more has nothing open */
		if (loop_call(l.w->loop, list_here, &l) < 0)
			continue;
	}
}

struct cutting {
	struct worker *w;
	uint64_t id;
	const char *who;
	bool found;
};

static void cut_here(void *user)
{
	struct cutting *k = user;

	for (struct conn *c = k->w->live; c != NULL; c = c->next) {
		if (c->id != k->id || state_of(c) == 0)
			continue;
		judge_cut(c, k->who);
		k->found = true;
		return;
	}
}

int tunnels_cut(struct engine *e, uint64_t id, const char *who)
{
	struct cutting k = { .id = id, .who = who };

	for (size_t i = 0; i < e->thread_count && !k.found; i++) {
		k.w = engine_worker(e, i);
		if (loop_call(k.w->loop, cut_here, &k) < 0)
			continue;
	}
	return k.found ? 0 : -ENOENT;
}
