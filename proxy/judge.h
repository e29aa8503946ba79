/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * judge - what is decided about a connection: its request, and again as long as it is open
 *
 * What ends it from outside is here too: a new revision, the end of a sign-in, a person.
 */
#ifndef PROXY_JUDGE_H
#define PROXY_JUDGE_H

#include "proxy/conn.h"

/* Ask decide() about a connection's facts. */
struct decide_answer judge_facts(const struct conn *c, const struct declog_facts *f,
				 int64_t now_s);

/* Decide about c->rq, and note it for the record. */
struct decide_answer judge_note(struct conn *c);

/* Decide, and refuse or note what the decision holds. True: allowed. */
bool judge_admit(struct conn *c);

/* A person wants it to end. */
void judge_cut(struct conn *c, const char *who);

/* By the worker's snapshot. True when it was not allowed any more, and is ended. */
bool judge_again(struct conn *c, int64_t now_s);

/*
 * Who was signed in as login ("": as anybody) is not any more. True when that was
 * the user of what is open here, and it is ended.
 */
bool judge_sign_out(struct conn *c, const char *login);

#endif
