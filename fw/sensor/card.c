/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/card.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/mem.h"

#define ANSWER_MAX 32768 /* the kernel's parts of a dump are no longer */

struct found { /* of one message */
	struct card card;
	bool has_mac;
	bool is_vlan;
	bool is_abroad; /* the one below is in another network namespace */
};

typedef void attr_fn(uint16_t type, struct rd value, struct found *f);

/* The last one may come without. */
static void skip_padding(struct rd *r, size_t len)
{
	size_t pad = (4 - len % 4) % 4;

	(void)rd_take(r, pad < r->left ? pad : r->left);
}

static int each_attr(struct rd r, attr_fn *fn, struct found *f)
{
	while (r.left != 0) {
		struct nlattr a = { 0 };
		struct rd value;

		rd_bytes(&r, &a, sizeof(a));
		if (rd_failed(&r) || a.nla_len < sizeof(a))
			return -EBADMSG;
		value = rd_sub(&r, a.nla_len - sizeof(a));
		if (rd_failed(&r))
			return -EBADMSG;
		fn((uint16_t)(a.nla_type & NLA_TYPE_MASK), value, f);
		skip_padding(&r, a.nla_len);
	}
	return 0;
}

/* A number in the machine's order, of just that size. */
static void set_number(struct rd value, void *dst, size_t size)
{
	if (value.left == size)
		rd_bytes(&value, dst, size);
}

static void see_vlan(uint16_t type, struct rd value, struct found *f)
{
	if (type == IFLA_VLAN_ID) {
		set_number(value, &f->card.vlan, sizeof(f->card.vlan));
	} else if (type == IFLA_VLAN_PROTOCOL) {
		set_number(value, &f->card.vlan_type, sizeof(f->card.vlan_type));
		f->card.vlan_type = ntohs(f->card.vlan_type);
	}
}

/* The kind comes before its data. */
static void see_info(uint16_t type, struct rd value, struct found *f)
{
	char kind[sizeof("vlan")] = "";

	if (type == IFLA_INFO_KIND) {
		set_number(value, kind, sizeof(kind));
		f->is_vlan = memcmp(kind, "vlan", sizeof(kind)) == 0;
	} else if (type == IFLA_INFO_DATA && f->is_vlan) {
		(void)each_attr(value, see_vlan, f);
	}
}

static void set_name(struct rd value, char *dst, size_t size)
{
	const char *name = (const char *)value.pos;

	if (value.left != 0 && value.left <= size && name[value.left - 1] == '\0')
		memcpy(dst, name, value.left);
}

static void see_attr(uint16_t type, struct rd value, struct found *f)
{
	switch (type) {
	case IFLA_IFNAME:
		set_name(value, f->card.interface, sizeof(f->card.interface));
		break;
	case IFLA_ADDRESS:
		f->has_mac = value.left == sizeof(f->card.mac.b);
		set_number(value, f->card.mac.b, sizeof(f->card.mac.b));
		break;
	case IFLA_MASTER:
		set_number(value, &f->card.master, sizeof(f->card.master));
		break;
	case IFLA_LINK:
		set_number(value, &f->card.parent, sizeof(f->card.parent));
		break;
	case IFLA_LINK_NETNSID:
		f->is_abroad = true;
		break;
	case IFLA_LINKINFO:
		(void)each_attr(value, see_info, f);
		break;
	default:
		break;
	}
}

int card_parse(struct rd r, struct card *ret_card)
{
	struct ifinfomsg head = { 0 };
	struct found f = { 0 };

	rd_bytes(&r, &head, sizeof(head));
	if (rd_failed(&r) || each_attr(r, see_attr, &f) < 0 || head.ifi_index <= 0)
		return -EBADMSG;
	if ((head.ifi_flags & IFF_LOOPBACK) != 0 || !f.has_mac ||
	    f.card.interface[0] == '\0')
		return -ENOMSG;
	f.card.index = (uint32_t)head.ifi_index;
	if (f.card.vlan == 0 || f.is_abroad)
		f.card.parent = 0;
	*ret_card = f.card;
	return 0;
}

static int ask(int fd)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
	} m = { .head = { .nlmsg_len = sizeof(m),
			  .nlmsg_type = RTM_GETLINK,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };

	return send(fd, &m, sizeof(m), 0) == (ssize_t)sizeof(m) ? 0 : -EIO;
}

/* Returns 1 (more to come), 0 or a negative errno. */
static int take(struct rd r, card_fn *fn, void *user)
{
	while (r.left != 0) {
		struct nlmsghdr head = { 0 };
		struct card card;
		struct rd payload;

		rd_bytes(&r, &head, sizeof(head));
		if (rd_failed(&r) || head.nlmsg_len < sizeof(head))
			return -EBADMSG;
		payload = rd_sub(&r, head.nlmsg_len - sizeof(head));
		skip_padding(&r, head.nlmsg_len);
		if (rd_failed(&r) || head.nlmsg_type == NLMSG_ERROR)
			return -EBADMSG;
		if ((head.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
			return -EAGAIN; /* something has changed meanwhile */
		if (head.nlmsg_type == NLMSG_DONE)
			return 0;
		if (head.nlmsg_type == RTM_NEWLINK && card_parse(payload, &card) == 0)
			fn(&card, user);
	}
	return 1;
}

int card_each(card_fn *fn, void *user)
{
	CLEANUP(close_p)
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	uint8_t buf[ANSWER_MAX];
	int r = fd == -1 ? -errno : ask(fd);

	if (r < 0)
		return r;
	do {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, sizeof(buf), MSG_TRUNC,
				     (struct sockaddr *)&from, &from_len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > (ssize_t)sizeof(buf))
			return -EMSGSIZE;
		r = n < 0 || from.nl_pid != 0 ? 1 : take(rd_of(buf, (size_t)n), fn, user);
	} while (r > 0);
	return r;
}
