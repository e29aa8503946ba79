/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/gated/link.h"
#include "lib/log.h"
#include "lib/mono.h"
#include "lib/str.h"

#define AREA "gated"

void load_free(struct gate_loaded *l)
{
	ruleset_free(l->rules);
	revision_free(l->rev);
	*l = (struct gate_loaded){ 0 };
}

void load_say(struct proto_result *res, int code, const char *text)
{
	res->code = code;
	(void)str_copy(res->text, sizeof(res->text), text);
}

/* What in the policy a rule was made for: its comment says so. Line 0: all of it. */
static struct place place_of(const struct policy *p, const struct fw_rule *r)
{
	const struct {
		const char *comment;
		struct place at;
	} own[] = {
		{ FW_COMMENT_SYSTEM "proxy", p->proxy.at },
		{ FW_COMMENT_SYSTEM "ntp", p->gateway.ntp.at },
		{ FW_COMMENT_SYSTEM "syslog", p->gateway.syslog.at },
		{ FW_COMMENT_SYSTEM "mail", p->gateway.mail.at },
	};
	const char *zone = strchr(r->comment, '-');
	size_t len = strlen(FW_COMMENT_FLOW), z;

	for (size_t i = 0; i < p->flow_count; i++) {
		if (strncmp(r->comment, FW_COMMENT_FLOW, len) == 0 &&
		    strcmp(r->comment + len, p->flow[i].id) == 0)
			return p->flow[i].at;
	}
	for (size_t i = 0; i < ARRAY_LEN(own); i++) {
		if (strcmp(r->comment, own[i].comment) == 0)
			return own[i].at;
	}
	z = zone != NULL ? policy_zone_by_name(p, zone + 1) : POLICY_NONE;
	return z != POLICY_NONE ? p->zone[z].at : (struct place){ 0 };
}

void load_say_kernel(struct proto_result *res, const struct policy *p,
		     const struct ruleset *rs, const struct fw_result *answer)
{
	const struct fw_rule *r =
		answer->rule < rs->rule_count ? &rs->rule[answer->rule] : NULL;
	struct place at = r != NULL ? place_of(p, r) : (struct place){ 0 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out != NULL) {
		if (r != NULL)
			(void)fprintf(out, "policy.yaml");
		if (at.line != 0)
			(void)fprintf(out, ":%u:%u", at.line, at.column);
		(void)fprintf(out, "%s%s", r != NULL ? ": " : "", answer->text);
		if (r != NULL) {
			(void)fprintf(out, "; rule %u of chain %s: ", answer->rule,
				      ruleset_chain_name(rs, r->chain));
			ruleset_print_rule(rs, r, out);
		}
		(void)fclose(out);
	}
	load_say(res, answer->code, text != NULL ? text : answer->text);
	free(text);
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

uint64_t load_number(const struct gate_loaded *l)
{
	return l->rev != NULL ? l->rev->number : 0;
}

/* What is in force has changed, from prev. Returns the connections that it ended. */
uint32_t load_changed(struct gate *g, const struct gate_loaded *prev)
{
	g->clock_us = wall_us() - mono_now().us;
	g->journal.revision = (uint32_t)load_number(&g->now);
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
	g->lockdown.held = g->lockdown.on;
	cut += load_changed(g, &prev);
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
static int commit(struct gate *g, const struct policy *p, const struct ruleset *rules,
		  uint32_t confirm_s, struct proto_result *res)
{
	struct fw_result answer = { 0 };
	int r = link_commit(g->channel, rules, confirm_s, &answer);

	g->journal.peer_gone = g->journal.peer_gone || r == -ECONNRESET;
	res->cut = answer.cut;
	if (r == -ECONNRESET)
		load_say(res, r, "the privileged role of gated is gone");
	else if (r < 0)
		load_say_kernel(res, p, rules, &answer);
	return r;
}

static bool may_be_tried(const struct gate *g, uint32_t confirm_s,
			 struct proto_result *res)
{
	if (confirm_s == 0)
		return true;
	if (confirm_s < FW_CONFIRM_MIN || confirm_s > FW_CONFIRM_MAX)
		load_say(res, -EINVAL, "a trial takes 10 to 86400 seconds");
	else if (g->lockdown.on)
		load_say(res, -EBUSY, "nothing can be tried while everything is locked");
	return res->code == 0;
}

static const struct policy *known_to(const struct gate *g, uint64_t number,
				     const struct revision *next)
{
	if (number == 0) /* the current one */
		return next->policy;
	return g->now.rev != NULL ? g->now.rev->policy : NULL;
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
		r = load_compile(g, next.rev, known_to(g, number, next.rev), &next.rules,
				 &diags);
	if (r < 0) {
		say_diags(res, r, &diags);
		load_free(&next);
		return;
	}
	if (commit(g, next.rev->policy, next.rules, confirm_s, res) == 0)
		put_in_force(g, next, confirm_s, res, res->cut);
	else
		load_free(&next);
}

/* What has been in force already, compiled and put in anew. On failure res says why. */
static int put_again(struct gate *g, struct gate_loaded *l, uint32_t confirm_s,
		     struct proto_result *res)
{
	struct ruleset *rules = NULL;
	struct diags diags = { 0 };
	int r = load_compile(g, l->rev, l->rev->policy, &rules, &diags);

	if (r < 0) {
		say_diags(res, r, &diags);
		return r;
	}
	r = commit(g, l->rev->policy, rules, confirm_s, res);
	if (r < 0) {
		ruleset_free(rules);
		return r;
	}
	ruleset_free(l->rules);
	l->rules = rules;
	g->due_again = 0;
	g->commits++;
	g->lockdown.held = g->lockdown.on;
	return 0;
}

void load_recompile(struct gate *g, uint32_t confirm_s, struct proto_result *res)
{
	*res = (struct proto_result){ 0 };
	if (g->now.rev == NULL) {
		g->lockdown.held = g->lockdown.on; /* nothing passes at all */
		return;
	}
	if (put_again(g, &g->now, confirm_s, res) < 0)
		return;
	res->cut += load_changed(g, &g->now);
	journal_tick(&g->journal);
}

void load_before(struct gate *g, const char *why, struct proto_result *res)
{
	*res = (struct proto_result){ 0 };
	if (put_again(g, &g->before, 0, res) == 0)
		res->cut = load_went_back(g, why, res->cut);
}

void load_again(struct gate *g, struct proto_result *res)
{
	load_recompile(g, g->trial ? FW_CONFIRM_KEEP : 0, res);
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
	else
		load_record(g, res.cut,
			    "gated: the flows' hours and days were applied anew, %u "
			    "connections cut",
			    res.cut);
}
