/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * roles - the three processes of gated
 *
 * The first one is the apply role: it opens what needs privilege, starts the
 * compile role as a fresh program with none, and serves it, as well as the probe role,
 * which sends frames when it is told to and can do nothing else. When one of the first two ends the
 * other does too, and the supervisor starts both again; the kernel goes on with
 * the rules it has, and lets no new flow pass.
 */
#ifndef FW_GATED_ROLES_H
#define FW_GATED_ROLES_H

#include "lib/svc.h"

/* argv: the options, which the compile role is given again. Returns the exit status. */
int roles_apply(struct svc *svc, int argc, char **argv);

/* The probe role's whole life. */
int roles_probe(struct svc *svc);

#endif
