/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mdns - host names in answers of mDNS and LLMNR (RFC 6762, 4795; pure) */
#ifndef FW_SENSOR_MDNS_H
#define FW_SENSOR_MDNS_H

#include "fw/sensor/label.h"
#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/rd.h"

#define MDNS_PORT        5353
#define MDNS_LLMNR_PORT  5355
#define MDNS_RECORDS_MAX 64 /* looked at in one message */

/*
 * The name that the message gives to the address that it comes from: who answers for
 * others does not name them. r: the UDP payload, perhaps cut by the capture.
 * Returns 0, -ENOMSG (a question, or no such answer) or -EBADMSG.
 */
int mdns_parse(struct rd r, struct addr source, char ret_name[LABEL_MAX]) MUST_CHECK;

#endif
