/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_tunnels - a proxyd that has FAKE_TUNNELS connections open, 1 and up */
#ifndef TESTS_UNIT_MGMTD_FAKE_TUNNELS_H
#define TESTS_UNIT_MGMTD_FAKE_TUNNELS_H

#include "lib/ipc.h"

#define FAKE_TUNNELS 40

/* For the fake's permits; user is its struct fake_shared. */
ipc_handler fake_tunnels_list;
ipc_handler fake_tunnels_cut;

#endif
