/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * svc - the skeleton every daemon shares (level 3)
 *
 * Foreground, log to stderr, sd_notify, SIGTERM and SIGINT end it. Sockets come
 * by activation (LISTEN_FDNAMES) or are made here, under a tight umask. The
 * supervisor (systemd, or the lab's) starts the daemon as its own user with just
 * the capabilities it needs; svc_seal() gives up the rest and proves it.
 */
#ifndef LIB_SVC_H
#define LIB_SVC_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "lib/attr.h"
#include "lib/ipc.h"
#include "lib/paths.h"
#include "lib/proto.h"

struct svc {
	const char *name; /* "proxyd": log area, spool folder, socket name */
	char root[PATH_TEXT_MAX]; /* "" is the real system */
	sd_event *event;
	struct ipc_roles roles;
	int64_t started_us; /* UTC */
};

/*
 * Read --root DIR, --help and --version (both end the program), load the
 * accounts, make the loop, block SIGTERM/SIGINT, ignore SIGPIPE. On failure it
 * has logged why; main() returns 1 (2 for wrong usage).
 * Returns 0 or the exit status.
 */
int svc_start(struct svc *s, const char *name, int argc, char **argv) MUST_CHECK;

/* Path below the root. Logs and returns a negative errno when it is too long. */
int svc_path(const struct svc *s, const char *rel, char dst[PATH_TEXT_MAX]) MUST_CHECK;

/*
 * The listening SOCK_SEQPACKET socket for rel (a PATH_SOCK_ constant): handed in
 * by activation under the name of its file, or bound here with mode 0660.
 */
int svc_listen(const struct svc *s, const char *rel, int *ret_fd) MUST_CHECK;

/* The same for a listening SOCK_STREAM socket. */
int svc_listen_stream(const struct svc *s, const char *rel, int *ret_fd) MUST_CHECK;

/*
 * A descriptor that the supervisor handed in under that name (LISTEN_FDNAMES),
 * or -ENOENT.
 */
int svc_activated(const char *fd_name);

/*
 * Give up every capability but those of keep (a mask of 1 << CAP_x), also from
 * the bounding and ambient sets; set no-new-privileges; forbid core dumps and
 * tracing. Ends the process when that fails or when it is still uid 0.
 */
void svc_seal(const struct svc *s, uint64_t keep);

/* Say READY=1 and run until a signal. Returns the exit status; the loop is freed. */
int svc_run(struct svc *s) MUST_CHECK;

/* A status filled with what svc knows: started_us. */
struct proto_status svc_status(const struct svc *s);

#endif
