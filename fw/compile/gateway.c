/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What accounts of this machine may say besides the proxy. A connection is opened by
 * the account; from then on it is known by its mark, because some packets of an open
 * connection (the last ones of TCP) belong to no socket any more. The server stays in
 * every rule: what the policy withdraws ends with the load.
 */
#include <string.h>

#include "fw/compile/parts.h"

static void add_by_interface(struct builder *b, const struct policy_zone *z,
			     struct fw_rule r)
{
	for (size_t i = 0; i < z->interface_count; i++) {
		builder_name(r.oifname, sizeof(r.oifname), z->interface[i].name);
		builder_rule(b, FW_CHAIN_OUTPUT, r);
	}
}

void compile_to_server(struct builder *b, const struct policy *p, struct fw_rule r,
		       struct addr server)
{
	uint8_t len = server.family == 4 ? 32 : 128;
	size_t zone = policy_zone_by_addr(p, server);

	builder_daddr(&r, (struct prefix){ .addr = server, .len = len });
	if (zone != POLICY_NONE)
		add_by_interface(b, &p->zone[zone], r);
}

static void compile_target(struct builder *b, const struct policy *p,
			   const struct policy_target *t, uint32_t uid)
{
	struct fw_rule open = { .match = FW_MATCH_SKUID,
				.l4proto = t->proto,
				.dport_min = t->port,
				.dport_max = t->port,
				.ct_state = FW_CT_NEW,
				.skuid = uid,
				.set_mark = FW_SET_CT_CONST,
				.new_mark = FW_MARK_GATEWAY,
				.verdict = FW_VERDICT_ACCEPT };
	struct fw_rule live = { .match = FW_MATCH_CT_MARK,
				.l4proto = t->proto,
				.dport_min = t->port,
				.dport_max = t->port,
				.ct_state = FW_CT_ESTABLISHED,
				.ct_direction = FW_DIR_ORIGINAL,
				.ct_mark = FW_MARK_GATEWAY,
				.verdict = FW_VERDICT_ACCEPT };

	for (size_t i = 0; i < t->server_count; i++) {
		compile_to_server(b, p, open, t->server[i]);
		compile_to_server(b, p, live, t->server[i]);
	}
}

static const struct inventory_account *find_account(const struct inventory *inv,
						    const char *name)
{
	for (size_t i = 0; i < inv->account_count; i++) {
		if (strcmp(inv->account[i].name, name) == 0)
			return &inv->account[i];
	}
	return NULL;
}

static void compile_clock(struct builder *b, const struct policy *p,
			  const struct inventory *inv, struct diags *diags)
{
	const struct policy_target *t = &p->gateway.ntp;
	const struct inventory_account *account = find_account(inv, t->account);

	if (account != NULL)
		compile_target(b, p, t, account->uid);
	else
		diag_add(diags, t->at,
			 "account '%s', for which 'ntp' is meant, does not exist on this "
			 "machine",
			 t->account);
}

void compile_gateway(struct builder *b, const struct policy *p,
		     const struct inventory *inv, struct diags *diags)
{
	const struct policy_gateway *g = &p->gateway;

	builder_about(b, FW_COMMENT_SYSTEM, "ntp");
	if (g->ntp.present)
		compile_clock(b, p, inv, diags);
	builder_about(b, FW_COMMENT_SYSTEM, "syslog");
	if (g->syslog.present)
		compile_target(b, p, &g->syslog, inv->uid_management);
	builder_about(b, FW_COMMENT_SYSTEM, "mail");
	if (g->mail.present)
		compile_target(b, p, &g->mail, inv->uid_management);
}
