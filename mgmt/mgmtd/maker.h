/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * maker - who made a network card, from the lists of this machine (lib/oui.h)
 *
 * They are read when the first card is asked for, and kept for the process's life. Where
 * they are missing, nobody is known, and that is logged once.
 */
#ifndef MGMT_MGMTD_MAKER_H
#define MGMT_MGMTD_MAKER_H

#include "lib/oui.h"

/* "" when it is not known. mac in normal form; the answer stays as long as the lists. */
const char *maker_of(const char *mac);

/* For tests: these lists, which are taken over (NULL: none), instead of the machine's. */
void maker_use(struct oui *lists);

#endif
