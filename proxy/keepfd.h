/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keepfd - descriptors outlive a restart
 *
 * The service manager keeps copies (its descriptor store) and hands them to the next
 * proxyd, under a name. Connections made in between wait in the listening socket's
 * queue; open tunnels wait with it (handover.h).
 */
#ifndef PROXY_KEEPFD_H
#define PROXY_KEEPFD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/attr.h"

/*
 * Have the service manager keep fd under this name, instead of what it kept before.
 * Without a service manager, or one that keeps nothing, nothing happens.
 */
void keepfd_store(const char *name, int fd);

/* Have it forget what it keeps under this name. */
void keepfd_forget(const char *name);

/* Is there somebody who may keep them? */
bool keepfd_is_possible(void);

/*
 * Have it keep all of these, too, and wait until it has got them. Returns 0 or a
 * negative errno. Whether it keeps as many as that is not known.
 */
int keepfd_store_all(const char *name, const int *fd, size_t count) MUST_CHECK;

/* Have it forget these, and wait until it has. */
void keepfd_forget_now(const char *name);

/* What was handed in under that name: at most max, and the rest is closed. */
size_t keepfd_take(const char *name, int *ret_fd, size_t max);

#endif
