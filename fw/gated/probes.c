/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/probes.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fw/gated/gate.h"
#include "fw/gated/link.h"
#include "fw/probe/outcome.h"
#include "fw/probe/machine.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/str.h"

#define AREA     "gated"
#define KNOWN_MS 3000 /* the kernel holds what is logged for 100 ms */

static bool is_sent(const struct plan_item *i)
{
	return i->why_not == NULL;
}

/*
 * Our own records have to know what they are not to tell of before it is sent. While
 * those of a run may still wait in the kernel the next one is known by the same word.
 */
static void announce(struct probes_state *s, uint32_t count)
{
	bool waiting = mono_diff_ms(s->known_to, mono_now()) > 0;

	if (!waiting)
		s->word = randombytes_random() & ~(uint32_t)PROBE_WORD_INDEX;
	s->count = waiting && s->count > count ? s->count : count;
	s->known_to = mono_after_ms(mono_now(), KNOWN_MS);
}

/* The answers lie where the items do. */
static void spread(const struct plan *plan, const struct probe_answer *a, uint8_t *mark)
{
	uint32_t next = 0;

	for (size_t i = 0; i < plan->count; i++)
		mark[i] =
			is_sent(&plan->item[i]) && next < a->count ? a->mark[next++] : 0;
}

static int send_all(struct gate *g, const struct plan *plan, struct probe_answer *ret)
{
	CLEANUP(free_p) struct probe *list = calloc(PROBE_MAX, sizeof(*list));
	uint32_t count = 0;
	int r;

	if (list == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < plan->count; i++) {
		if (is_sent(&plan->item[i]))
			list[count++] = plan->item[i].probe;
	}
	if (count == 0)
		return 0;
	announce(&g->probes, count);
	r = link_probe(g->channel, list, count, g->probes.word, ret);
	if (r == -ECONNRESET)
		g->journal.peer_gone = true;
	g->probes.known_to = mono_after_ms(mono_now(), KNOWN_MS);
	return r;
}

static void note_result(struct gate *g, const struct outcome *res)
{
	struct probes_state *s = &g->probes;
	struct record rec = { .kind = RECORD_SERVICE,
			      .reason = res->wrong != 0 ? REASON_ERROR : REASON_NONE,
			      .count = res->wrong };
	char text[sizeof(rec.detail)];

	s->bad = res->wrong != 0;
	s->revision = g->now.rev->full;
	s->text[0] = '\0';
	if (s->bad)
		(void)snprintf(s->text, sizeof(s->text),
			       "%u probes contradict the policy: %s", res->wrong,
			       res->first);
	(void)snprintf(text, sizeof(text),
		       "gated: probes: %u passed and %u were blocked as they were to, %u "
		       "not tested%s%s",
		       res->passed, res->blocked, res->not_tested, s->bad ? "; " : "",
		       s->text);
	record_set_str(rec.detail, sizeof(rec.detail), text);
	journal_write(&g->journal, &rec);
	if (s->bad)
		log_warn(AREA, "%s", s->text);
}

static int send_and_judge(struct gate *g, const struct plan *plan, char **ret_text)
{
	struct probe_answer answer = { 0 };
	struct outcome res;
	struct mono start = mono_now();
	uint8_t mark[PROBE_MAX];
	int r = send_all(g, plan, &answer);

	if (r == -ECONNRESET || r == -ENOMEM)
		return r;
	if (r < 0)
		answer = (struct probe_answer){ .refused = r };
	spread(plan, &answer, mark);
	r = outcome_of(g->now.rev, plan, mark, answer.refused,
		       (double)(mono_now().us - start.us) / 1000, &res);
	if (r < 0)
		return r;
	note_result(g, &res);
	*ret_text = res.text;
	return 0;
}

int probes_run(struct gate *g, char **ret_text)
{
	struct machine machine = { 0 };
	struct plan plan = { 0 };
	int r = g->now.rev == NULL ? -ENOENT
		: g->lockdown.on   ? -EBUSY
				   : machine_read(&machine);

	if (r == 0)
		r = plan_make(g->now.rev, &machine.plan, &plan);
	if (r == 0)
		r = send_and_judge(g, &plan, ret_text);
	plan_clear(&plan);
	machine_clear(&machine);
	return r;
}

bool probes_is_own(const struct probes_state *s, const struct nflog_packet *p)
{
	return p->has_word && p->word - s->word < s->count &&
	       mono_diff_ms(s->known_to, mono_now()) > 0;
}
