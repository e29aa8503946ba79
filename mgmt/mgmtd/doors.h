/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doors - where the API can be reached: the machine's own socket, and HTTPS
 *
 * Sockets come from the supervisor ("api.sock", "https") or are bound here. Until a
 * policy names the management port, HTTPS is on 8443 of the loopback addresses only.
 */
#ifndef MGMT_MGMTD_DOORS_H
#define MGMT_MGMTD_DOORS_H

#include <stdbool.h>

#include "lib/attr.h"
#include "lib/svc.h"
#include "mgmt/mgmtd/http.h"

struct doors {
	const struct svc *svc;
	struct app *app;
	const struct web *web;
	struct cert cert;
	struct http *local;
	struct http *https[2]; /* two: 127.0.0.1 and ::1 */
	bool given; /* HTTPS comes from the supervisor: never bound anew */
	bool wide; /* bound to every address */
	uint16_t port;
};

/* svc, app and web must outlive it. On failure it has logged why. */
int doors_open(struct doors *d, const struct svc *svc, struct app *app,
	       const struct web *web) MUST_CHECK;
void doors_close(struct doors *d);

/* Bind HTTPS anew when the policy names another place. Not from inside a handler. */
void doors_update(struct doors *d);

#endif
