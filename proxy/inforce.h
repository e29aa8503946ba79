/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inforce - the revision in force, the one on trial, and the lockdown
 *
 * For the control thread. Where an int is returned it is how many connections were cut,
 * or a negative errno; then nothing has changed, and text says why.
 */
#ifndef PROXY_INFORCE_H
#define PROXY_INFORCE_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/attr.h"
#include "lib/paths.h"
#include "lib/proto.h"
#include "proxy/engine.h"
#include "proxy/port.h"
#include "proxy/snapshot.h"

struct inforce {
	sd_event *event; /* borrowed */
	struct engine *engine; /* borrowed */
	char folder[PATH_TEXT_MAX]; /* of revisions */
	struct port port;
	struct snapshot *snap; /* a reference; NULL: no policy */
	struct snapshot *before; /* a reference; what comes back after a trial */
	sd_event_source *trial; /* owned; NULL: nothing is on trial */
	bool locked;
};

/*
 * Begin with snap, whose reference is taken over, or with none (r and text say why).
 * Then a handed-in socket is served all the same: with refusals. Returns 0 or a
 * negative errno.
 */
int inforce_start(struct inforce *f, struct snapshot *snap, int r,
		  char text[PROTO_TEXT_MAX]) MUST_CHECK;

/* Revision number (0: current), for good (confirm_s 0) or on trial for that long. */
int inforce_load(struct inforce *f, uint64_t number, uint32_t confirm_s,
		 char text[PROTO_TEXT_MAX]) MUST_CHECK;

bool inforce_is_on_trial(const struct inforce *f, uint64_t number);

/* What was on trial stays. */
void inforce_confirm(struct inforce *f);

/* Back to what was before the trial. */
int inforce_go_back(struct inforce *f, char text[PROTO_TEXT_MAX]) MUST_CHECK;

/*
 * Refuse everything, or not any more: that cannot fail. A lockdown ends a trial, and
 * what is returned as negative is that there is no way back from it.
 */
int inforce_lock(struct inforce *f, bool on, char text[PROTO_TEXT_MAX]) MUST_CHECK;

/* The number of the revision in force; 0: none. */
uint64_t inforce_number(const struct inforce *f);

/* The proxy's part of the policy in force, or NULL: no proxy, or no policy. */
const struct policy_proxy *inforce_proxy(const struct inforce *f);

/* When the engine has gone. */
void inforce_end(struct inforce *f);

#endif
