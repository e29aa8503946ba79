/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/probe/route.h"

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#define ANSWER_MAX 8192

static int on_attr(const struct nlattr *a, void *user)
{
	uint32_t *oif = user;

	if (mnl_attr_get_type(a) == RTA_OIF && mnl_attr_validate(a, MNL_TYPE_U32) == 0)
		*oif = mnl_attr_get_u32(a);
	return MNL_CB_OK;
}

static int on_route(const struct nlmsghdr *nlh, void *user)
{
	const struct rtmsg *m = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_len >= NLMSG_LENGTH(sizeof(*m)) && m->rtm_type == RTN_UNICAST)
		(void)mnl_attr_parse(nlh, sizeof(*m), on_attr, user);
	return MNL_CB_STOP;
}

static uint32_t ask(struct mnl_socket *s, struct addr to)
{
	_Alignas(struct nlmsghdr) char buf[ANSWER_MAX];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(nlh, sizeof(*m));
	size_t size = to.family == 4 ? 4 : 16;
	uint32_t oif = 0;
	ssize_t got;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	nlh->nlmsg_seq = 1;
	m->rtm_family = to.family == 4 ? AF_INET : AF_INET6;
	m->rtm_dst_len = (uint8_t)(size * 8);
	mnl_attr_put(nlh, RTA_DST, size, to.bytes);
	if (mnl_socket_sendto(s, nlh, nlh->nlmsg_len) == -1)
		return 0;
	got = mnl_socket_recvfrom(s, buf, sizeof(buf));
	if (got <= 0 ||
	    mnl_cb_run(buf, (size_t)got, 1, mnl_socket_get_portid(s), on_route, &oif) < 0)
		return 0;
	return oif;
}

bool route_to(struct addr to, char ret_interface[16])
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	uint32_t oif = 0;

	if (s == NULL)
		return false;
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) == 0)
		oif = ask(s, to);
	(void)mnl_socket_close(s);
	return oif != 0 && if_indextoname(oif, ret_interface) != NULL;
}
