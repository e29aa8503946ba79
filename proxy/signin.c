/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/signin.h"

#include <string.h>

#include "lib/str.h"
#include "proxy/accounts.h"
#include "proxy/conn.h"
#include "proxy/engine.h"
#include "proxy/measure.h"
#include "proxy/reply.h"

/* The password must not stay in a buffer that lives on. */
static void scrub(struct conn *c, const struct http1_head *h)
{
	char *base = c->in_len != 0 ? c->in : c->w->tools.chunk;

	for (size_t i = 0; i < h->field_count; i++) {
		const struct http1_field *f = &h->field[i];

		if (f->known == HTTP1_PROXY_AUTHORIZATION)
			explicit_bzero(base + (f->value.p - base), f->value.len);
	}
}

/* One record a connection, however often its browser asks. */
static void refuse(struct conn *c, unsigned status, enum page_hint hint)
{
	struct request *rq = c->rq;

	rq->hint = hint;
	rq->keep = status == 407 && rq->may_keep && !c->asked;
	if (!c->asked)
		reply_record_refusal(c, REASON_SIGN_IN);
	c->asked = true;
	measure_refused(c->w, REASON_SIGN_IN);
	reply_page(c, REASON_SIGN_IN, status);
}

/* One record for each time that an address is shut out. */
static void refuse_shut(struct conn *c, bool first)
{
	struct declog_facts *f = &c->rq->facts;

	(void)str_copy(f->detail, sizeof(f->detail),
		       "too many failed sign-ins from this address");
	c->asked = !first;
	refuse(c, 403, PAGE_HINT_WAIT);
}

static void on_answered(void *user)
{
	struct conn *c = user;

	c->rq->wait = NULL;
	request_resume(c);
}

static void wait_for(struct conn *c, const struct accounts_key *key,
		     const struct basic *b, const char *data, size_t len)
{
	struct worker *w = c->w;

	/* asked once, and there is no answer, or it was withdrawn since */
	if (c->answered || (c->in_len == 0 && conn_hold(c, data, len) < 0) ||
	    accounts_ask(w->engine->accounts, key, b, c->rq->facts.zone, w->loop,
			 on_answered, c, &c->rq->wait) < 0) {
		reply_refuse(c, REASON_OVERLOAD, 503);
		return;
	}
	c->state = CONN_SIGN_IN;
	conn_set_timer(c, CONN_SIGN_IN_MS);
}

/* Returns true when somebody is signed in; else it has answered, or waits. */
static bool check(struct conn *c, const struct http1_head *h, const struct basic *b,
		  const char *data, size_t len)
{
	struct accounts *accounts = c->w->engine->accounts;
	struct declog_facts *f = &c->rq->facts;
	struct accounts_answer a;
	struct accounts_key key;

	accounts_key(accounts, b, c->src, &key);
	a = accounts_look(accounts, &key, loop_now_ms(c->w->loop));
	if (a.verdict == VERDICT_UNKNOWN && !a.shut) {
		bool held = c->in_len != 0;

		wait_for(c, &key, b, data, len);
		if (!held)
			explicit_bzero(c->w->tools.chunk, len);
		return false;
	}
	scrub(c, h);
	if (a.shut) {
		refuse_shut(c, a.first);
		return false;
	}
	switch (a.verdict) {
	case VERDICT_OK:
		c->signed_in = f->signed_in = true;
		(void)str_copy(f->user, sizeof(f->user), a.login);
		return true;
	case VERDICT_LOCKED:
		refuse(c, 403, PAGE_HINT_WAIT);
		break;
	case VERDICT_MUST_CHANGE:
		refuse(c, 403, PAGE_HINT_CHANGE);
		break;
	case VERDICT_UNKNOWN:
	case VERDICT_REFUSED:
		refuse(c, 407, PAGE_HINT_NONE);
		break;
	}
	return false;
}

bool signin_check(struct conn *c, const struct http1_head *h, const char *data,
		  size_t head_len, size_t len)
{
	struct basic b;
	bool good;

	/* bytes behind the head may be anything: they are not read as a request */
	c->rq->may_keep = h->minor == 1 && !http1_connection_has(h, "close") &&
			  !h->chunked && h->length == 0 && head_len == len;
	if (c->w->engine->accounts == NULL) {
		scrub(c, h);
		reply_refuse(c, REASON_OVERLOAD, 503);
		return false;
	}
	if (basic_of(h, &b) < 0) {
		scrub(c, h);
		refuse(c, 407, PAGE_HINT_NONE);
		return false;
	}
	good = check(c, h, &b, data, len);
	basic_wipe(&b);
	return good;
}

void signin_timeout(struct conn *c)
{
	signin_forget(c->rq);
	reply_refuse(c, REASON_OVERLOAD, 503);
}

void signin_forget(struct request *rq)
{
	accounts_cancel(rq->wait);
	rq->wait = NULL;
}
