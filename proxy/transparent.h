/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transparent - connections that the ruleset redirected to the proxy (proxy.transparent)
 *
 * The client meant to speak to a site and does not know of the proxy. What it says
 * (Host, TLS server name) is what it asks for; the address it took is not looked at.
 */
#ifndef PROXY_TRANSPARENT_H
#define PROXY_TRANSPARENT_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/conn.h"

/* Does the policy have a transparent zone? Else nothing of this is asked for. */
bool transparent_is_used(const struct snapshot *snap);

/*
 * The port that the client of c asked for, when it was redirected; 0: it speaks to the
 * proxy itself. Costs two system calls.
 */
uint16_t transparent_port_of(int fd);

/* Is this a redirected connection that must not be: its zone is not transparent? */
bool transparent_is_refused(const struct conn *c);

/* CONN_SNI: the TLS hello comes first, before anything else is known. */
void transparent_read(struct conn *c);
void transparent_timeout(struct conn *c);

/* Answer in CONN_SNI and later: TLS clients understand nothing but an alert. */
void transparent_answer(struct conn *c);

#endif
