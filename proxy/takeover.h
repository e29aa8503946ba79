/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * takeover - open tunnels outlive a restart: what the proxyd that begins does
 *
 * Each one is judged anew by the revision in force, and goes on or ends, with the one
 * close record that it is owed. Tunnels in the file that did not come, because the
 * service was stopped or the store had no room, are recorded as ended. What was handed
 * in is trusted for nothing: a damaged description ends all of them.
 */
#ifndef PROXY_TAKEOVER_H
#define PROXY_TAKEOVER_H

#include "proxy/engine.h"

/*
 * When a revision is in force, or none is to be had. path: handover_leave()'s file. keep:
 * the policy has it so; else all of them end. Returns how many are open again.
 */
size_t takeover_run(struct engine *e, const char *path, bool keep);

#endif
