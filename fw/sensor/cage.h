/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cage - the system calls that are left to sensord once everything is open
 *
 * It reads what anybody on the wire sends. Were a decoder taken over, it could read
 * and write its own spool and talk to mgmtd's socket, and start nothing, open no network
 * connection, and trace nobody. Calls that are not listed fail with EPERM.
 */
#ifndef FW_SENSOR_CAGE_H
#define FW_SENSOR_CAGE_H

#include "lib/attr.h"

/* After svc_seal(). Returns 0 or a negative errno: then nothing was forbidden. */
int cage_enter(void) MUST_CHECK;

#endif
