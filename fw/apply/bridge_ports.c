/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/bridge_ports.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define REQUEST_MAX 512
#define ANSWER_MAX  131072
#define ENTRIES_MAX 262144 /* of a bridge that somebody floods */

struct entry { /* in the order of its bytes; no padding */
	uint32_t index;
	uint8_t mac[6];
	uint8_t pad[2];
};

struct entries {
	struct entry *item; /* owned */
	size_t count;
	size_t room;
};

struct work {
	struct mnl_socket *socket;
	uint32_t seq;
	int error; /* the first */
	char *name; /* it is about */
};

static void fail(struct work *w, int error, const char *name)
{
	if (error == 0 || w->error != 0)
		return;
	w->error = error;
	memcpy(w->name, name, FW_IFNAME_MAX);
}

static int ask(struct work *w, struct nlmsghdr *nlh, mnl_cb_t cb, void *user)
{
	char buf[ANSWER_MAX];
	int r = MNL_CB_OK;

	nlh->nlmsg_seq = ++w->seq;
	if (mnl_socket_sendto(w->socket, nlh, nlh->nlmsg_len) == -1)
		return -errno;
	while (r > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(w->socket, buf, sizeof(buf));

		if (got == -1)
			return -errno;
		r = mnl_cb_run(buf, (size_t)got, w->seq, mnl_socket_get_portid(w->socket),
			       cb, user);
	}
	return r == MNL_CB_ERROR ? -errno : 0;
}

static struct nlmsghdr *link_message(void *buf, uint16_t type, unsigned char family,
				     uint32_t index)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ifi->ifi_family = family;
	ifi->ifi_index = (int)index;
	return nlh;
}

static int set_no_learning(struct work *w, uint32_t index)
{
	const uint32_t bit = 1u << BR_BOOLOPT_NO_LL_LEARN;
	const struct br_boolopt_multi opt = { .optval = bit, .optmask = bit };
	_Alignas(struct nlmsghdr) uint8_t buf[REQUEST_MAX];
	struct nlmsghdr *nlh = link_message(buf, RTM_NEWLINK, AF_UNSPEC, index);
	struct nlattr *info = mnl_attr_nest_start(nlh, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put(nlh, IFLA_BR_MULTI_BOOLOPT, sizeof(opt), &opt);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return ask(w, nlh, NULL, NULL);
}

static int set_lock(struct work *w, uint32_t index, bool on)
{
	_Alignas(struct nlmsghdr) uint8_t buf[REQUEST_MAX];
	struct nlmsghdr *nlh = link_message(buf, RTM_SETLINK, AF_BRIDGE, index);
	struct nlattr *nest = mnl_attr_nest_start(nlh, IFLA_PROTINFO);

	mnl_attr_put_u8(nlh, IFLA_BRPORT_LOCKED, on);
	mnl_attr_nest_end(nlh, nest);
	return ask(w, nlh, NULL, NULL);
}

/* What was learnt before there was a lock would be as good as an entry of ours. */
static int forget_learnt(struct work *w, uint32_t index)
{
	_Alignas(struct nlmsghdr) uint8_t buf[REQUEST_MAX];
	struct nlmsghdr *nlh = link_message(buf, RTM_SETLINK, AF_BRIDGE, index);
	struct nlattr *nest = mnl_attr_nest_start(nlh, IFLA_PROTINFO);

	mnl_attr_put(nlh, IFLA_BRPORT_FLUSH, 0, NULL);
	mnl_attr_nest_end(nlh, nest);
	return ask(w, nlh, NULL, NULL);
}

struct port_state {
	uint32_t master;
	bool locked;
};

static int on_port_attr(const struct nlattr *a, void *user)
{
	struct port_state *s = user;

	if (mnl_attr_get_type(a) == IFLA_BRPORT_LOCKED)
		s->locked = mnl_attr_get_u8(a) != 0;
	return MNL_CB_OK;
}

static int on_info_attr(const struct nlattr *a, void *user)
{
	if (mnl_attr_get_type(a) == IFLA_INFO_SLAVE_DATA)
		return mnl_attr_parse_nested(a, on_port_attr, user);
	return MNL_CB_OK;
}

static int on_link_attr(const struct nlattr *a, void *user)
{
	struct port_state *s = user;

	if (mnl_attr_get_type(a) == IFLA_MASTER)
		s->master = mnl_attr_get_u32(a);
	if (mnl_attr_get_type(a) == IFLA_LINKINFO)
		return mnl_attr_parse_nested(a, on_info_attr, user);
	return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *nlh, void *user)
{
	return mnl_attr_parse(nlh, sizeof(struct ifinfomsg), on_link_attr, user);
}

static int read_port(struct work *w, uint32_t index, struct port_state *ret)
{
	_Alignas(struct nlmsghdr) uint8_t buf[REQUEST_MAX];
	struct nlmsghdr *nlh = link_message(buf, RTM_GETLINK, AF_UNSPEC, index);

	*ret = (struct port_state){ 0 };
	return ask(w, nlh, on_link, ret);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct entry));
}

static int append(struct entries *l, uint32_t index, const uint8_t mac[6])
{
	struct entry e = { .index = index };

	if (l->count == l->room) {
		size_t room = l->room == 0 ? 64 : l->room * 2;
		struct entry *grown =
			room > ENTRIES_MAX ? NULL
					   : reallocarray(l->item, room, sizeof(*grown));

		if (grown == NULL)
			return room > ENTRIES_MAX ? -E2BIG : -ENOMEM;
		l->item = grown;
		l->room = room;
	}
	memcpy(e.mac, mac, sizeof(e.mac));
	l->item[l->count++] = e;
	return 0;
}

static bool has(const struct entries *l, const struct entry *e)
{
	return l->count != 0 &&
	       bsearch(e, l->item, l->count, sizeof(*e), compare) != NULL;
}

struct neighbour {
	const struct nlattr *mac;
	bool bridge;
};

static int on_neighbour_attr(const struct nlattr *a, void *user)
{
	struct neighbour *n = user;

	if (mnl_attr_get_type(a) == NDA_LLADDR && mnl_attr_get_payload_len(a) == 6)
		n->mac = a;
	n->bridge = n->bridge || mnl_attr_get_type(a) == NDA_MASTER;
	return MNL_CB_OK;
}

/* A static entry of a bridge, which somebody has put in. */
static int on_neighbour(const struct nlmsghdr *nlh, void *user)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(nlh);
	struct neighbour n = { 0 };
	int r;

	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*nd)) || nd->ndm_state != NUD_NOARP ||
	    mnl_attr_parse(nlh, sizeof(*nd), on_neighbour_attr, &n) < 0 ||
	    n.mac == NULL || !n.bridge)
		return MNL_CB_OK;
	r = append(user, (uint32_t)nd->ndm_ifindex, mnl_attr_get_payload(n.mac));
	errno = -r;
	return r < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

static int read_entries(struct work *w, struct entries *there)
{
	_Alignas(struct nlmsghdr) uint8_t buf[REQUEST_MAX];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(nlh, sizeof(*nd));

	nlh->nlmsg_type = RTM_GETNEIGH;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nd->ndm_family = AF_BRIDGE;
	return ask(w, nlh, on_neighbour, there);
}

static int put_entry(struct work *w, const struct entry *e, bool add)
{
	_Alignas(struct nlmsghdr) uint8_t buf[REQUEST_MAX];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(nlh, sizeof(*nd));

	nlh->nlmsg_type = add ? RTM_NEWNEIGH : RTM_DELNEIGH;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (add)
		nlh->nlmsg_flags |= NLM_F_CREATE | NLM_F_REPLACE;
	nd->ndm_family = AF_BRIDGE;
	nd->ndm_ifindex = (int)e->index;
	nd->ndm_state = NUD_NOARP;
	nd->ndm_flags = NTF_MASTER;
	mnl_attr_put(nlh, NDA_LLADDR, sizeof(e->mac), e->mac);
	return ask(w, nlh, NULL, NULL);
}

static int wanted(const struct ruleset *rs, const struct fw_port *p, uint32_t index,
		  struct entries *ret_list)
{
	int r = 0;

	for (size_t i = 0; i < rs->permit_count && r == 0; i++) {
		const struct fw_permit *permit = &rs->permit[i];

		if (p->locked != 0 && permit->kind == FW_PERMIT_PORT &&
		    strcmp(permit->iifname, p->name) == 0)
			r = append(ret_list, index, permit->mac);
	}
	if (ret_list->count != 0)
		qsort(ret_list->item, ret_list->count, sizeof(*ret_list->item), compare);
	return r;
}

/* The port's entries become those of its permits; there: what all ports have. */
static int set_entries(struct work *w, const struct ruleset *rs, const struct fw_port *p,
		       uint32_t index, const struct entries *there)
{
	struct entries want = { 0 };
	int r = wanted(rs, p, index, &want);

	for (size_t i = 0; i < there->count && r == 0; i++) {
		if (there->item[i].index == index && !has(&want, &there->item[i]))
			r = put_entry(w, &there->item[i], false);
		/* an entry has a twin in each VLAN of its port, which goes with it */
		if (r == -ENOENT)
			r = 0;
	}
	for (size_t i = 0; i < want.count && r == 0; i++) {
		if (!has(there, &want.item[i]))
			r = put_entry(w, &want.item[i], true);
	}
	free(want.item);
	return r;
}

static int set_port(struct work *w, const struct ruleset *rs, const struct fw_port *p,
		    const struct entries *there)
{
	uint32_t index = if_nametoindex(p->name), bridge = if_nametoindex(p->bridge);
	struct port_state state = { 0 };
	int r = index == 0 || bridge == 0 ? -ENODEV : read_port(w, index, &state);

	if (r == 0 && state.master != bridge)
		r = -ENODEV;
	if (r < 0 || (p->locked == 0 && !state.locked))
		return r;
	/* before the lock there are the entries, so that nobody waits for them */
	r = set_entries(w, rs, p, index, there);
	if (r == 0 && state.locked != (p->locked != 0)) {
		r = set_lock(w, index, p->locked != 0);
		if (r == 0)
			r = read_port(w, index, &state);
		/* a kernel that does not know the attribute takes it without a word */
		if (r == 0 && state.locked != (p->locked != 0))
			r = -EOPNOTSUPP;
		if (r == 0 && p->locked != 0)
			r = forget_learnt(w, index);
	}
	return r;
}

/* Once for each bridge: its ports stand together. */
static void set_bridges(struct work *w, const struct ruleset *rs)
{
	for (size_t i = 0; i < rs->port_count; i++) {
		const struct fw_port *p = &rs->port[i];
		uint32_t index;

		if (p->free != 0 || (i > 0 && strcmp(p[-1].bridge, p->bridge) == 0))
			continue;
		index = if_nametoindex(p->bridge);
		fail(w, index == 0 ? -ENODEV : set_no_learning(w, index), p->bridge);
	}
}

static bool has_port(const struct ruleset *rs, const char *name)
{
	for (size_t i = 0; i < rs->port_count; i++) {
		if (strcmp(rs->port[i].name, name) == 0)
			return true;
	}
	return false;
}

static void unlock(struct work *w, const struct ruleset *before, const struct ruleset *rs)
{
	for (size_t i = 0; before != NULL && i < before->port_count; i++) {
		const struct fw_port *p = &before->port[i];
		uint32_t index = if_nametoindex(p->name);

		if (p->locked != 0 && index != 0 && !has_port(rs, p->name))
			(void)set_lock(w, index, false); /* it may be no port any more */
	}
}

static void set_all(struct work *w, const struct ruleset *rs)
{
	struct entries there = { 0 };
	int r = read_entries(w, &there);

	if (there.count != 0)
		qsort(there.item, there.count, sizeof(*there.item), compare);
	set_bridges(w, rs);
	for (size_t i = 0; i < rs->port_count; i++)
		fail(w, r < 0 ? r : set_port(w, rs, &rs->port[i], &there),
		     rs->port[i].name);
	free(there.item);
}

int bridge_ports_set(const struct ruleset *rs, const struct ruleset *before,
		     char ret_name[FW_IFNAME_MAX])
{
	struct work w = { .seq = (uint32_t)time(NULL), .name = ret_name };

	if (rs->port_count == 0 && (before == NULL || before->port_count == 0))
		return 0;
	w.socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (w.socket == NULL)
		return -errno;
	if (mnl_socket_bind(w.socket, 0, MNL_SOCKET_AUTOPID) < 0)
		w.error = -errno;
	if (w.error == 0) {
		unlock(&w, before, rs);
		set_all(&w, rs);
	}
	(void)mnl_socket_close(w.socket);
	return w.error;
}
