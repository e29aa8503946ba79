/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What proxyd alone is asked, and told to do (see parts.h). */
#include <errno.h>

#include "lib/ipc.h"
#include "lib/str.h"
#include "mgmt/mgmtd/parts.h"

#define DECIDE_MS   1000
#define SIGN_OUT_MS 1000
#define TUNNELS_MS  5000
#define CUT_MS      2000

int parts_decide(struct parts *p, const struct proto_decide *question,
		 struct proto_decide_reply *ret)
{
	struct proto_decide_reply reply;
	int r = ipc_call(p->path[PART_PROXYD], DECIDE_MS, PROTO_DECIDE, question,
			 sizeof(*question), PROTO_DECIDE_REPLY, &reply, sizeof(reply));

	if (r < 0)
		return -EHOSTDOWN;
	if (!proto_str_ok(reply.rule, sizeof(reply.rule)) ||
	    !proto_str_ok(reply.list, sizeof(reply.list)) ||
	    !proto_str_ok(reply.zone, sizeof(reply.zone)) ||
	    !proto_str_ok(reply.text, sizeof(reply.text)))
		return -EBADMSG;
	*ret = reply;
	return reply.code < 0 ? reply.code : 0;
}

int parts_sign_out(struct parts *p, const char *login)
{
	struct proto_sign_out m = { 0 };
	struct proto_result result;

	(void)str_copy(m.login, sizeof(m.login), login);
	return ipc_call(p->path[PART_PROXYD], SIGN_OUT_MS, PROTO_SIGN_OUT, &m, sizeof(m),
			PROTO_RESULT, &result, sizeof(result));
}

static bool tunnel_ok(const struct proto_tunnel *t, uint64_t after)
{
	return t->conn > after && proto_str_ok(t->zone, sizeof(t->zone)) &&
	       proto_str_ok(t->device, sizeof(t->device)) &&
	       proto_str_ok(t->user, sizeof(t->user)) &&
	       proto_str_ok(t->rule, sizeof(t->rule)) &&
	       proto_str_ok(t->host, sizeof(t->host)) &&
	       proto_str_ok(t->method, sizeof(t->method));
}

/* Rows that do not go forward would keep who asks for the next page for ever. */
int parts_tunnels(struct parts *p, uint64_t after, struct proto_tunnels_reply *ret)
{
	struct proto_tunnels m = { .after = after };
	struct proto_tunnels_reply reply;
	int r = ipc_call(p->path[PART_PROXYD], TUNNELS_MS, PROTO_TUNNELS, &m, sizeof(m),
			 PROTO_TUNNELS_REPLY, &reply, sizeof(reply));

	if (r < 0)
		return -EHOSTDOWN;
	if (reply.count > PROTO_TUNNELS_MAX || (reply.more != 0 && reply.count == 0))
		return -EBADMSG;
	for (uint32_t i = 0; i < reply.count; i++) {
		if (!tunnel_ok(&reply.row[i], after))
			return -EBADMSG;
		after = reply.row[i].conn;
	}
	*ret = reply;
	return 0;
}

int parts_cut(struct parts *p, uint64_t conn, const char *who)
{
	struct proto_cut m = { .conn = conn };
	struct proto_result result;
	int r = str_copy(m.who, sizeof(m.who), who);

	if (r < 0)
		return r;
	r = ipc_call(p->path[PART_PROXYD], CUT_MS, PROTO_CUT, &m, sizeof(m), PROTO_RESULT,
		     &result, sizeof(result));
	if (r < 0)
		return -EHOSTDOWN;
	return result.code == 0 || result.code == -ENOENT ? result.code : -EBADMSG;
}
