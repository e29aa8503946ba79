/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/dhcp6.h"

#include <errno.h>
#include <string.h>

enum message {
	MESSAGE_SOLICIT = 1,
	MESSAGE_ADVERTISE = 2,
	MESSAGE_REPLY = 7,
	MESSAGE_RECONFIGURE = 10,
	MESSAGE_INFORMATION = 11,
};

enum option {
	OPTION_CLIENT_ID = 1,
	OPTION_REQUEST = 6,
	OPTION_VENDOR_CLASS = 16,
	OPTION_CLIENT_NAME = 39,
};

struct parts { /* of the fingerprint */
	struct rd codes;
	struct rd vendor;
};

static void read_duid(struct rd value, struct dhcp6 *d)
{
	if (value.left > sizeof(d->duid))
		return;
	d->duid_len = value.left;
	rd_bytes(&value, d->duid, value.left);
}

/* Enterprise number, then classes each behind its length: the first one's text. */
static struct rd vendor_of(struct rd value)
{
	(void)rd_be32(&value);
	return rd_sub(&value, rd_be16(&value));
}

/* The name may lack its end (RFC 4704 4.2), so only its first label is looked at. */
static void read_first_label(struct rd value, char dst[LABEL_MAX])
{
	uint8_t len = rd_u8(&value);

	if (len >= LABEL_MAX)
		return; /* no label; one that is cut short becomes "" */
	memset(dst, 0, LABEL_MAX);
	rd_bytes(&value, dst, len);
}

static void read_option(uint16_t code, struct rd value, struct dhcp6 *d, struct parts *p)
{
	switch (code) {
	case OPTION_CLIENT_ID:
		read_duid(value, d);
		break;
	case OPTION_REQUEST:
		p->codes = value;
		break;
	case OPTION_VENDOR_CLASS:
		value = vendor_of(value);
		if (!rd_failed(&value))
			p->vendor = value;
		break;
	case OPTION_CLIENT_NAME:
		(void)rd_u8(&value); /* flags */
		read_first_label(value, d->name);
		break;
	default:
		break;
	}
}

int dhcp6_parse(struct rd r, struct dhcp6 *ret_dhcp6)
{
	struct dhcp6 d = { .message = rd_u8(&r) };
	struct parts p = { 0 };

	(void)rd_take(&r, 3); /* transaction */
	if (rd_failed(&r) || d.message < MESSAGE_SOLICIT ||
	    d.message > MESSAGE_INFORMATION)
		return -EBADMSG;
	d.direction = d.message == MESSAGE_ADVERTISE || d.message == MESSAGE_REPLY ||
				      d.message == MESSAGE_RECONFIGURE
			      ? DHCP6_FROM_SERVER
			      : DHCP6_FROM_CLIENT;
	while (r.left != 0) {
		uint16_t code = rd_be16(&r);
		struct rd value = rd_sub(&r, rd_be16(&r));

		if (rd_failed(&r))
			break;
		read_option(code, value, &d, &p);
	}
	if (d.direction == DHCP6_FROM_CLIENT)
		fingerprint_set(d.fingerprint, p.codes, 2, p.vendor);
	*ret_dhcp6 = d;
	return 0;
}
