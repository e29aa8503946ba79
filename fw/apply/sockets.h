/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sockets - the kernel's event sockets, opened here and read in the compile role
 *
 * What they carry is made of hostile packets, so that the role that holds
 * privilege never parses it.
 */
#ifndef FW_APPLY_SOCKETS_H
#define FW_APPLY_SOCKETS_H

#include <stdint.h>

#include "lib/attr.h"

/* NFLOG group; batch: packets that may wait in the kernel for 100 ms. Returns 0 or -errno. */
int sockets_nflog(uint16_t group, uint32_t batch, int *ret_fd) MUST_CHECK;

/* Conntrack DESTROY events; none is lost while the reader is slow. */
int sockets_conntrack(int *ret_fd) MUST_CHECK;

#endif
