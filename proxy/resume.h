/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * resume - a tunnel leaves this proxyd, or comes from the one before (see conn.h)
 *
 * In the worker's thread. Only tunnels in which bytes flow both ways; those of people
 * who signed in stay, as nobody tells the next proxyd that they are to end.
 */
#ifndef PROXY_RESUME_H
#define PROXY_RESUME_H

#include "lib/attr.h"
#include "proxy/carry.h"
#include "proxy/conn.h"

bool resume_may_leave(const struct conn *c);

/*
 * What the next proxyd needs, pointing into c and into pending (2 * CARRY_PENDING_MAX
 * bytes). Its bytes are counted on the device's account. Returns 0 or a negative
 * errno: then it is to end here.
 */
int resume_describe(struct conn *c, uint8_t *pending,
		    struct carry_tunnel *ret_tunnel) MUST_CHECK;

/* It is gone from here, without a record; the sockets are the caller's. */
void resume_leave(struct conn *c, int *ret_client, int *ret_origin);

/*
 * Go on with it, judged anew by the worker's snapshot. Takes both sockets when it
 * returns 0 (it may have been ended by then, with its record); else they and the record
 * are left to the caller.
 */
int resume_tunnel(struct worker *w, const struct carry_tunnel *t,
		  const struct record *open, int client, int origin) MUST_CHECK;

#endif
