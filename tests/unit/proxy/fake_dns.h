/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fake_dns - a name server in the test's own loop, with answers good and bad
 *
 * What it answers goes by the first label of the name: the table in fake_dns.c.
 */
#ifndef TESTS_UNIT_PROXY_FAKE_DNS_H
#define TESTS_UNIT_PROXY_FAKE_DNS_H

#include <stdint.h>

#include "lib/addr.h"
#include "proxy/loop.h"

struct fake_dns {
	struct loop *loop;
	int udp, tcp;
	struct loop_io *udp_io, *tcp_io;
	uint16_t port;
	unsigned asked, asked_tcp;
	unsigned ports; /* how many ports the questions came from, one after another */
	uint16_t last_port;
	unsigned delayed;
};

/* On 127.0.0.1, UDP and TCP at the same port. */
void fake_dns_start(struct fake_dns *s, struct loop *l);

/* Once delayed is 0. */
void fake_dns_end(struct fake_dns *s);

/* From its text. */
struct addr fake_dns_addr(const char *text);

/* A socket of that type on 127.0.0.1 (port 0: any, written back); -1: the port is taken. */
int fake_dns_bind(int type, uint16_t *port);

#endif
