/* SPDX-License-Identifier: GPL-3.0-or-later */
/* producer - whose spools we read */
#ifndef MGMT_RECORDD_PRODUCER_H
#define MGMT_RECORDD_PRODUCER_H

#define PRODUCER_COUNT    4
#define PRODUCER_TEXT_MAX 16

static const char *const producer_name[PRODUCER_COUNT] = {
	"proxyd",
	"gated",
	"mgmtd",
	"sensord",
};

#endif
