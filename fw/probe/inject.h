/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inject - a frame into the kernel, as if it had come in by one of our interfaces
 *
 * A BPF program of five instructions, made of no input of ours, redirects a copy of what
 * it is run on to the ingress of an interface (bpf_clone_redirect). Loading it needs
 * CAP_BPF and CAP_NET_ADMIN, running it the descriptor alone: so it is loaded first, and
 * every capability is given up before the first probe is taken.
 */
#ifndef FW_PROBE_INJECT_H
#define FW_PROBE_INJECT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attr.h"

/* Returns 0 or a negative errno: the kernel has no BPF, or does not let us. */
int inject_open(int *ret_program) MUST_CHECK;

/* The interface is in this process's network namespace. */
int inject_frame(int program, uint32_t ifindex, const uint8_t *frame,
		 size_t len) MUST_CHECK;

/*
 * The probe role: take orders (struct probe_order) on channel until it is closed. Each
 * is checked, sent, and answered (struct probe_done); program below 0: that is the
 * answer to all of them.
 */
void inject_serve(int channel, int program);

#endif
