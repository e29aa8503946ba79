/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keepfd - the listening socket outlives a restart
 *
 * The service manager keeps a copy (its descriptor store) and hands it to the next
 * proxyd, under a name. Connections made in between wait in the socket's queue.
 */
#ifndef PROXY_KEEPFD_H
#define PROXY_KEEPFD_H

/*
 * Have the service manager keep fd under this name, instead of what it kept before.
 * Without a service manager, or one that keeps nothing, nothing happens.
 */
void keepfd_store(const char *name, int fd);

/* Have it forget what it keeps under this name. */
void keepfd_forget(const char *name);

#endif
