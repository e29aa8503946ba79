/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake_firewall - the fake's trial, lockdown, proof and explanation */
#ifndef TESTS_UNIT_MGMTD_FAKE_FIREWALL_H
#define TESTS_UNIT_MGMTD_FAKE_FIREWALL_H

#include "lib/ipc.h"

ipc_handler fake_trial_confirm, fake_trial_rollback, fake_lockdown, fake_prove,
	fake_probe, fake_explain;

#endif
