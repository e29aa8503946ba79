/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reply - answers of our own: refusals and pages, and the end of a connection after them */
#ifndef PROXY_REPLY_H
#define PROXY_REPLY_H

#include "proxy/conn.h"

/* Record a refusal; one of many is only counted, in a later record (dampen.h). */
void reply_record_refusal(struct conn *c, enum reason reason);

/* Refuse with a record and a page. */
void reply_refuse(struct conn *c, enum reason reason, unsigned status);

/* Answer with a page only: the record is written already. */
void reply_page(struct conn *c, enum reason reason, unsigned status);

/* Answer with these bytes of our own, and end. */
void reply_say(struct conn *c, const char *text, size_t len);

/* Everything is said: tell the client, and read what it still sends until it closes. */
void reply_drain(struct conn *c);

/* CONN_PAGE, CONN_DRAIN: the client can take more, or has sent something. */
void reply_event(struct conn *c);
void reply_drain_event(struct conn *c);

#endif
