/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/lockdown.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fw/gated/match.h"
#include "lib/fdio.h"
#include "lib/mem.h"
#include "lib/record.h"

#define STATE_MAX 1024

bool lockdown_spares(const struct revision *rev, const struct ctevent *e)
{
	const struct policy_management *m = &rev->policy->management;
	size_t zone = match_zone(rev->policy, e->orig.src);

	return e->orig.proto == IPPROTO_TCP &&
	       (e->orig.dst_port == m->port ||
		(m->ssh != 0 && e->orig.dst_port == m->ssh)) &&
	       zone != POLICY_NONE && policy_manages(rev->policy, zone);
}

/* Answers of connections that the full ruleset let begin do not pass either. */
static bool stays(const struct fw_rule *r)
{
	if (r->chain == FW_CHAIN_FORWARD && r->iifname[0] != '\0')
		return r->verdict != FW_VERDICT_GOTO;
	return r->chain != FW_CHAIN_OUTPUT || (r->match & FW_MATCH_CT_MARK) == 0;
}

static void close_forwarding(struct ruleset *rs)
{
	size_t left = 0;

	for (size_t i = 0; i < rs->rule_count; i++) {
		if (!stays(&rs->rule[i]))
			continue;
		rs->rule[left] = rs->rule[i];
		rs->rule[left].number = (uint32_t)left;
		left++;
	}
	rs->rule_count = left;
}

int lockdown_bare(const struct revision *rev, struct lockdown_bare *ret_bare)
{
	struct lockdown_bare *b = ret_bare;
	struct revision_permit *permit = calloc(rev->permit_count + 1, sizeof(*permit));

	if (permit == NULL)
		return -ENOMEM;
	*b = (struct lockdown_bare){ .rev = *rev, .policy = *rev->policy };
	b->policy.flow_count = 0;
	b->policy.pin_count = 0;
	b->policy.proxy = (struct policy_proxy){ 0 };
	b->policy.gateway = (struct policy_gateway){ 0 };
	b->rev.policy = &b->policy;
	b->rev.permit = permit;
	b->rev.permit_count = 0;
	for (size_t i = 0; i < rev->permit_count; i++) {
		if (revision_permit_mark(&rev->permit[i]) >> 24 ==
			    REVISION_MARK_FULL >> 24 &&
		    policy_manages(rev->policy, rev->permit[i].zone))
			permit[b->rev.permit_count++] = rev->permit[i];
	}
	return 0;
}

void lockdown_bare_free(struct lockdown_bare *b)
{
	free(b->rev.permit);
	*b = (struct lockdown_bare){ 0 };
}

int lockdown_compile(const struct revision *rev, const struct inventory *inv,
		     struct ruleset **ret_ruleset, struct diags *diags)
{
	/* the same compiler, with a policy that has nothing but zones and management */
	struct lockdown_bare bare;
	int r = lockdown_bare(rev, &bare);

	if (r < 0)
		return r;
	r = ruleset_compile(&bare.rev, inv, ret_ruleset, diags);
	if (r == 0)
		close_forwarding(*ret_ruleset);
	lockdown_bare_free(&bare);
	return r;
}

/* One line each: seconds, who, why. */
void lockdown_read(const char *path, struct lockdown *ret_state)
{
	CLEANUP(free_p) char *text = NULL;
	char *line, *rest;
	size_t len;
	int r = fdio_read_file(path, STATE_MAX, &text, &len);

	*ret_state = (struct lockdown){ .on = r != -ENOENT, .kept = r != -ENOENT };
	if (r < 0)
		return;
	rest = text;
	line = strsep(&rest, "\n");
	ret_state->since_s = strtoll(line, NULL, 10);
	line = strsep(&rest, "\n");
	record_set_str(ret_state->who, sizeof(ret_state->who), line != NULL ? line : "");
	line = strsep(&rest, "\n");
	record_set_str(ret_state->reason, sizeof(ret_state->reason),
		       line != NULL ? line : "");
}

int lockdown_write(const char *path, const struct lockdown *l)
{
	char text[STATE_MAX];
	int len;

	if (!l->on) {
		if (unlink(path) == -1 && errno != ENOENT)
			return -errno;
		return fdio_sync_folder_of(path);
	}
	len = snprintf(text, sizeof(text), "%" PRId64 "\n%s\n%s\n", l->since_s, l->who,
		       l->reason);
	return fdio_replace_file(path, 0600, text, (size_t)len);
}
