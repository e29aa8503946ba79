/* SPDX-License-Identifier: GPL-3.0-or-later */
/* device_word - how people name a device on the command line */
#ifndef MGMT_CLI_DEVICE_WORD_H
#define MGMT_CLI_DEVICE_WORD_H

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/id.h"
#include "mgmt/cli/cli.h"

/*
 * The id of a card or of the register, or a MAC address in any common spelling, in
 * normal form then: safe as a part of a path. CLI_DONE, or CLI_MISUSE after a complaint.
 */
int device_word(const char *word, char dst[ID_TEXT_MAX]) MUST_CHECK;

#endif
