/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store_device - the table of devices: seen by the sensor, or registered before
 *
 * A device is a MAC address on an interface, as a permit is: whoever uses the
 * address on another interface is another device, without a permit.
 */
#ifndef MGMT_MGMTD_STORE_DEVICE_H
#define MGMT_MGMTD_STORE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/addr.h"
#include "lib/attr.h"
#include "lib/id.h"
#include "mgmt/mgmtd/db.h"
#include "mgmt/mgmtd/input_list.h"

#define DEVICES_MAX       20000 /* only seen; a forger of addresses has more */
#define DEVICES_OWNED_MAX 200000 /* cards of the register */

#define MAC_GIVEN_MAX 63 /* bytes; full-width signs have three each */

struct device {
	char id[ID_TEXT_MAX];
	char mac[MAC_TEXT_MAX];
	char name[INPUT_NAME_MAX + 1];
	char interface[16];
	char address[ADDR_TEXT_MAX]; /* "" unknown */
	int64_t first_seen; /* 0: not yet */
	int64_t last_seen;
	char group[INPUT_MEMBER_MAX + 1]; /* of lists that name it, "" none */
	char asset[ID_TEXT_MAX]; /* the register's entry that owns it, "" none */
	char mac_given[MAC_GIVEN_MAX + 1]; /* as a person wrote it, "" nobody did */
};

/* -EEXIST: it is known on this interface; -EDQUOT: as many of its sort are. */
int store_device_add(struct db *db, const struct device *d) MUST_CHECK;
/* -ENOENT: no such device. */
int store_device_get(struct db *db, const char *id, struct device *ret) MUST_CHECK;

/*
 * By MAC address in normal form, on an interface or (NULL) on any. -ENOENT: no such
 * device; -ENOTUNIQ: it is known on several interfaces.
 */
int store_device_find(struct db *db, const char *mac, const char *interface,
		      struct device *ret) MUST_CHECK;

int store_device_set_group(struct db *db, const char *id, const char *group) MUST_CHECK;

/* Make it a card of the register's entry. -EDQUOT: DEVICES_OWNED_MAX are. */
int store_device_set_asset(struct db *db, const char *id, const char *asset) MUST_CHECK;

/* fn for every card of the register's entry. */
int store_device_of_asset(struct db *db, const char *asset,
			  int (*fn)(const struct device *d, void *user),
			  void *user) MUST_CHECK;

enum device_owned {
	DEVICE_OF_ANY,
	DEVICE_OF_ENTRY,
	DEVICE_OF_NONE, /* of no entry of the register */
};

enum device_order {
	DEVICE_BY_MAC, /* and interface */
	DEVICE_BY_FIRST_SEEN, /* newest first */
	DEVICE_BY_LAST_SEEN,
};

struct device_filter { /* NULL: any */
	const char *device; /* an id, or a MAC address in normal form */
	const char
		*state; /* of the entry that owns it; "seen": also those that none owns */
	const char *interfaces; /* a JSON array of names */
	const char *text; /* in address, name, interface, MAC address, group */
	enum device_owned owned;
	bool requested; /* only cards with an open request */
	enum device_order order;
	const char *after; /* go on after the card with this id */
	int64_t limit; /* negative: none */
};

/* Name, address and times. */
int store_device_update(struct db *db, const struct device *d) MUST_CHECK;
int store_device_each(struct db *db, const struct device_filter *f,
		      int (*fn)(const struct device *d, void *user),
		      void *user) MUST_CHECK;

#endif
