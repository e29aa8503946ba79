/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sysctl - the kernel settings that the gateway needs: a fixed list, no arguments
 */
#ifndef FW_APPLY_SYSCTL_H
#define FW_APPLY_SYSCTL_H

/*
 * Those that must be there before the first connection. Returns the name of one
 * that could not be set, or NULL.
 */
const char *sysctl_prepare(void);

/*
 * Bridged packets do not pass the tables of IP a second time, where this kernel has
 * that (br_netfilter). Likewise.
 */
const char *sysctl_bridge(void);

/* Forwarding, IPv4 and IPv6: only when the kernel holds our rules. Likewise. */
const char *sysctl_forward(void);

#endif
