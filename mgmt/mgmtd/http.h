/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http - a door: libmicrohttpd in the daemon's own loop (it appears here only)
 *
 * One thread, one loop: libmicrohttpd's epoll descriptor is a source of sd-event.
 * The HTTPS door also serves the files of the user interface.
 */
#ifndef MGMT_MGMTD_HTTP_H
#define MGMT_MGMTD_HTTP_H

#include <systemd/sd-event.h>

#include "lib/attr.h"
#include "mgmt/mgmtd/api.h"
#include "mgmt/mgmtd/app.h"
#include "mgmt/mgmtd/cert.h"
#include "mgmt/mgmtd/web.h"

struct http;

struct http_conf {
	enum api_door door;
	int listen_fd; /* a listening stream socket; http closes it */
	const struct cert *cert; /* HTTPS only; must outlive the door, like web */
	const struct web *web;
};

/* Returns 0 or a negative errno; the descriptor is closed then, too. */
int http_open(sd_event *event, struct app *app, const struct http_conf *conf,
	      struct http **ret_http) MUST_CHECK;

/* Not from inside a handler. NULL is a no-op. */
void http_close(struct http *h);

#endif
