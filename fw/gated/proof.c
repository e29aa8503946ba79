/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/proof.h"

#include <errno.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/gated/gate.h"
#include "fw/gated/link.h"
#include "fw/verify/decode.h"
#include "fw/verify/num.h"
#include "fw/verify/report.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/str.h"

#define AREA           "gated"
#define DUMP_TRIES     8 /* new flows are renewed every second, which changes the ruleset */
#define INTERFACES_MAX 4096
#define COST_FACTOR    50 /* at most this part of the time goes into proving */

static int take_message(const void *nlmsg, size_t len, void *user)
{
	return decode_add(user, nlmsg, len);
}

static int new_decode(struct decode **ret)
{
	struct if_nameindex *list = if_nameindex();
	struct decode_interface *i;
	size_t count = 0;
	int r;

	if (list == NULL)
		return -errno;
	while (list[count].if_index != 0 && count < INTERFACES_MAX)
		count++;
	i = calloc(count + 1, sizeof(*i));
	for (size_t k = 0; k < count && i != NULL; k++) {
		i[k].index = list[k].if_index;
		(void)str_copy(i[k].name, sizeof(i[k].name), list[k].if_name);
	}
	if_freenameindex(list);
	r = i != NULL ? decode_new(i, count, ret) : -ENOMEM;
	free(i);
	return r;
}

int proof_read_model(struct gate *g, struct model **ret_model)
{
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		struct decode *d = NULL;

		r = new_decode(&d);
		if (r == 0)
			r = link_dump(g->channel, take_message, d);
		if (r == 0)
			r = decode_finish(d, ret_model);
		decode_free(d);
	}
	if (r == -ECONNRESET)
		g->journal.peer_gone = true;
	return r;
}

static struct facts facts_of(const struct gate *g)
{
	struct facts f = { .uid_proxy = g->svc->roles.proxyd,
			   .uid_management = g->svc->roles.mgmtd,
			   .uid_clock = UID_NONE,
			   .now = (int64_t)time(NULL) };
	const struct passwd *pw = NULL;

	if (g->now.rev != NULL && g->now.rev->policy->gateway.ntp.present)
		pw = getpwnam(g->now.rev->policy->gateway.ntp.account);
	if (pw != NULL)
		f.uid_clock = pw->pw_uid;
	return f;
}

static void write_answer(struct gate *g, const char *text)
{
	struct record rec = { .kind = RECORD_SERVICE };

	(void)snprintf(rec.detail, sizeof(rec.detail), "gated: %s", text);
	journal_write(&g->journal, &rec);
}

/* Keep the answer for PROTO_STATUS; say it when it is another one than before. */
static void note_answer(struct gate *g, bool good, const char *text)
{
	struct proof_state *s = &g->proof;
	bool same = s->asked && s->good == good && s->locked == g->lockdown.on &&
		    strcmp(s->text, text) == 0;
	const char *what = g->lockdown.on ? "management alone" : "the policy's";
	char proved[96];

	s->asked = true;
	s->good = good;
	s->locked = g->lockdown.on;
	s->full = g->now.rev != NULL ? g->now.rev->full : 0;
	(void)str_copy(s->text, sizeof(s->text), text);
	if (same)
		return;
	(void)snprintf(proved, sizeof(proved), "the ruleset is proved to be %s", what);
	if (good)
		log_info(AREA, "%s", proved);
	else
		log_warn(AREA, "%s", text);
	write_answer(g, good ? proved : text);
}

static const char *zone_name(const struct proof *p, uint32_t z)
{
	return z < p->rev->policy->zone_count ? p->rev->policy->zone[z].name
	       : z == EXPECT_GATEWAY          ? "gateway"
					      : "another interface";
}

static void judge_answer(struct gate *g, const struct proof *p)
{
	char text[160] = "";

	if (p->result == PROOF_NOT)
		(void)snprintf(text, sizeof(text), "the ruleset is not proved: %s",
			       p->reason_count != 0    ? p->reason[0]
			       : p->w.error == -ENOMEM ? "out of memory"
						       : "too complex");
	else if (p->difference_count != 0)
		(void)snprintf(text, sizeof(text),
			       "the ruleset lets pass %s than the policy, from %s to %s",
			       p->difference[0].more ? "more" : "less",
			       zone_name(p, p->difference[0].from),
			       zone_name(p, p->difference[0].to));
	else if (p->result == PROOF_BROKEN)
		(void)snprintf(text, sizeof(text),
			       "the ruleset breaks an assertion of the policy");
	note_answer(g, p->result == PROOF_PROVED, text);
}

int proof_run(struct gate *g, char **ret_text)
{
	struct model *m = NULL;
	struct mono start = mono_now();
	struct facts facts = facts_of(g);
	struct proof *p = calloc(1, sizeof(*p));
	const struct revision *expected = g->now.rev;
	struct lockdown_bare bare = { 0 };
	int r = p != NULL ? proof_read_model(g, &m) : -ENOMEM;

	if (r == 0 && g->lockdown.on && g->now.rev != NULL) {
		r = lockdown_bare(g->now.rev, &bare);
		expected = &bare.rev;
	}
	if (r == 0) {
		prove(m, expected, &facts, p);
		judge_answer(g, p);
		*ret_text = report_proof(p, (double)(mono_now().us - start.us) / 1000);
		r = *ret_text != NULL ? 0 : -ENOMEM;
		proof_free(p);
	}
	lockdown_bare_free(&bare);
	model_free(m);
	free(p);
	return r;
}

void proof_tick(struct gate *g)
{
	CLEANUP(free_p) char *text = NULL;
	uint64_t full = g->now.rev != NULL ? g->now.rev->full : 0;
	struct mono now = mono_now();
	char why[96];
	int64_t cost;
	int r;

	if (g->now.rev == NULL ||
	    (g->proof.asked && g->proof.full == full &&
	     g->proof.locked == g->lockdown.on && mono_diff_ms(g->proof.next, now) > 0))
		return;
	r = proof_run(g, &text);
	if (r < 0) {
		(void)snprintf(why, sizeof(why), "the ruleset is not proved: %s",
			       strerror(-r));
		note_answer(g, false, why);
	}
	cost = mono_diff_ms(mono_now(), now) * COST_FACTOR;
	g->proof.next =
		mono_after_ms(mono_now(), cost > PROOF_EVERY_MS ? cost : PROOF_EVERY_MS);
}
