/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/gate.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/gated/link.h"
#include "fw/gated/match.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/str.h"

#define AREA        "gated"
#define LIST_MAX    262144 /* connections looked at after a load */
#define DUE_AGAIN_S 10 /* after a load that failed; what ends has ended in the kernel */

void load_free(struct gate_loaded *l)
{
	who_free(l->who);
	ruleset_free(l->rules);
	revision_free(l->rev);
	*l = (struct gate_loaded){ 0 };
}

/* The machine's interfaces. The array is malloc()ed. */
static int list_interfaces(char (**ret_names)[FW_IFNAME_MAX], size_t *ret_count)
{
	struct if_nameindex *list = if_nameindex();
	char(*names)[FW_IFNAME_MAX];
	size_t count = 0;

	if (list == NULL)
		return -errno;
	while (list[count].if_index != 0)
		count++;
	names = calloc(count + 1, sizeof(*names));
	for (size_t i = 0; i < count && names != NULL; i++)
		(void)str_copy(names[i], sizeof(names[i]), list[i].if_name);
	if_freenameindex(list);
	if (names == NULL)
		return -ENOMEM;
	*ret_names = names;
	*ret_count = count;
	return 0;
}

/* The account that the policy names, if there is one of that name. Returns 0 or 1. */
static size_t find_account(const struct policy *p, struct inventory_account *ret)
{
	const char *name = p->gateway.ntp.account;
	const struct passwd *pw = name[0] != '\0' ? getpwnam(name) : NULL;

	if (pw == NULL)
		return 0;
	(void)str_copy(ret->name, sizeof(ret->name), name);
	ret->uid = pw->pw_uid;
	return 1;
}

static int compile(const struct gate *g, const struct revision *rev, struct ruleset **ret,
		   struct diags *diags)
{
	CLEANUP(free_p) char(*names)[FW_IFNAME_MAX] = NULL;
	struct inventory_account account;
	struct inventory inv = { .account = &account,
				 .account_count = find_account(rev->policy, &account),
				 .uid_proxy = g->svc->roles.proxyd,
				 .uid_management = g->svc->roles.mgmtd,
				 .now = (int64_t)time(NULL) };
	int r = list_interfaces(&names, &inv.interface_count);

	if (r < 0)
		return r;
	inv.interface = (const char(*)[FW_IFNAME_MAX])names;
	return ruleset_compile(rev, &inv, ret, diags);
}

struct cutting {
	const struct gate *g;
	struct fw_cut_flow *list; /* owned */
	size_t count;
};

/* A permit's mark, and the permit is over or gone. */
static bool is_dead(const struct gate *g, uint32_t mark)
{
	const struct revision_permit *p = who_find(g->now.who, mark);

	if (mark == FW_MARK_PROXY || mark == FW_MARK_ZONE || mark == FW_MARK_GATEWAY)
		return false;
	return p == NULL || (p->until != 0 && p->until <= (int64_t)time(NULL));
}

/* Of a flow before this load and of none now; the proxy's are its own affair. */
static bool is_withdrawn(const struct gate *g, const struct ctevent *e)
{
	return e->mark != FW_MARK_PROXY && e->mark != FW_MARK_GATEWAY &&
	       g->before.rev != NULL &&
	       match_flow(g->before.rev->policy, &e->orig) != NULL &&
	       match_flow_at(g->now.rev->policy, &e->orig, (int64_t)time(NULL)) == NULL;
}

/* Begun while its zone let every device in, and now the zone asks for permits. */
static bool is_unadmitted(const struct gate *g, const struct ctevent *e)
{
	const struct policy *p = g->now.rev->policy;
	size_t zone = match_zone(p, e->orig.src);

	return e->mark == FW_MARK_ZONE && zone != POLICY_NONE &&
	       p->zone[zone].admission == POLICY_ADMISSION_ENFORCE;
}

static void on_connection(const void *nlmsg, size_t len, void *user)
{
	struct cutting *c = user;
	struct ctevent e;

	if (ctevent_parse(nlmsg, len, &e) < 0 || c->count == LIST_MAX ||
	    (!is_dead(c->g, e.mark) && !is_unadmitted(c->g, &e) &&
	     !is_withdrawn(c->g, &e)))
		return;
	c->list[c->count++] = (struct fw_cut_flow){
		.src = e.orig.src,
		.dst = e.orig.dst,
		.src_port = e.orig.src_port,
		.dst_port = e.orig.dst_port,
		.icmp_id = e.orig.icmp_id,
		.proto = e.orig.proto,
		.icmp_type = e.orig.icmp_type,
		.icmp_code = e.orig.icmp_code,
		.id = e.id,
	};
}

/*
 * End the connections of flows that the new policy does not have, and those of
 * permits that ended while nobody was here. Returns how many.
 */
static uint32_t cut_flows(struct gate *g)
{
	struct cutting c = { .g = g };
	uint32_t cut = 0;
	int r = 0;

	c.list = calloc(LIST_MAX, sizeof(*c.list));
	if (c.list != NULL)
		r = link_list(g->channel, on_connection, &c);
	for (size_t i = 0; i < c.count && r == 0; i++) {
		uint32_t one = 0;

		r = link_cut_flow(g->channel, &c.list[i], &one);
		cut += one;
	}
	if (c.list == NULL || r < 0)
		log_warn(AREA, "cannot end all connections that were withdrawn");
	free(c.list);
	g->journal.peer_gone = g->journal.peer_gone || r == -ECONNRESET;
	return cut;
}

static void say(struct proto_result *res, int code, const char *text)
{
	res->code = code;
	(void)str_copy(res->text, sizeof(res->text), text);
}

/* The kernel's refusal in words, with the rule it is about. */
static void say_kernel(struct proto_result *res, const struct ruleset *rs,
		       const struct fw_result *answer)
{
	char *rule = NULL;
	size_t len = 0;
	FILE *out = answer->rule < rs->rule_count ? open_memstream(&rule, &len) : NULL;

	if (out != NULL) {
		(void)fprintf(out, "%s; rule %u of chain %s: ", answer->text,
			      answer->rule,
			      ruleset_chain_name(rs, rs->rule[answer->rule].chain));
		ruleset_print_rule(rs, &rs->rule[answer->rule], out);
		(void)fclose(out);
	}
	say(res, answer->code, rule != NULL ? rule : answer->text);
	free(rule);
}

static void write_loaded(struct gate *g, uint32_t cut)
{
	struct record rec = { .kind = RECORD_SERVICE, .count = cut };

	(void)snprintf(rec.detail, sizeof(rec.detail),
		       "gated: revision %" PRIu64 " in force, %u connections cut",
		       g->now.rev->number, cut);
	journal_write(&g->journal, &rec);
}

/* From here on nothing can fail: the kernel has it. */
static void put_in_force(struct gate *g, struct gate_loaded next,
			 struct proto_result *res, uint32_t cut)
{
	load_free(&g->before);
	g->before = g->now;
	g->now = next;
	g->due_again = 0;
	g->clock_us = wall_us() - mono_now().us;
	g->journal.revision = (uint32_t)next.rev->number;
	g->journal.enabled = true;
	cut += cut_flows(g);
	write_loaded(g, cut);
	journal_tick(&g->journal);
	log_info(AREA, "revision %" PRIu64 " in force: %zu rules, %zu permits, %u cut",
		 next.rev->number, next.rules->rule_count, next.rules->permit_count, cut);
	res->code = 0;
	res->cut = cut;
}

static void say_diags(struct proto_result *res, int code, const struct diags *diags)
{
	if (diags->count != 0)
		(void)diag_print(diags, "policy.yaml", res->text, sizeof(res->text));
	else
		(void)str_copy(res->text, sizeof(res->text), strerror(-code));
	res->code = code;
}

void load_revision(struct gate *g, uint64_t number, struct proto_result *res)
{
	struct gate_loaded next = { 0 };
	struct fw_result answer = { 0 };
	struct diags diags = { 0 };
	char dir[PATH_TEXT_MAX];
	int r = svc_path(g->svc, PATH_REVISIONS, dir);

	*res = (struct proto_result){ 0 };
	if (r == 0)
		r = revision_load(dir, number, &next.rev, &diags);
	if (r == 0)
		r = compile(g, next.rev, &next.rules, &diags);
	if (r == 0 && (next.who = who_new(next.rev)) == NULL)
		r = -ENOMEM;
	if (r < 0) {
		say_diags(res, r, &diags);
		load_free(&next);
		return;
	}
	r = link_commit(g->channel, next.rules, &answer);
	if (r == 0) {
		put_in_force(g, next, res, answer.cut);
		return;
	}
	g->journal.peer_gone = g->journal.peer_gone || r == -ECONNRESET;
	if (r == -ECONNRESET)
		say(res, r, "the privileged role of gated is gone");
	else
		say_kernel(res, next.rules, &answer);
	load_free(&next);
}

void load_due(struct gate *g, int64_t now)
{
	struct proto_result res;

	if (g->now.rules == NULL || now < g->now.rules->next_change || now < g->due_again)
		return;
	g->due_again = now + DUE_AGAIN_S; /* until a load has worked */
	load_revision(g, g->now.rev->number, &res);
	if (res.code < 0)
		log_warn(AREA, "flows whose time has come cannot be loaded: %s",
			 res.text);
}

void load_expire(struct gate *g, int64_t now)
{
	const struct ruleset *rs = g->now.rules;

	for (size_t i = 0; rs != NULL && i < rs->permit_count; i++) {
		const struct fw_permit *p = &rs->permit[i];
		struct record rec = { .kind = RECORD_SERVICE, .reason = REASON_EXPIRED };
		const struct revision_permit *permit;
		uint32_t cut = 0;

		if (p->until == 0 || p->until > now || p->until <= g->expired_to)
			continue;
		if (link_cut_mark(g->channel, p->mark, &cut) < 0)
			log_warn(AREA, "cannot remove the connections of a permit");
		permit = who_find(g->now.who, p->mark);
		if (permit != NULL) {
			who_describe(g->now.rev, permit, &rec);
			record_set_str(rec.rule, sizeof(rec.rule), permit->id);
		}
		rec.count = cut;
		(void)snprintf(rec.detail, sizeof(rec.detail),
			       "gated: permit ended, %u connections cut", cut);
		journal_write(&g->journal, &rec);
	}
	g->expired_to = now;
}
