/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/card.h"
#include "fw/sensor/ours.h"
#include "tests/unit/sensor/seed.h"

static const uint8_t mac[] = { 2, 0, 0, 0, 0, 0x10 };

static void put(struct seed *s, const void *data, size_t len)
{
	memcpy(s->data + s->len, data, len);
	s->len += len;
}

/* Returns where it begins, for close_nest(). */
static size_t put_attr(struct seed *s, uint16_t type, const void *value, size_t len)
{
	struct nlattr a = { .nla_len = (uint16_t)(sizeof(a) + len), .nla_type = type };
	size_t at = s->len;

	put(s, &a, sizeof(a));
	put(s, value, len);
	s->len += (4 - s->len % 4) % 4;
	return at;
}

static void close_nest(struct seed *s, size_t at)
{
	uint16_t len = (uint16_t)(s->len - at);

	memcpy(s->data + at, &len, sizeof(len));
}

/* As the kernel tells of eth1.10 on eth1, whose index is 2. */
static struct seed vlan_of(const char *kind, unsigned flags)
{
	const struct ifinfomsg head = { .ifi_index = 7, .ifi_flags = flags };
	const uint32_t below = 2, master = 9;
	const uint16_t id = 10;
	const uint8_t protocol[] = { 0x81, 0x00 };
	struct seed s = { 0 };
	size_t info, data;

	put(&s, &head, sizeof(head));
	(void)put_attr(&s, IFLA_IFNAME, "eth1.10", sizeof("eth1.10"));
	(void)put_attr(&s, IFLA_ADDRESS, mac, sizeof(mac));
	(void)put_attr(&s, IFLA_LINK, &below, sizeof(below));
	(void)put_attr(&s, IFLA_MASTER, &master, sizeof(master));
	info = put_attr(&s, IFLA_LINKINFO, "", 0);
	(void)put_attr(&s, IFLA_INFO_KIND, kind, strlen(kind) + 1);
	data = put_attr(&s, IFLA_INFO_DATA | NLA_F_NESTED, "", 0);
	(void)put_attr(&s, IFLA_VLAN_ID, &id, sizeof(id));
	(void)put_attr(&s, IFLA_VLAN_PROTOCOL, protocol, sizeof(protocol));
	close_nest(&s, data);
	close_nest(&s, info);
	return s;
}

static void test_vlan(void **state)
{
	struct seed s = vlan_of("vlan", IFF_UP);
	struct card c;

	(void)state;
	assert_int_equal(card_parse(rd_of(s.data, s.len), &c), 0);
	assert_string_equal(c.interface, "eth1.10");
	assert_memory_equal(c.mac.b, mac, sizeof(mac));
	assert_int_equal(c.index, 7);
	assert_int_equal(c.parent, 2);
	assert_int_equal(c.master, 9);
	assert_int_equal(c.vlan, 10);
	assert_int_equal(c.vlan_type, 0x8100);
}

/* Others have numbers of other meanings in the same places. */
static void test_no_vlan(void **state)
{
	const uint32_t space = 0;
	struct seed s = vlan_of("vxlan", IFF_UP);
	struct card c;

	(void)state;
	assert_int_equal(card_parse(rd_of(s.data, s.len), &c), 0);
	assert_int_equal(c.vlan, 0);
	assert_int_equal(c.parent, 0);
	s = vlan_of("vlan", IFF_UP);
	(void)put_attr(&s, IFLA_LINK_NETNSID, &space, sizeof(space));
	assert_int_equal(card_parse(rd_of(s.data, s.len), &c), 0);
	assert_int_equal(c.parent, 0); /* not one of ours below */
	s = vlan_of("vlan", IFF_UP | IFF_LOOPBACK);
	assert_int_equal(card_parse(rd_of(s.data, s.len), &c), -ENOMSG);
}

static void test_truncation(void **state)
{
	struct seed s = vlan_of("vlan", IFF_UP);

	(void)state;
	for (size_t len = 0; len < s.len; len++) {
		uint8_t *p = seed_cut(&s, len);
		struct card c;

		assert_true(card_parse(rd_of(p, len), &c) < 0 || c.vlan == 0);
		free(p);
	}
	for (size_t i = sizeof(struct ifinfomsg); i < s.len; i++) {
		struct seed bad = s;
		uint8_t *p;
		struct card c;

		bad.data[i] ^= 0xff;
		p = seed_cut(&bad, bad.len);
		assert_in_range(-card_parse(rd_of(p, bad.len), &c), 0, EBADMSG);
		free(p);
	}
}

static void count(const struct card *c, void *user)
{
	size_t *n = user;

	assert_true(if_nametoindex(c->interface) == c->index);
	(*n)++;
}

/* What the kernel says here is what the C library reads of it. */
static void test_kernel(void **state)
{
	struct if_nameindex *list = if_nameindex();
	static struct ours ours;
	size_t n = 0, all = 0;

	(void)state;
	assert_non_null(list);
	while (list[all].if_index != 0)
		all++;
	if_freenameindex(list);
	assert_int_equal(card_each(count, &n), 0);
	assert_in_range(n, 0, all);
	assert_int_equal(ours_read(&ours), 0);
	assert_int_equal(ours.card_count, n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vlan),
		cmocka_unit_test(test_no_vlan),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
