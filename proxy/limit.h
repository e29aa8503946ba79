/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * limit - how much a connection may send, and how long it may last
 *
 * By proxy.limits of the policy that its worker uses, also when that changes while
 * it is open. The data path compares one number (limit_reached()); sums over
 * devices and days are looked at each time a step of at most LIMIT_STEP_MAX bytes
 * was sent.
 */
#ifndef PROXY_LIMIT_H
#define PROXY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/conn.h"

#define LIMIT_STEP_MIN (16u << 10)
#define LIMIT_STEP_MAX (1u << 20)

/* A request or tunnel begins: is its device over the day's ceiling? Then it is refused. */
bool limit_refuses(struct conn *c);

/* Its open record is about to be written. */
void limit_begin(struct conn *c);

/* The day has a ceiling from now on: what was sent until now is not on the account. */
void limit_begin_day(struct conn *c);

/* Count, and judge by the ceilings. True when the connection was ended. */
bool limit_look(struct conn *c);

/* For the data path, after bytes were moved. True when the connection was ended. */
static inline bool limit_reached(struct conn *c)
{
	return c->up.bytes >= c->up_look && limit_look(c);
}

/* A request or tunnel ends, and its ticket is still there: count what is left. */
void limit_settle(struct conn *c);

/*
 * Has the connection been idle, or open, for too long? Returns REASON_IDLE or
 * REASON_LIMIT, or REASON_NONE and in how many ms to ask again.
 */
enum reason limit_time(const struct conn *c, int64_t *ret_ms);

/* How long to wait for the next byte, from now. */
int64_t limit_wait_ms(const struct conn *c);

/* Open for so long that no other request may follow. */
bool limit_is_old(const struct conn *c);

/* End it for its age. */
void limit_end_old(struct conn *c);

/* The worker's limits have changed. True when the connection was ended. */
bool limit_revise(struct conn *c);

#endif
