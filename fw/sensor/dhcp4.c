/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/dhcp4.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#define HARDWARE_ETHERNET 1
#define COOKIE            0x63825363u
#define CHADDR_REST       10 /* of 16 bytes, behind the MAC */
#define SNAME_AND_FILE    (64 + 128)

enum option {
	OPTION_PAD = 0,
	OPTION_HOST_NAME = 12,
	OPTION_REQUESTED = 50,
	OPTION_MESSAGE = 53,
	OPTION_PARAMETERS = 55,
	OPTION_CLASS = 60,
	OPTION_END = 255,
};

struct parts { /* of the fingerprint */
	struct rd codes;
	struct rd vendor;
};

/* An address of four zero bytes means none. */
static struct addr read_addr(struct rd *r)
{
	static const uint8_t none[4];
	struct addr a = { .family = 4 };

	rd_bytes(r, a.bytes, 4);
	if (memcmp(a.bytes, none, sizeof(none)) == 0)
		a.family = 0;
	return a;
}

static void read_name(struct rd r, char dst[DHCP4_NAME_MAX])
{
	size_t len = r.left < DHCP4_NAME_MAX - 1 ? r.left : DHCP4_NAME_MAX - 1;

	memset(dst, 0, DHCP4_NAME_MAX);
	rd_bytes(&r, dst, len);
}

static void read_option(uint8_t code, struct rd value, struct dhcp4 *d, struct parts *p)
{
	switch (code) {
	case OPTION_HOST_NAME:
		read_name(value, d->name);
		break;
	case OPTION_REQUESTED:
		if (value.left == 4)
			d->requested = read_addr(&value);
		break;
	case OPTION_MESSAGE:
		if (value.left == 1)
			d->message = rd_u8(&value);
		break;
	case OPTION_PARAMETERS:
		p->codes = value;
		break;
	case OPTION_CLASS:
		p->vendor = value;
		break;
	default:
		break;
	}
}

static void read_options(struct rd r, struct dhcp4 *d, struct parts *p)
{
	while (r.left != 0) {
		uint8_t code = rd_u8(&r);
		struct rd value;

		if (code == OPTION_END)
			return;
		if (code == OPTION_PAD)
			continue;
		value = rd_sub(&r, rd_u8(&r));
		if (rd_failed(&r))
			return;
		read_option(code, value, d, p);
	}
}

int dhcp4_parse(struct rd r, struct dhcp4 *ret_dhcp4)
{
	struct dhcp4 d = { 0 };
	struct parts p = { 0 };
	uint8_t op = rd_u8(&r);
	uint8_t hardware = rd_u8(&r);
	uint8_t mac_len = rd_u8(&r);
	uint32_t cookie;

	(void)rd_take(&r, 1 + 4 + 2 + 2); /* hops, transaction, seconds, flags */
	d.client = read_addr(&r);
	d.assigned = read_addr(&r);
	(void)rd_take(&r, 4 + 4); /* next server, relay */
	rd_bytes(&r, d.client_mac.b, sizeof(d.client_mac.b));
	(void)rd_take(&r, CHADDR_REST + SNAME_AND_FILE);
	cookie = rd_be32(&r);
	if (rd_failed(&r) || cookie != COOKIE || hardware != HARDWARE_ETHERNET ||
	    mac_len != ETH_ALEN)
		return -EBADMSG;
	if (op != DHCP4_FROM_CLIENT && op != DHCP4_FROM_SERVER)
		return -EBADMSG;
	d.direction = (enum dhcp4_direction)op;
	read_options(r, &d, &p);
	if (d.direction == DHCP4_FROM_CLIENT)
		fingerprint_set(d.fingerprint, p.codes, 1, p.vendor);
	*ret_dhcp4 = d;
	return 0;
}
