/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/mgmtd/fake_tunnels.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/proto.h"
#include "lib/str.h"
#include "tests/unit/mgmtd/fake.h"

static void put(struct proto_tunnel *t, uint64_t conn)
{
	*t = (struct proto_tunnel){
		.conn = conn,
		.bytes_up = 1000 + conn,
		.bytes_down = 5,
		.opened_us = 1790000000000000,
		.idle_ms = 2500,
		.src_port = 40000,
		.dst_port = 443,
		.state = PROTO_TUNNEL_RELAY,
		.src_family = 4,
		.src = { 10, 30, 0, 10 },
	};
	(void)str_copy(t->zone, sizeof(t->zone), "office");
	(void)snprintf(t->host, sizeof(t->host), "site%u.example", (unsigned)conn);
	(void)str_copy(t->method, sizeof(t->method), "CONNECT");
}

int fake_tunnels_list(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct fake_shared *s = user;
	struct proto_tunnels_reply reply;
	struct proto_tunnels m;

	(void)len;
	memset(&reply, 0, sizeof(reply));
	memcpy(&m, payload, sizeof(m));
	if (s->tunnels_damage == FAKE_STANDS_STILL)
		m.after = 0;
	for (uint64_t i = m.after + 1; i <= FAKE_TUNNELS; i++) {
		if (reply.count == PROTO_TUNNELS_MAX) {
			reply.more = 1;
			break;
		}
		put(&reply.row[reply.count++], i);
	}
	if (s->tunnels_damage == FAKE_COUNTS_TOO_MANY)
		reply.count = PROTO_TUNNELS_MAX + 1;
	if (s->tunnels_damage == FAKE_OPEN_TEXT)
		memset(reply.row[1].host, 'x', sizeof(reply.row[1].host));
	if (s->tunnels_damage == FAKE_EMPTY_MORE)
		reply = (struct proto_tunnels_reply){ .more = 1 };
	return ipc_reply(peer, PROTO_TUNNELS_REPLY, &reply, sizeof(reply));
}

int fake_tunnels_cut(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct fake_shared *s = user;
	struct proto_result result = { 0 };
	struct proto_cut m;

	(void)len;
	memcpy(&m, payload, sizeof(m));
	if (m.conn > FAKE_TUNNELS) {
		result.code = -ENOENT;
	} else {
		s->cut = m.conn;
		memcpy(s->cut_by, m.who, sizeof(s->cut_by));
		result.cut = 1;
	}
	return ipc_reply(peer, PROTO_RESULT, &result, sizeof(result));
}
