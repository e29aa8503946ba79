/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/lldp.h"

#include <errno.h>
#include <string.h>

#include "lib/str.h"

#define LENGTH 0x01ff

enum tlv {
	TLV_END = 0,
	TLV_CHASSIS = 1,
	TLV_PORT = 2,
	TLV_TTL = 3,
	TLV_NAME = 5,
};

#define CHASSIS_MAC     4
#define CHASSIS_NETWORK 5
#define PORT_MAC        3
#define PORT_NETWORK    4

static void copy_text(struct rd value, char dst[LLDP_TEXT_MAX])
{
	size_t len = value.left < LLDP_TEXT_MAX - 1 ? value.left : LLDP_TEXT_MAX - 1;

	memset(dst, 0, LLDP_TEXT_MAX);
	rd_bytes(&value, dst, len);
}

/* A subtype, then text or an address. */
static int read_id(struct rd value, uint8_t mac, uint8_t network, char dst[LLDP_TEXT_MAX])
{
	uint8_t subtype = rd_u8(&value);
	size_t len =
		value.left < LLDP_TEXT_MAX / 2 - 1 ? value.left : LLDP_TEXT_MAX / 2 - 1;

	if (rd_failed(&value) || value.left == 0)
		return -EBADMSG;
	if (subtype == mac || subtype == network)
		str_hex(dst, value.pos, len);
	else
		copy_text(value, dst);
	return 0;
}

static int next_tlv(struct rd *r, unsigned *ret_type, struct rd *ret_value)
{
	uint16_t head = rd_be16(r);
	struct rd value = rd_sub(r, head & LENGTH);

	if (rd_failed(r))
		return -EBADMSG;
	*ret_type = (unsigned)head >> 9;
	*ret_value = value;
	return 0;
}

/* The three that begin every frame, in this order (8.2). */
static int read_front(struct rd *r, struct lldp *l)
{
	struct rd value = { 0 };
	unsigned type = TLV_END;

	if (next_tlv(r, &type, &value) < 0 || type != TLV_CHASSIS ||
	    read_id(value, CHASSIS_MAC, CHASSIS_NETWORK, l->chassis) < 0)
		return -EBADMSG;
	if (next_tlv(r, &type, &value) < 0 || type != TLV_PORT ||
	    read_id(value, PORT_MAC, PORT_NETWORK, l->port) < 0)
		return -EBADMSG;
	if (next_tlv(r, &type, &value) < 0 || type != TLV_TTL)
		return -EBADMSG;
	l->ttl = rd_be16(&value);
	return rd_failed(&value) ? -EBADMSG : 0;
}

int lldp_parse(struct rd r, struct lldp *ret_lldp)
{
	struct lldp l = { 0 };
	struct rd value;
	unsigned type;

	if (read_front(&r, &l) < 0)
		return -EBADMSG;
	/* TLVs without a value are fine (8.5); the loop steps on by their heads */
	while (next_tlv(&r, &type, &value) == 0 && type != TLV_END) {
		if (type == TLV_NAME)
			copy_text(value, l.name);
	}
	*ret_lldp = l;
	return 0;
}
