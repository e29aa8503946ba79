/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/gate.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/gated/link.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/str.h"

#define AREA "gated"

void load_free(struct gate_loaded *l)
{
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
	r = ruleset_compile(rev, &inv, ret, diags);
	if (r < 0 || !g->lockdown.on)
		return r;
	/* it could be put in force; that it is refused now, and not at the end, is the use */
	ruleset_free(*ret);
	*ret = NULL;
	return lockdown_compile(rev, &inv, ret, diags);
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

void load_record(struct gate *g, uint32_t cut, const char *fmt, ...)
{
	struct record rec = { .kind = RECORD_SERVICE, .count = cut };
	char text[sizeof(rec.detail)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	record_set_str(rec.detail, sizeof(rec.detail), text); /* names are foreign text */
	journal_write(&g->journal, &rec);
	log_info(AREA, "%s", rec.detail);
}

static uint64_t number_of(const struct gate_loaded *l)
{
	return l->rev != NULL ? l->rev->number : 0;
}

/* What is in force has changed, from prev. Returns the connections that it ended. */
static uint32_t changed(struct gate *g, const struct gate_loaded *prev)
{
	g->clock_us = wall_us() - mono_now().us;
	g->journal.revision = (uint32_t)number_of(&g->now);
	g->journal.enabled = g->now.rev != NULL;
	g->journal.open = g->journal.open && g->journal.enabled;
	return cut_flows(g, prev);
}

/* From here on nothing can fail: the kernel has it. */
static void put_in_force(struct gate *g, struct gate_loaded next, uint32_t confirm_s,
			 struct proto_result *res, uint32_t cut)
{
	bool goes_on = g->trial && confirm_s != 0;
	struct gate_loaded prev = g->now;

	g->now = next;
	g->due_again = 0;
	g->commits++;
	cut += changed(g, &prev);
	/* what comes back is what was there before the first trial */
	load_free(goes_on ? &prev : &g->before);
	if (!goes_on)
		g->before = prev;
	g->trial = confirm_s != 0;
	if (g->trial)
		g->trial_end = mono_after_ms(mono_now(), (int64_t)confirm_s * 1000);
	load_record(g, cut,
		    "gated: revision %" PRIu64 " in force%s%s, %u connections cut",
		    next.rev->number, g->trial ? " on trial" : "",
		    g->lockdown.on ? ", locked" : "", cut);
	journal_tick(&g->journal);
	log_info(AREA, "revision %" PRIu64 ": %zu rules, %zu permits", next.rev->number,
		 next.rules->rule_count, next.rules->permit_count);
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

/* Put it into the kernel. On failure res says why. */
static int commit(struct gate *g, const struct ruleset *rules, uint32_t confirm_s,
		  struct proto_result *res)
{
	struct fw_result answer = { 0 };
	int r = link_commit(g->channel, rules, confirm_s, &answer);

	g->journal.peer_gone = g->journal.peer_gone || r == -ECONNRESET;
	res->cut = answer.cut;
	if (r == -ECONNRESET)
		say(res, r, "the privileged role of gated is gone");
	else if (r < 0)
		say_kernel(res, rules, &answer);
	return r;
}

static bool may_be_tried(const struct gate *g, uint32_t confirm_s,
			 struct proto_result *res)
{
	if (confirm_s == 0)
		return true;
	if (confirm_s < FW_CONFIRM_MIN || confirm_s > FW_CONFIRM_MAX)
		say(res, -EINVAL, "a trial takes 10 to 86400 seconds");
	else if (g->lockdown.on)
		say(res, -EBUSY, "nothing can be tried while everything is locked");
	return res->code == 0;
}

void load_revision(struct gate *g, uint64_t number, uint32_t confirm_s,
		   struct proto_result *res)
{
	struct gate_loaded next = { 0 };
	struct diags diags = { 0 };
	char dir[PATH_TEXT_MAX];
	int r = svc_path(g->svc, PATH_REVISIONS, dir);

	*res = (struct proto_result){ 0 };
	if (!may_be_tried(g, confirm_s, res))
		return;
	if (r == 0)
		r = revision_load_on(dir, number, g->now.rev, &next.rev, &diags);
	if (r == 0 && confirm_s == 0 && permits_change(g, next.rev, res))
		return;
	if (r == 0)
		r = compile(g, next.rev, &next.rules, &diags);
	if (r < 0) {
		say_diags(res, r, &diags);
		load_free(&next);
		return;
	}
	if (commit(g, next.rules, confirm_s, res) == 0)
		put_in_force(g, next, confirm_s, res, res->cut);
	else
		load_free(&next);
}

/* The revision in force, compiled anew. */
static void recompile(struct gate *g, uint32_t confirm_s, struct proto_result *res)
{
	struct ruleset *rules = NULL;
	struct diags diags = { 0 };
	int r;

	*res = (struct proto_result){ 0 };
	if (g->now.rev == NULL)
		return;
	r = compile(g, g->now.rev, &rules, &diags);
	if (r < 0) {
		say_diags(res, r, &diags);
		return;
	}
	if (commit(g, rules, confirm_s, res) < 0) {
		ruleset_free(rules);
		return;
	}
	ruleset_free(g->now.rules);
	g->now.rules = rules;
	g->due_again = 0;
	g->commits++;
	res->cut += changed(g, &g->now);
	journal_tick(&g->journal);
}

void load_again(struct gate *g, struct proto_result *res)
{
	recompile(g, g->trial ? FW_CONFIRM_KEEP : 0, res);
}

uint32_t load_went_back(struct gate *g, const char *why, uint32_t cut)
{
	struct gate_loaded tried = g->now;

	g->now = g->before;
	g->before = tried;
	g->trial = false;
	cut += changed(g, &tried);
	load_record(g, cut,
		    "gated: revision %" PRIu64 " is in force again instead of %" PRIu64
		    " (%s), %u connections cut",
		    number_of(&g->now), number_of(&tried), why, cut);
	return cut;
}

void load_confirm(struct gate *g, uint64_t number, struct proto_result *res)
{
	int r = link_confirm(g->channel, number);

	*res = (struct proto_result){ 0 };
	g->journal.peer_gone = g->journal.peer_gone || r == -ECONNRESET;
	if (r < 0) {
		say(res, r, "this revision is not on trial (any more)");
		return;
	}
	g->trial = false;
	load_record(g, 0, "gated: revision %" PRIu64 " was confirmed", number);
}

void load_rollback(struct gate *g, uint64_t number, struct proto_result *res)
{
	uint32_t cut = 0;
	int r = link_rollback(g->channel, number, &cut);

	*res = (struct proto_result){ 0 };
	g->journal.peer_gone = g->journal.peer_gone || r == -ECONNRESET;
	if (r < 0) {
		say(res, r,
		    r == -ESTALE ? "this revision is not on trial (any more)"
				 : "the kernel did not take the revision before");
		return;
	}
	g->commits++;
	res->cut = load_went_back(g, "by order", cut);
}

/* A trial ends with a lockdown: the revision before is the one that comes back later. */
static int leave_trial(struct gate *g, struct proto_result *res)
{
	if (!g->trial)
		return 0;
	if (g->before.rev == NULL) {
		load_rollback(g, g->now.rev->number, res);
		return res->code;
	}
	(void)load_went_back(g, "lockdown", 0); /* the kernel follows at once */
	return 0;
}

static void lock(struct gate *g, const struct proto_lockdown *m, const char *path,
		 struct proto_result *res)
{
	int r;

	g->lockdown = (struct lockdown){ .on = true, .since_s = (int64_t)time(NULL) };
	record_set_str(g->lockdown.who, sizeof(g->lockdown.who), m->who);
	record_set_str(g->lockdown.reason, sizeof(g->lockdown.reason), m->reason);
	if (leave_trial(g, res) == 0)
		recompile(g, 0, res);
	r = lockdown_write(path, &g->lockdown);
	if (r < 0 && res->code == 0)
		(void)snprintf(res->text, sizeof(res->text),
			       "locked, but only until the next start: the state cannot "
			       "be written: %s",
			       strerror(-r));
}

static void unlock(struct gate *g, const char *path, struct proto_result *res)
{
	struct lockdown was = g->lockdown;
	int r;

	g->lockdown = (struct lockdown){ 0 };
	r = lockdown_write(path, &g->lockdown);
	if (r < 0)
		say(res, r, "the state of the lockdown cannot be removed");
	else
		recompile(g, 0, res);
	if (res->code < 0) {
		g->lockdown = was;
		if (lockdown_write(path, &was) < 0)
			log_err(AREA, "the next start will not be locked");
	}
}

void load_lockdown(struct gate *g, const struct proto_lockdown *m,
		   struct proto_result *res)
{
	char path[PATH_TEXT_MAX];
	int r = svc_path(g->svc, PATH_LOCKDOWN, path);

	*res = (struct proto_result){ 0 };
	if (r < 0)
		say(res, r, strerror(-r));
	else if (m->on != 0)
		lock(g, m, path, res);
	else
		unlock(g, path, res);
	load_record(g, res->cut, "gated: lockdown %s by %s: %s%s%s, %u connections cut",
		    m->on != 0 ? "on" : "off", m->who, m->reason,
		    res->code < 0 ? "; it failed: " : "", res->code < 0 ? res->text : "",
		    res->cut);
}

void load_due(struct gate *g, int64_t now)
{
	struct proto_result res;

	if (g->now.rules == NULL || now < g->now.rules->next_change || now < g->due_again)
		return;
	g->due_again = now + LOAD_DUE_AGAIN_S; /* until a load has worked */
	load_again(g, &res);
	if (res.code < 0)
		log_warn(AREA, "flows whose time has come cannot be loaded: %s",
			 res.text);
}

void load_expire(struct gate *g, int64_t now)
{
	const struct ruleset *rs = g->now.rules;

	for (size_t i = 0; rs != NULL && i < rs->permit_count;
	     i = ruleset_permit_end(rs->permit, rs->permit_count, i)) {
		const struct fw_permit *p = &rs->permit[i];
		struct record rec = { .kind = RECORD_SERVICE, .reason = REASON_EXPIRED };
		const struct revision_permit *permit;
		uint32_t cut = 0;

		if (p->mark == 0 || p->until == 0 || p->until > now ||
		    p->until <= g->expired_to)
			continue;
		if (link_cut_mark(g->channel, p->mark, &cut) < 0)
			log_warn(AREA, "cannot remove the connections of a permit");
		permit = who_find(g->now.rev, p->mark);
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
