/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * revise - what is open on a worker, judged again
 *
 * When another revision comes, when somebody is signed out, and when the time of a permit,
 * an entry or a list is over. In the worker's own thread, as worker.h.
 */
#ifndef PROXY_REVISE_H
#define PROXY_REVISE_H

#include "proxy/worker.h"

/* The part of a new worker. */
void revise_init(struct worker *w);

/*
 * Use snap's resolvers. Returns 0, or a negative errno: then those before stay.
 * Must have succeeded before revise_use(snap).
 */
int revise_prepare(struct worker *w, const struct snapshot *snap) MUST_CHECK;

/*
 * Judge by snap from now on (a reference is taken), and end what it does not allow
 * any more. Returns how many were ended.
 */
size_t revise_use(struct worker *w, struct snapshot *snap);

/* End what is open of who was signed in as login ("": as anybody). Returns how many. */
size_t revise_sign_out(struct worker *w, const char *login);

/* Something in use ends then (seconds UTC; 0: never). */
void revise_note_until(struct worker *w, int64_t until);

#endif
