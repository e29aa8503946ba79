/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/addrclass.h"

#include <string.h>

#include "lib/attr.h"

struct row {
	uint8_t bytes[16];
	uint8_t len;
	enum addrclass class;
};

static const struct row rows4[] = {
	{ { 0 }, 8, ADDRCLASS_UNSPECIFIED },
	{ { 10 }, 8, ADDRCLASS_PRIVATE },
	{ { 100, 64 }, 10, ADDRCLASS_SHARED },
	{ { 127 }, 8, ADDRCLASS_LOOPBACK },
	{ { 169, 254 }, 16, ADDRCLASS_LINK_LOCAL },
	{ { 172, 16 }, 12, ADDRCLASS_PRIVATE },
	{ { 192, 0, 0 }, 24, ADDRCLASS_RESERVED }, /* protocol assignments */
	{ { 192, 0, 2 }, 24, ADDRCLASS_DOCUMENTATION },
	{ { 192, 31, 196 }, 24, ADDRCLASS_RESERVED }, /* AS112 */
	{ { 192, 52, 193 }, 24, ADDRCLASS_RESERVED }, /* AMT */
	{ { 192, 88, 99 }, 24, ADDRCLASS_TUNNEL }, /* 6to4 relays */
	{ { 192, 168 }, 16, ADDRCLASS_PRIVATE },
	{ { 192, 175, 48 }, 24, ADDRCLASS_RESERVED }, /* AS112 */
	{ { 198, 18 }, 15, ADDRCLASS_BENCHMARK },
	{ { 198, 51, 100 }, 24, ADDRCLASS_DOCUMENTATION },
	{ { 203, 0, 113 }, 24, ADDRCLASS_DOCUMENTATION },
	{ { 224 }, 4, ADDRCLASS_MULTICAST },
	{ { 240 }, 4, ADDRCLASS_RESERVED }, /* with the broadcast address */
};

/* Inside 2000::/3, which alone is public, the first row that fits decides. */
static const struct row rows6[] = {
	{ { 0 }, 128, ADDRCLASS_UNSPECIFIED },
	{ { [15] = 1 }, 128, ADDRCLASS_LOOPBACK },
	{ { 0x01 }, 64, ADDRCLASS_DISCARD },
	{ { 0x20, 0x01 }, 32, ADDRCLASS_TUNNEL }, /* Teredo */
	{ { 0x20, 0x01, 0x00, 0x02 }, 48, ADDRCLASS_BENCHMARK },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32, ADDRCLASS_DOCUMENTATION },
	{ { 0x20, 0x01 }, 23, ADDRCLASS_RESERVED }, /* protocol assignments */
	{ { 0x20, 0x02 }, 16, ADDRCLASS_TUNNEL }, /* 6to4 */
	{ { 0x26, 0x20, 0x00, 0x4f, 0x80 }, 48, ADDRCLASS_RESERVED }, /* AS112 */
	{ { 0x3f, 0xff }, 20, ADDRCLASS_DOCUMENTATION },
	{ { 0x20 }, 3, ADDRCLASS_PUBLIC },
	{ { 0xfc }, 7, ADDRCLASS_PRIVATE },
	{ { 0xfe, 0x80 }, 10, ADDRCLASS_LINK_LOCAL },
	{ { 0xfe, 0xc0 }, 10, ADDRCLASS_PRIVATE },
	{ { 0xff }, 8, ADDRCLASS_MULTICAST },
};

static const struct row nat64 = { { 0x00, 0x64, 0xff, 0x9b }, 96, ADDRCLASS_PUBLIC };

static bool row_matches(const struct row *row, const struct addr *a)
{
	unsigned whole = row->len / 8u, rest = row->len % 8u;

	if (memcmp(row->bytes, a->bytes, whole) != 0)
		return false;
	return rest == 0 || ((row->bytes[whole] ^ a->bytes[whole]) >> (8u - rest)) == 0;
}

static enum addrclass look_up(const struct row *row, size_t count, struct addr a,
			      enum addrclass otherwise)
{
	for (size_t i = 0; i < count; i++) {
		if (row[i].len >= 8 && row[i].bytes[0] != a.bytes[0])
			continue; /* most */
		if (row_matches(&row[i], &a))
			return row[i].class;
	}
	return otherwise;
}

/* The address that packets really go to, when it lies inside this one. */
static struct addr inner(struct addr a)
{
	struct addr v4 = { .family = 4 };

	if (a.family != 6 || !row_matches(&nat64, &a))
		return addr_unmap(a);
	memcpy(v4.bytes, a.bytes + 12, 4);
	return v4;
}

enum addrclass addrclass_of(struct addr a)
{
	a = inner(a);
	if (a.family == 4)
		return look_up(rows4, ARRAY_LEN(rows4), a, ADDRCLASS_PUBLIC);
	if (a.family == 6)
		return look_up(rows6, ARRAY_LEN(rows6), a, ADDRCLASS_RESERVED);
	return ADDRCLASS_RESERVED;
}

static bool is_in(const struct prefix *nets, size_t count, struct addr a)
{
	for (size_t i = 0; i < count; i++) {
		const struct prefix *p = &nets[i];

		if (p->len >= 8 && p->addr.bytes[0] != a.bytes[0])
			continue; /* most */
		if (prefix_contains(*p, a))
			return true;
	}
	return false;
}

bool addrclass_is_in(struct addr a, const struct prefix *nets, size_t count)
{
	struct addr real = inner(a);

	return is_in(nets, count, a) ||
	       (real.family != a.family && is_in(nets, count, real));
}

bool addrclass_may_dial(struct addr a, const struct prefix *site, size_t count)
{
	return addrclass_of(a) == ADDRCLASS_PUBLIC && !addrclass_is_in(a, site, count);
}
