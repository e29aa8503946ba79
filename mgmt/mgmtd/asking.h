/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * asking - a request for a permit, read from a call and held against policy and register
 */
#ifndef MGMT_MGMTD_ASKING_H
#define MGMT_MGMTD_ASKING_H

#include "mgmt/mgmtd/call.h"
#include "mgmt/mgmtd/store_device.h"
#include "mgmt/mgmtd/store_permit.h"

/* A request on its way: the same for each of its cards but for card and interface. */
struct asking {
	struct device card[REVISION_CARDS_MAX]; /* the first is the path's */
	size_t card_count;
	struct permit permit; /* of the first card */
};

/* What the body asks for, for this device. Returns false when it has answered. */
bool asking_read(struct call *c, const struct device *d, struct asking *ret);

/*
 * May the request hold where it says: interface, address, flows and lists? The policy may
 * be another than when it was made. Returns false when it has answered.
 */
bool asking_place_ok(struct call *c, const struct permit *p);

#endif
