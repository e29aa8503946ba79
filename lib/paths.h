/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * paths - where things lie, below --root (level 1)
 */
#ifndef LIB_PATHS_H
#define LIB_PATHS_H

#include <stddef.h>

#include "lib/attr.h"

#define PATH_TEXT_MAX 512

#define PATH_POLICY "/etc/sekisho/policy.yaml"
#define PATH_STATE  "/var/lib/sekisho"
#define PATH_LEDGER PATH_STATE "/ledger" /* mgmtd only, 0700 */
#define PATH_REVISIONS \
	PATH_STATE "/revisions" /* written by mgmtd, read by gated, proxyd, sensord */
#define PATH_RECORDS  PATH_STATE "/records" /* recordd only, 0700 */
#define PATH_GATED    PATH_STATE "/gated" /* gated only, 0700 */
#define PATH_LOCKDOWN PATH_GATED "/lockdown" /* while it is there, gated is locked */
#define PATH_SPOOL    PATH_STATE "/spool" /* one folder a producer */
#define PATH_SWITCH \
	PATH_STATE "/switch" /* written by switchd, read by FreeRADIUS and hostapd */
#define PATH_RUN          "/run/sekisho"
#define PATH_SOCK_API     PATH_RUN "/api.sock" /* HTTP, for the command line */
#define PATH_SOCK_MGMTD   PATH_RUN "/mgmtd.sock" /* SOCK_SEQPACKET, as all below */
#define PATH_SOCK_GATED   PATH_RUN "/gated.sock"
#define PATH_SOCK_PROXYD  PATH_RUN "/proxyd.sock"
#define PATH_SOCK_METRICS PATH_RUN "/proxyd-metrics.sock" /* HTTP, OpenMetrics */
#define PATH_SOCK_RECORDD PATH_RUN "/recordd.sock"
#define PATH_SOCK_SENSORD PATH_RUN "/sensord.sock"
#define PATH_SOCK_SWITCHD PATH_RUN "/switchd.sock"

/*
 * Join root ("" for the real system) and rel into dst.
 * Returns 0 or -ENAMETOOLONG.
 */
int path_join(char dst[PATH_TEXT_MAX], const char *root, const char *rel) MUST_CHECK;

#endif
