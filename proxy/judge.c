/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/judge.h"

#include <stdio.h>
#include <string.h>

#include "lib/str.h"
#include "proxy/reply.h"
#include "proxy/revise.h"
#include "proxy/transparent.h"

struct decide_answer judge_facts(const struct conn *c, const struct declog_facts *f,
				 int64_t now_s)
{
	struct addr literal;
	bool tunnel = strcmp(f->method, "CONNECT") == 0;
	bool is_literal =
		c->rq != NULL ? c->rq->literal
			      : f->host[0] != '\0' && addr_parse(f->host, &literal) == 0;
	/* whom the permit was given to (f->user, too) has not signed in by that */
	struct decide_question q = {
		.src = f->src,
		.mark = c->mark,
		.now_s = now_s,
		.host = f->host[0] != '\0' ? f->host : NULL,
		.literal = is_literal,
		.port = f->dst_port,
		.scheme = tunnel ? DECIDE_CONNECT : DECIDE_HTTP,
		.path = c->rq != NULL ? c->rq->path : c->path,
		.method = f->method,
		.user = c->signed_in ? f->user : NULL,
	};
	struct decide_answer a = decide(c->w->snap, &q);

	if (transparent_is_refused(c)) {
		a.allowed = false;
		a.reason = REASON_ZONE;
	}
	return a;
}

struct decide_answer judge_note(struct conn *c)
{
	struct decide_answer a =
		judge_facts(c, &c->rq->facts, loop_wall_us(c->w->loop) / 1000000);

	declog_note(&c->rq->facts, &a);
	return a;
}

bool judge_admit(struct conn *c)
{
	struct decide_answer a = judge_note(c);

	if (!a.allowed) {
		reply_refuse(c, a.reason, page_status(a.reason));
		return false;
	}
	c->rq->reason = a.reason;
	c->rq->tls_any = a.tls_any;
	c->rq->named_address = a.named_address;
	c->until = a.until;
	revise_note_until(c->w, c->until);
	return true;
}

void judge_cut(struct conn *c, const char *who)
{
	char text[96];

	(void)snprintf(text, sizeof(text), "by %s", who);
	if (c->ticket != NULL) {
		conn_record_close_as(c, REASON_CUT, text);
	} else if (c->rq != NULL) {
		(void)str_copy(c->rq->facts.detail, sizeof(c->rq->facts.detail), text);
		declog_deny(&c->w->log, &c->rq->facts, REASON_CUT, 0,
			    loop_wall_us(c->w->loop));
	}
	conn_end(c, REASON_CUT);
}

/* Where it is connected to, or may be in a moment: every address of them. */
static bool may_still_dial(const struct conn *c, const struct declog_facts *f, bool named)
{
	const struct addr *to = c->dst.family != 0 ? &c->dst : &f->dst;
	size_t count = 1;
	bool may = true;

	if (c->dst.family == 0 && c->rq != NULL && c->rq->addr_count != 0) {
		to = c->rq->addr;
		count = c->rq->addr_count;
	}
	for (size_t i = 0; i < count && may; i++)
		may = named ? worker_may_dial_named(c->w, to[i])
			    : worker_may_dial(c->w, to[i]);
	return may;
}

/* It went without a look at its TLS name, and the entry asks for one now. */
static bool is_unseen(const struct conn *c, const struct declog_facts *f, bool tls_any)
{
	return c->state == CONN_RELAY && strcmp(f->method, "CONNECT") == 0 && !tls_any &&
	       c->tls_version == 0;
}

static enum reason why_ended(const struct decide_answer *a)
{
	if (a->reason == REASON_LOCKDOWN)
		return a->reason;
	return a->expired ? REASON_EXPIRED : REASON_WITHDRAWN;
}

bool judge_again(struct conn *c, int64_t now_s)
{
	struct declog_facts f;
	struct decide_answer a;
	bool dial = true;

	if (c->state < CONN_LOOKUP || c->state > CONN_EXCHANGE)
		return false;
	if (c->ticket != NULL)
		declog_facts_of(c->ticket, &f);
	else
		f = c->rq->facts;
	a = judge_facts(c, &f, now_s);
	if (c->ticket == NULL) { /* its record will name the revision that decided */
		declog_note(&c->rq->facts, &a);
		c->rq->reason = a.reason;
	} else {
		dial = may_still_dial(c, &f, a.named_address);
	}
	if (c->rq != NULL) { /* what is to be done yet is done by this answer */
		c->rq->tls_any = a.tls_any;
		c->rq->named_address = a.named_address;
	}
	if (c->tls_ech && conn_refuses_ech(c) && a.allowed) {
		a.allowed = false;
		a.reason = REASON_SNI;
	}
	if (a.allowed && dial && !is_unseen(c, &f, a.tls_any)) {
		c->until = a.until;
		return false;
	}
	c->until = 0;
	if (c->ticket == NULL)
		reply_refuse(c, a.reason, page_status(a.reason));
	else
		conn_end(c, why_ended(&a));
	return true;
}

bool judge_sign_out(struct conn *c, const char *login)
{
	struct declog_facts f;

	if (!c->signed_in || c->state < CONN_LOOKUP || c->state > CONN_EXCHANGE)
		return false;
	if (c->ticket != NULL)
		declog_facts_of(c->ticket, &f);
	else
		f = c->rq->facts;
	if (login[0] != '\0' && strcmp(f.user, login) != 0)
		return false;
	if (c->ticket == NULL)
		reply_refuse(c, REASON_WITHDRAWN, 403);
	else
		conn_end(c, REASON_WITHDRAWN);
	return true;
}
