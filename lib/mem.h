/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mem - scope clean-up and ownership transfer (level 0) */
#ifndef LIB_MEM_H
#define LIB_MEM_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For CLEANUP(free_p) on any pointer from malloc(). */
static inline void free_p(void *pp)
{
	void *p;

	memcpy(&p, pp, sizeof(p));
	free(p);
}

/* For CLEANUP(close_p) on a descriptor; -1 is left alone. */
static inline void close_p(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void *steal_(void *pp)
{
	void *p, *none = NULL;

	memcpy(&p, pp, sizeof(p));
	memcpy(pp, &none, sizeof(none));
	return p;
}

/* Hand the pointer on and forget it here, so that CLEANUP frees nothing. */
#define STEAL(ptr) ((__typeof__(ptr))steal_(&(ptr)))

static inline int steal_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

#endif
