/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * denials - what was refused to each device lately, for its own local page (pure)
 *
 * A device is known by its source address and its id together, so that nobody reads
 * another's by taking over an address. In memory only. When a ceiling is reached the
 * longest unused goes: the oldest denial of a device, the device not heard of for
 * longest, or, of one id with many addresses, its own oldest address. Not for
 * several threads at once.
 */
#ifndef PROXY_DENIALS_H
#define PROXY_DENIALS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/host.h"
#include "lib/id.h"
#include "lib/reason.h"

#define DENIALS_A_DEVICE      50
#define DENIALS_DEVICES_MAX   4096
#define DENIALS_ADDRESSES_MAX 16 /* of one device id */

struct denials;

struct denials_who {
	struct addr addr;
	char device[ID_TEXT_MAX]; /* "" where nobody needs a permit */
};

struct denial {
	int64_t time_us; /* wall clock, of the latest */
	uint64_t reference; /* the latest record's conn */
	enum reason reason; /* of the latest */
	uint32_t count; /* since it came into the table */
	uint16_t port;
	char host[HOST_MAX + 1]; /* normalised, "" unknown */
};

/* NULL: no memory. */
struct denials *denials_new(void);
void denials_free(struct denials *d);

/*
 * Note one. The same host and port as before count as one, the newest. what->count
 * is ignored. Returns 0, or -ENOMEM with nothing noted.
 */
int denials_add(struct denials *d, const struct denials_who *who,
		const struct denial *what) MUST_CHECK;

/* This device's, the newest first. Returns how many. */
size_t denials_list(const struct denials *d, const struct denials_who *who,
		    struct denial ret[DENIALS_A_DEVICE]);

/* Devices in the table, for metrics. */
size_t denials_devices(const struct denials *d);

#endif
