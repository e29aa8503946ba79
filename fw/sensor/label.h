/* SPDX-License-Identifier: GPL-3.0-or-later */
/* label - names as DNS messages carry them (RFC 1035 4.1.4; pure) */
#ifndef FW_SENSOR_LABEL_H
#define FW_SENSOR_LABEL_H

#include "lib/attr.h"
#include "lib/rd.h"

#define LABEL_MAX      64 /* a label of 63 bytes and the terminator */
#define LABEL_NAME_MAX 255 /* bytes of a whole name */
#define LABEL_JUMPS    16

/*
 * Step r over a name and copy its first label: any bytes, those after a NUL left out;
 * "" for the root. message: the whole message, which compression pointers refer to; an
 * empty one allows none. Every pointer must lead further back, so that loops end.
 * Returns 0 or -EBADMSG.
 */
int label_read_name(struct rd *r, struct rd message,
		    char ret_first[LABEL_MAX]) MUST_CHECK;

#endif
