/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lockdown - everything but management is closed, also after a restart
 *
 * What is let pass then comes from the last revision: its zones, and its management.
 * The state is a file; while it is there, or cannot be looked at, gated is locked.
 */
#ifndef FW_GATED_LOCKDOWN_H
#define FW_GATED_LOCKDOWN_H

#include "fw/compile/ruleset.h"
#include "fw/gated/events/ctevent.h"
#include "lib/revision.h"

struct lockdown {
	bool on;
	bool held; /* it is in force, and not only ordered */
	bool kept; /* it is on the disk, where a start finds it */
	char who[64];
	char reason[256];
	int64_t since_s; /* UTC */
};

struct lockdown_bare { /* a revision of which only the management is left */
	struct revision rev;
	struct policy policy;
};

/*
 * What of rev is in force in a lockdown. Everything but rev.permit is rev's. Returns 0
 * or -ENOMEM.
 */
int lockdown_bare(const struct revision *rev, struct lockdown_bare *ret_bare) MUST_CHECK;
void lockdown_bare_free(struct lockdown_bare *b);

/*
 * The ruleset for a lockdown: connections to the management from its zones, answers
 * to them, and nothing else. Returns as ruleset_compile() does.
 */
int lockdown_compile(const struct revision *rev, const struct inventory *inv,
		     struct ruleset **ret_ruleset, struct diags *diags) MUST_CHECK;

/* Is it a connection to the management, as rev has it? */
bool lockdown_spares(const struct revision *rev, const struct ctevent *e);

/* Read the state. It is locked also when that cannot be read. */
void lockdown_read(const char *path, struct lockdown *ret_state);

/* Make the state what l says, on disk when it returns. Returns 0 or a negative errno. */
int lockdown_write(const char *path, const struct lockdown *l) MUST_CHECK;

#endif
