/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/arp.h"

#include <errno.h>
#include <linux/if_ether.h>

#define HARDWARE_ETHERNET 1
#define ADDR_LEN          4

static struct addr read_addr(struct rd *r)
{
	struct addr a = { .family = 4 };

	rd_bytes(r, a.bytes, ADDR_LEN);
	return a;
}

int arp_parse(struct rd r, struct arp *ret_arp)
{
	uint16_t hardware = rd_be16(&r);
	uint16_t protocol = rd_be16(&r);
	uint8_t mac_len = rd_u8(&r);
	uint8_t addr_len = rd_u8(&r);
	uint16_t operation = rd_be16(&r);
	struct arp a = { 0 };

	rd_bytes(&r, a.sender_mac.b, sizeof(a.sender_mac.b));
	a.sender = read_addr(&r);
	rd_bytes(&r, a.target_mac.b, sizeof(a.target_mac.b));
	a.target = read_addr(&r);
	if (rd_failed(&r) || hardware != HARDWARE_ETHERNET || protocol != ETH_P_IP ||
	    mac_len != ETH_ALEN || addr_len != ADDR_LEN)
		return -EBADMSG;
	if (operation != ARP_REQUEST && operation != ARP_REPLY)
		return -EBADMSG;
	a.operation = (enum arp_operation)operation;
	*ret_arp = a;
	return 0;
}
