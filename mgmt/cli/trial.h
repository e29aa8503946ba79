/* SPDX-License-Identifier: GPL-3.0-or-later */
/* trial - that a policy is on trial, or everything is locked down, for whoever looks */
#ifndef MGMT_CLI_TRIAL_H
#define MGMT_CLI_TRIAL_H

#include <jansson.h>

#include "mgmt/cli/cli.h"

/* A line on stderr when an answer's "trial" or "lockdown" is not null. */
void trial_say(const struct cli *c, const json_t *trial);
void lockdown_say(const struct cli *c, const json_t *lockdown);

#endif
