/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"

int addr_parse(const char *text, struct addr *ret_addr)
{
	struct addr a = { 0 };

	if (inet_pton(AF_INET, text, a.bytes) == 1)
		a.family = 4;
	else if (strchr(text, ':') != NULL && inet_pton(AF_INET6, text, a.bytes) == 1)
		a.family = 6;
	else
		return -EINVAL;
	*ret_addr = a;
	return 0;
}

void addr_format(struct addr a, char dst[ADDR_TEXT_MAX])
{
	if (a.family == 4)
		(void)inet_ntop(AF_INET, a.bytes, dst, ADDR_TEXT_MAX);
	else if (a.family == 6)
		(void)inet_ntop(AF_INET6, a.bytes, dst, ADDR_TEXT_MAX);
	else
		(void)str_copy(dst, ADDR_TEXT_MAX, "-");
}

/* Are the first len bits of a and b the same? */
static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned len)
{
	unsigned whole = len / 8, rest = len % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

static bool host_bits_set(struct prefix p)
{
	unsigned bits = p.addr.family == 4 ? 32 : 128;

	for (unsigned i = p.len; i < bits; i++) {
		if ((p.addr.bytes[i / 8] & (0x80 >> (i % 8))) != 0)
			return true;
	}
	return false;
}

int prefix_parse(const char *text, struct prefix *ret_prefix)
{
	char copy[ADDR_TEXT_MAX];
	struct prefix p = { 0 };
	uint64_t len = 0;
	char *slash;

	if (str_copy(copy, sizeof(copy), text) < 0)
		return -EINVAL;
	slash = strchr(copy, '/');
	if (slash != NULL)
		*slash = '\0';
	if (addr_parse(copy, &p.addr) < 0)
		return -EINVAL;
	p.len = p.addr.family == 4 ? 32 : 128;
	if (slash != NULL) {
		if (str_to_uint(slash + 1, 0, p.len, &len) < 0)
			return -EINVAL;
		p.len = (uint8_t)len;
	}
	if (host_bits_set(p))
		return -EINVAL;
	*ret_prefix = p;
	return 0;
}

void prefix_format(struct prefix p, char dst[ADDR_TEXT_MAX])
{
	char text[INET6_ADDRSTRLEN + 1];

	(void)inet_ntop(p.addr.family == 4 ? AF_INET : AF_INET6, p.addr.bytes, text,
			sizeof(text));
	if (p.len == (p.addr.family == 4 ? 32 : 128))
		(void)snprintf(dst, ADDR_TEXT_MAX, "%.46s", text);
	else
		(void)snprintf(dst, ADDR_TEXT_MAX, "%.42s/%u", text, (unsigned)p.len);
}

bool addr_equal(struct addr a, struct addr b)
{
	return a.family == b.family && memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

bool prefix_contains(struct prefix p, struct addr a)
{
	return a.family == p.addr.family && same_bits(p.addr.bytes, a.bytes, p.len);
}

bool prefix_overlaps(struct prefix p, struct prefix q)
{
	unsigned len = p.len < q.len ? p.len : q.len;

	return p.addr.family == q.addr.family &&
	       same_bits(p.addr.bytes, q.addr.bytes, len);
}

struct addr addr_unmap(struct addr a)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct addr v4 = { .family = 4 };

	if (a.family != 6 || memcmp(a.bytes, mapped, sizeof(mapped)) != 0)
		return a;
	memcpy(v4.bytes, a.bytes + 12, 4);
	return v4;
}

socklen_t addr_to_sockaddr(struct addr a, uint16_t port, struct sockaddr_storage *ret_ss)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memset(ret_ss, 0, sizeof(*ret_ss));
	if (a.family == 4) {
		memcpy(&sin.sin_addr, a.bytes, 4);
		memcpy(ret_ss, &sin, sizeof(sin));
		return sizeof(sin);
	}
	memcpy(&sin6.sin6_addr, a.bytes, 16);
	memcpy(ret_ss, &sin6, sizeof(sin6));
	return sizeof(sin6);
}

struct addr addr_from_sockaddr(const struct sockaddr *sa, uint16_t *ret_port)
{
	struct addr a = { 0 };
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	*ret_port = 0;
	if (sa->sa_family == AF_INET) {
		memcpy(&sin, sa, sizeof(sin));
		a.family = 4;
		memcpy(a.bytes, &sin.sin_addr, 4);
		*ret_port = ntohs(sin.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&sin6, sa, sizeof(sin6));
		a.family = 6;
		memcpy(a.bytes, &sin6.sin6_addr, 16);
		*ret_port = ntohs(sin6.sin6_port);
	}
	return addr_unmap(a);
}

int mac_parse(const char *text, struct mac *ret_mac)
{
	struct mac m;

	if (strlen(text) != MAC_TEXT_MAX - 1)
		return -EINVAL;
	for (size_t i = 0; i < 6; i++) {
		if (str_unhex(text + 3 * i, &m.b[i], 1) < 0)
			return -EINVAL;
		if (i < 5 && text[3 * i + 2] != ':' && text[3 * i + 2] != '-')
			return -EINVAL;
	}
	*ret_mac = m;
	return 0;
}

/* One sign of UTF-8 as the ASCII sign that it looks like; 0 for others. */
static char sign_of(const unsigned char **p)
{
	const unsigned char *s = *p;
	unsigned code;

	if (s[0] < 0x80) {
		*p += 1;
		return (char)(s[0] == '\t' ? ' ' : s[0]);
	}
	if ((s[0] & 0xf0) != 0xe0 || (s[1] & 0xc0) != 0x80 || (s[2] & 0xc0) != 0x80)
		return 0;
	*p += 3;
	code = (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
	if (code >= 0xff01 && code <= 0xff5e)
		return (char)(code - 0xfee0);
	if (code == 0x3000)
		return ' ';
	/* what input methods make of a hyphen */
	return (code >= 0x2010 && code <= 0x2015) || code == 0x2212 || code == 0x30fc ||
			       code == 0xff70
		       ? '-'
		       : 0;
}

/* text in ASCII and without blanks around it. Returns its length, or -EINVAL. */
static int mac_narrow(const char *text, char dst[MAC_TEXT_MAX])
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len = 0;

	while (*p != '\0') {
		char c = sign_of(&p);

		if (c == 0)
			return -EINVAL;
		if (c == ' ' && len == 0)
			continue;
		if (len == MAC_TEXT_MAX - 1) {
			if (c != ' ')
				return -EINVAL;
			continue;
		}
		dst[len++] = c;
	}
	while (len > 0 && dst[len - 1] == ' ')
		len--;
	dst[len] = '\0';
	return (int)len;
}

int mac_read(const char *text, struct mac *ret_mac)
{
	char narrow[MAC_TEXT_MAX], hex[13];
	int len = mac_narrow(text, narrow);
	size_t group, used = 0;
	char sign = '\0';

	switch (len) {
	case 12: /* bare */
		group = 12;
		break;
	case 13:
		group = 6;
		break;
	case 14:
		group = 4;
		break;
	case MAC_TEXT_MAX - 1:
		group = 2;
		break;
	default:
		return -EINVAL;
	}
	for (size_t i = 0; narrow[i] != '\0'; i++) {
		if (i % (group + 1) != group) {
			hex[used++] = narrow[i];
			continue;
		}
		if (strchr(":-. ", narrow[i]) == NULL ||
		    (sign != '\0' && narrow[i] != sign))
			return -EINVAL;
		sign = narrow[i];
	}
	hex[used] = '\0';
	return used == 12 ? str_unhex(hex, ret_mac->b, sizeof(ret_mac->b)) : -EINVAL;
}

bool mac_is_local(struct mac m)
{
	return (m.b[0] & 0x02) != 0;
}

void mac_format(struct mac m, char dst[MAC_TEXT_MAX])
{
	for (size_t i = 0; i < 6; i++) {
		str_hex(dst + 3 * i, &m.b[i], 1);
		if (i < 5)
			dst[3 * i + 2] = ':';
	}
}

bool mac_equal(struct mac a, struct mac b)
{
	return memcmp(a.b, b.b, sizeof(a.b)) == 0;
}

bool mac_is_zero(struct mac m)
{
	return mac_equal(m, (struct mac){ 0 });
}

bool mac_is_unicast(struct mac m)
{
	return (m.b[0] & 1) == 0 && !mac_is_zero(m);
}

struct mac mac_of_addr(struct addr a)
{
	struct mac m = { { 0x02, 0x04 } };
	uint64_t sum = 0xcbf29ce484222325; /* FNV-1a */

	if (a.family == 4) {
		memcpy(m.b + 2, a.bytes, 4);
		return m;
	}
	for (size_t i = 0; i < sizeof(a.bytes); i++)
		sum = (sum ^ a.bytes[i]) * 0x100000001b3;
	m.b[0] = 0x06;
	for (size_t i = 1; i < sizeof(m.b); i++)
		m.b[i] = (uint8_t)(sum >> (8 * i));
	return m;
}
