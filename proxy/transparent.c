/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/transparent.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/str.h"
#include "proxy/clienthello.h"
#include "proxy/judge.h"
#include "proxy/reply.h"

/* SO_ORIGINAL_DST and IP6T_SO_ORIGINAL_DST; their headers do not go with netinet/in.h */
#define ORIGINAL_DST 80

#define DETAIL "transparent"

/* A fatal alert, access_denied (RFC 8446 6.2) */
#define ALERT "\x15\x03\x03\x00\x02\x02\x31"

bool transparent_is_used(const struct snapshot *snap)
{
	const struct policy_proxy *p = snap != NULL ? &snap->rev->policy->proxy : NULL;

	return p != NULL && p->present && p->transparent_count != 0;
}

/* Where the client wanted to go; family 0 when that was here. */
static struct addr original(int fd, uint16_t *ret_port)
{
	struct sockaddr_storage here = { 0 }, there = { 0 };
	socklen_t here_len = sizeof(here), there_len = sizeof(there);
	struct addr own, was;
	uint16_t own_port = 0, port = 0;

	if (getsockname(fd, (struct sockaddr *)&here, &here_len) == -1)
		return (struct addr){ 0 };
	own = addr_unmap(addr_from_sockaddr((const struct sockaddr *)&here, &own_port));
	if (own.family == 0 || getsockopt(fd, own.family == 4 ? IPPROTO_IP : IPPROTO_IPV6,
					  ORIGINAL_DST, &there, &there_len) == -1)
		return (struct addr){ 0 };
	was = addr_unmap(addr_from_sockaddr((const struct sockaddr *)&there, &port));
	if (port == own_port && addr_equal(was, own))
		return (struct addr){ 0 };
	*ret_port = port;
	return was;
}

uint16_t transparent_port_of(int fd)
{
	uint16_t port = 0;

	return original(fd, &port).family != 0 ? port : 0;
}

bool transparent_is_refused(const struct conn *c)
{
	const struct snapshot *snap = c->w->snap;
	const struct policy_proxy *p;
	size_t zone;

	if (c->meant_port == 0 || snap == NULL)
		return false;
	p = &snap->rev->policy->proxy;
	zone = snapshot_zone(snap, c->src);
	return !p->present ||
	       !policy_zone_listed(p->transparent, p->transparent_count, zone);
}

void transparent_answer(struct conn *c)
{
	reply_say(c, ALERT, sizeof(ALERT) - 1);
}

static int begin(struct conn *c)
{
	struct declog_facts *f;

	if (request_begin(c) < 0)
		return -ENOMEM;
	f = &c->rq->facts;
	c->rq->tunnel = true;
	f->dst_port = c->meant_port;
	(void)str_copy(f->method, sizeof(f->method), "CONNECT");
	(void)str_copy(f->detail, sizeof(f->detail), DETAIL);
	return 0;
}

/* No name to decide about: the record says at least where it wanted to go. */
static void refuse(struct conn *c, enum reason reason)
{
	uint16_t port;

	if (begin(c) < 0) {
		conn_end(c, REASON_OVERLOAD);
		return;
	}
	c->rq->facts.dst = original(c->client->fd, &port);
	(void)judge_note(c);
	reply_refuse(c, transparent_is_refused(c) ? REASON_ZONE : reason, 403);
}

static void ask_for(struct conn *c, const struct clienthello *hello)
{
	struct declog_facts *f;

	if (begin(c) < 0) {
		conn_end(c, REASON_OVERLOAD);
		return;
	}
	f = &c->rq->facts;
	(void)str_copy(f->host, sizeof(f->host), hello->name);
	c->rq->hello_len = hello->length;
	c->tls_version = hello->version;
	c->tls_ech = hello->ech;
	if (!judge_admit(c))
		return;
	if (hello->ech && conn_refuses_ech(c)) {
		(void)str_copy(f->detail, sizeof(f->detail), DETAIL ", ECH");
		reply_refuse(c, REASON_SNI, 403);
		return;
	}
	contact_start(c);
}

static void look(struct conn *c)
{
	struct clienthello hello;
	int r = clienthello_read((const uint8_t *)c->in, c->in_len, &hello);

	if (r < 0)
		refuse(c, REASON_NOT_TLS);
	else if (r > 0 && hello.name[0] == '\0')
		refuse(c, REASON_SNI);
	else if (r > 0)
		ask_for(c, &hello);
}

void transparent_read(struct conn *c)
{
	while (c->state == CONN_SNI) {
		ssize_t n = flow_read(c->client, c->w->tools.chunk, CLIENTHELLO_MAX);

		if (n == -EAGAIN)
			return;
		if (n <= 0 && c->in_len == 0)
			conn_end(c, REASON_CLOSED); /* it asked for nothing */
		else if (n <= 0)
			refuse(c, REASON_NOT_TLS);
		else if (conn_hold(c, c->w->tools.chunk, (size_t)n) < 0)
			conn_end(c, REASON_OVERLOAD);
		else
			look(c);
	}
}

void transparent_timeout(struct conn *c)
{
	if (c->in_len == 0)
		conn_end(c, REASON_CLOSED);
	else
		refuse(c, REASON_NOT_TLS);
}
