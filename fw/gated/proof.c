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
#include "fw/gated/requests.h"
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

struct job {
	const struct gate *g;
	struct decode *ruleset; /* as it was read */
	bool explain;
	struct proto_explain question;
};

/* In front of the proof's text, when it comes back from the other process. */
struct answer_head {
	bool good;
	char text[160]; /* what is wrong; "" nothing */
};

static void start_next(struct gate *g);

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

/* The kernel's messages as they are now. -EINTR: it never held still. */
static int read_ruleset(struct gate *g, struct decode **ret_decode)
{
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		struct decode *d = NULL;

		r = new_decode(&d);
		if (r == 0)
			r = link_dump(g->channel, take_message, d);
		if (r == 0)
			*ret_decode = STEAL(d);
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
static void note_answer(struct gate *g, const struct answer_head *v)
{
	struct proof_state *s = &g->proof;
	bool same = s->asked && s->good == v->good && s->locked == s->now_locked &&
		    strcmp(s->text, v->text) == 0;
	const char *what = s->now_locked ? "management alone" : "the policy's";
	char proved[96];

	s->asked = true;
	s->good = v->good;
	s->locked = s->now_locked;
	s->full = s->now_full;
	(void)str_copy(s->text, sizeof(s->text), v->text);
	if (same)
		return;
	(void)snprintf(proved, sizeof(proved), "the ruleset is proved to be %s", what);
	if (v->good)
		log_info(AREA, "%s", proved);
	else
		log_warn(AREA, "%s", v->text);
	write_answer(g, v->good ? proved : v->text);
}

static const char *zone_name(const struct proof *p, uint32_t z)
{
	return z < p->rev->policy->zone_count ? p->rev->policy->zone[z].name
	       : z == EXPECT_GATEWAY          ? "gateway"
					      : "another interface";
}

static void judge(const struct proof *p, struct answer_head *v)
{
	v->good = p->result == PROOF_PROVED;
	if (p->result == PROOF_NOT)
		(void)snprintf(v->text, sizeof(v->text), "the ruleset is not proved: %s",
			       p->reason_count != 0    ? p->reason[0]
			       : p->w.error == -ENOMEM ? "out of memory"
						       : "too complex");
	else if (p->difference_count != 0)
		(void)snprintf(v->text, sizeof(v->text),
			       "the ruleset lets pass %s than the policy, from %s to %s",
			       p->difference[0].more ? "more" : "less",
			       zone_name(p, p->difference[0].from),
			       zone_name(p, p->difference[0].to));
	else if (p->result == PROOF_BROKEN)
		(void)snprintf(v->text, sizeof(v->text),
			       "the ruleset breaks an assertion of the policy");
}

/* Write the verdict, then the answer. */
static int prove_it(const struct job *job, const struct model *m, FILE *out)
{
	struct facts facts = facts_of(job->g);
	struct proof *p = calloc(1, sizeof(*p));
	const struct revision *expected = job->g->now.rev;
	struct lockdown_bare bare = { 0 };
	struct answer_head v = { 0 };
	char *text;
	int r = p != NULL ? 0 : -ENOMEM;

	if (r == 0 && job->g->lockdown.on && expected != NULL) {
		r = lockdown_bare(expected, &bare);
		expected = &bare.rev;
	}
	if (r < 0)
		return r;
	prove(m, expected, &facts, p);
	judge(p, &v);
	text = report_proof(p, (double)(mono_now().us - job->g->proof.begun.us) / 1000);
	if (text == NULL)
		return -ENOMEM;
	(void)fwrite(&v, sizeof(v), 1, out);
	return fputs(text, out) == EOF ? -EIO : 0;
}

/* In a process of its own: memory goes with it. */
static int work(void *arg, FILE *out)
{
	const struct job *job = arg;
	struct model *m = NULL;
	int r = decode_finish(job->ruleset, &m);

	if (r < 0)
		return r;
	return job->explain ? explain_packet(job->g->now.rev, m, &job->question, out)
			    : prove_it(job, m, out);
}

static void answer(struct gate *g, uint64_t peer, const char *text, size_t len)
{
	if (peer != 0 && requests_answer_text(g, peer, text, len) < 0)
		log_info(AREA, "nobody waits for an answer any more");
}

/* Everybody whom this answer is for; the others wait on. */
static void answer_all(struct gate *g, int error, const char *text, size_t len)
{
	struct proof_state *s = &g->proof;
	char why[96];
	size_t left = 0;

	if (error < 0) {
		(void)snprintf(why, sizeof(why), "{\"error\":\"%s\"}", strerror(-error));
		text = why;
		len = strlen(why);
	}
	for (size_t i = 0; i < s->asker_count; i++) {
		if (s->asker[i].served)
			answer(g, s->asker[i].peer, text, len);
		else
			s->asker[left++] = s->asker[i];
	}
	s->asker_count = left;
}

static void plan(struct proof_state *s)
{
	int64_t cost = mono_diff_ms(mono_now(), s->begun) * COST_FACTOR;

	s->next =
		mono_after_ms(mono_now(), cost > PROOF_EVERY_MS ? cost : PROOF_EVERY_MS);
}

static void finish(struct gate *g, int error, const char *text, size_t len)
{
	struct answer_head v = { 0 };

	if (g->proof.proving && error == 0 && len >= sizeof(v)) {
		memcpy(&v, text, sizeof(v));
		text += sizeof(v);
		len -= sizeof(v);
	} else if (g->proof.proving) {
		error = error == 0 ? -EPIPE : error;
		(void)snprintf(v.text, sizeof(v.text), "the ruleset is not proved: %s",
			       strerror(-error));
	}
	if (g->proof.proving) {
		note_answer(g, &v);
		plan(&g->proof);
	}
	answer_all(g, error, text, len);
}

static void on_done(int error, char *text, size_t len, void *user)
{
	struct gate *g = user;

	finish(g, error, text, len);
	free(text);
	start_next(g);
	gate_check_peer(g);
}

/* The first one's question, and if that is the proof, everybody else's who wants it. */
static void choose(struct gate *g)
{
	struct proof_state *s = &g->proof;

	s->begun = mono_now();
	s->now_full = g->now.rev != NULL ? g->now.rev->full : 0;
	s->now_locked = g->lockdown.on;
	s->proving = !s->asker[0].explain;
	for (size_t i = 0; i < s->asker_count; i++)
		s->asker[i].served = i == 0 || (s->proving && !s->asker[i].explain);
}

static void start_next(struct gate *g)
{
	struct proof_state *s = &g->proof;

	while (s->asker_count != 0 && !aside_is_on(&s->aside)) {
		struct job job = { .g = g,
				   .explain = s->asker[0].explain,
				   .question = s->asker[0].question };
		int r;

		choose(g);
		r = read_ruleset(g, &job.ruleset);
		if (r == 0)
			r = aside_start(&s->aside, g->svc->event, PROOF_LIMIT_MS, work,
					&job, on_done, g);
		decode_free(job.ruleset);
		if (r < 0)
			finish(g, r, NULL, 0);
	}
}

static int ask(struct gate *g, uint64_t peer, const struct proto_explain *question)
{
	struct proof_state *s = &g->proof;
	struct proof_asker *a = &s->asker[s->asker_count];

	if (s->asker_count == ARRAY_LEN(s->asker))
		return -EBUSY;
	*a = (struct proof_asker){ .peer = peer, .explain = question != NULL };
	if (question != NULL)
		a->question = *question;
	s->asker_count++;
	start_next(g);
	return 0;
}

int proof_ask(struct gate *g, uint64_t peer)
{
	return ask(g, peer, NULL);
}

int proof_explain(struct gate *g, uint64_t peer, const struct proto_explain *question)
{
	return ask(g, peer, question);
}

void proof_tick(struct gate *g)
{
	struct proof_state *s = &g->proof;
	uint64_t full = g->now.rev != NULL ? g->now.rev->full : 0;

	if (g->now.rev == NULL ||
	    (s->asked && s->full == full && s->locked == g->lockdown.on &&
	     mono_diff_ms(s->next, mono_now()) > 0))
		return;
	for (size_t i = 0; i < s->asker_count; i++) {
		if (s->asker[i].peer == 0)
			return;
	}
	(void)ask(g, 0, NULL); /* -EBUSY: in a second again */
}
