/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_mgmtd - a socket where requests for sites and sign-ins are answered as a test wants it */
#ifndef TESTS_UNIT_PROXY_FAKE_MGMTD_H
#define TESTS_UNIT_PROXY_FAKE_MGMTD_H

#include <pthread.h>
#include <stdatomic.h>

#include "lib/proto.h"

struct fake_mgmtd {
	char path[64];
	int fd;
	pthread_t thread;
	atomic_int code; /* of the next answers; FAKE_SILENT: none */
	atomic_int asked; /* requests so far */
	struct proto_site_request last; /* once asked has grown */
	struct proto_sign_in last_sign_in; /* likewise */
	atomic_int delay_ms; /* of answers to sign-ins */
};

#define FAKE_SILENT 1 /* reads, and keeps the connection open */

/* Passwords of everybody; with any other a sign-in is refused. */
#define FAKE_RIGHT  "right:pass"
#define FAKE_FIRST  "first" /* right, and must be changed */
#define FAKE_LOCKED "locked"

void fake_mgmtd_start(struct fake_mgmtd *f);
void fake_mgmtd_end(struct fake_mgmtd *f);

#endif
