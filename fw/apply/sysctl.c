/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/sysctl.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "lib/attr.h"
#include "lib/fdio.h"
#include "lib/mem.h"

struct setting {
	const char *path;
	const char *value;
};

static const struct setting prepare[] = {
	/* the proxy learns a connection's permit from its mark */
	{ "/proc/sys/net/ipv4/tcp_fwmark_accept", "1" },
	{ "/proc/sys/net/netfilter/nf_conntrack_acct", "1" },
	{ "/proc/sys/net/netfilter/nf_conntrack_timestamp", "1" },
	/* 1: also for connections that began before anybody listened */
	{ "/proc/sys/net/netfilter/nf_conntrack_events", "1" },
	/* packets of a connection that was cut must not begin it anew */
	{ "/proc/sys/net/netfilter/nf_conntrack_tcp_loose", "0" },
};

static const struct setting forward[] = {
	{ "/proc/sys/net/ipv4/ip_forward", "1" },
	{ "/proc/sys/net/ipv6/conf/all/forwarding", "1" },
};

/* There while br_netfilter is. */
static const struct setting bridge[] = {
	{ "/proc/sys/net/bridge/bridge-nf-call-iptables", "0" },
	{ "/proc/sys/net/bridge/bridge-nf-call-ip6tables", "0" },
	{ "/proc/sys/net/bridge/bridge-nf-call-arptables", "0" },
};

static const char *write_all(const struct setting *list, size_t count)
{
	const char *failed = NULL;

	for (size_t i = 0; i < count; i++) {
		CLEANUP(close_p) int fd = open(list[i].path, O_WRONLY | O_CLOEXEC);

		if (fd == -1 ||
		    fdio_write_all(fd, list[i].value, strlen(list[i].value)) < 0)
			failed = list[i].path;
	}
	return failed;
}

const char *sysctl_prepare(void)
{
	return write_all(prepare, ARRAY_LEN(prepare));
}

const char *sysctl_bridge(void)
{
	if (access(bridge[0].path, F_OK) == -1)
		return NULL;
	return write_all(bridge, ARRAY_LEN(bridge));
}

const char *sysctl_forward(void)
{
	return write_all(forward, ARRAY_LEN(forward));
}
