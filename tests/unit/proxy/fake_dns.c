/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/proxy/fake_dns.h"

#define TYPE_A     1
#define TYPE_CNAME 5
#define TYPE_AAAA  28
#define NOERROR    0
#define SERVFAIL   2
#define NXDOMAIN   3
#define LATE       1000 /* ms: far beyond the resolution delay */

/* What the server does beside answering as it should. */
enum trick {
	PLAIN,
	SILENT, /* no answer */
	TRUNCATED, /* over UDP: ask over TCP */
	GARBAGE, /* a header and then nothing that makes sense */
	CUT, /* the last record is not whole */
	WRONG_ID, /* first an answer with another id and addresses, then the right one */
	WRONG_NAME, /* the same with another question */
	ALIAS, /* CNAME to another name, which has the addresses */
	ALIAS_LOOP,
	STRANGER, /* the addresses belong to another name */
	SAME, /* the same address each time */
	MAPPED, /* ::ffff:192.0.2.1 */
	LOOPBACK, /* ::1 */
	UNROUTED, /* fe80::1, which needs an interface */
};

struct reply {
	enum trick trick;
	uint8_t rcode;
	unsigned count;
	uint32_t ttl;
	unsigned delay_ms;
};

struct script {
	const char *name; /* the first label */
	struct reply aaaa, a;
};

static const struct script scripts[] = {
	{ "both", { .count = 3, .ttl = 60 }, { .count = 2, .ttl = 60 } },
	{ "brief", { .count = 1, .ttl = 0 }, { .count = 1, .ttl = 60 } },
	{ "v4", { 0 }, { .count = 2, .ttl = 60 } },
	{ "v6", { .count = 2, .ttl = 60 }, { 0 } },
	{ "nx", { .rcode = NXDOMAIN }, { .rcode = NXDOMAIN } },
	{ "empty", { 0 }, { 0 } },
	{ "broken", { .rcode = SERVFAIL }, { .rcode = SERVFAIL } },
	{ "half", { .rcode = SERVFAIL }, { .count = 1, .ttl = 600 } },
	{ "negbroken", { .rcode = SERVFAIL }, { .rcode = NXDOMAIN } },
	{ "silent", { .trick = SILENT }, { .trick = SILENT } },
	{ "latev6",
	  { .count = 1, .ttl = 60, .delay_ms = LATE },
	  { .count = 1, .ttl = 60 } },
	{ "soonv6", { .count = 1, .ttl = 60, .delay_ms = 5 }, { .count = 1, .ttl = 60 } },
	{ "latev4",
	  { .trick = LOOPBACK, .count = 1, .ttl = 60 },
	  { .count = 1, .ttl = 60, .delay_ms = LATE } },
	{ "noroute",
	  { .trick = UNROUTED, .count = 1, .ttl = 60 },
	  { .count = 1, .ttl = 60, .delay_ms = LATE } },
	{ "big",
	  { .trick = TRUNCATED, .count = 20, .ttl = 9 },
	  { .count = 60, .ttl = 9 } },
	{ "huge", { 0 }, { .trick = TRUNCATED, .count = 3000, .ttl = 60 } },
	{ "garbage", { .trick = GARBAGE }, { .trick = GARBAGE } },
	{ "cut", { .trick = CUT, .count = 2 }, { .trick = CUT, .count = 2 } },
	{ "id", { 0 }, { .trick = WRONG_ID, .count = 1, .ttl = 60 } },
	{ "question", { 0 }, { .trick = WRONG_NAME, .count = 1, .ttl = 60 } },
	{ "alias", { 0 }, { .trick = ALIAS, .count = 1, .ttl = 60 } },
	{ "loop",
	  { .trick = ALIAS_LOOP, .count = 50 },
	  { .trick = ALIAS_LOOP, .count = 50 } },
	{ "stranger", { 0 }, { .trick = STRANGER, .count = 1, .ttl = 60 } },
	{ "same", { 0 }, { .trick = SAME, .count = 9, .ttl = 60 } },
	{ "mapped", { .trick = MAPPED, .count = 1 }, { .trick = SAME, .count = 1 } },
	{ "forever", { 0 }, { .count = 1, .ttl = UINT32_C(1) << 31 } },
};

struct delayed {
	struct loop_timer timer;
	struct fake_dns *s;
	struct sockaddr_storage from;
	socklen_t from_len;
	size_t len;
	uint8_t data[65536];
};

struct addr fake_dns_addr(const char *s)
{
	struct addr a;

	assert_int_equal(addr_parse(s, &a), 0);
	return a;
}

struct out {
	uint8_t *data;
	size_t len;
};

static void put(struct out *o, const void *data, size_t len)
{
	memcpy(o->data + o->len, data, len);
	o->len += len;
}

static void put16(struct out *o, unsigned v)
{
	put(o, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

static void put_record(struct out *o, unsigned owner, unsigned type, uint32_t ttl,
		       const void *data, size_t len)
{
	put16(o, owner);
	put16(o, type);
	put16(o, 1);
	put16(o, ttl >> 16);
	put16(o, ttl & 0xffff);
	put16(o, (unsigned)len);
	put(o, data, len);
}

static void put_addr(struct out *o, const struct reply *reply, unsigned owner,
		     unsigned type, unsigned n)
{
	struct addr a = fake_dns_addr(type == TYPE_A ? "192.0.2.1" : "2001:db8::1");

	if (reply->trick == MAPPED)
		memcpy(a.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	else if (reply->trick == LOOPBACK)
		a = fake_dns_addr("::1");
	else if (reply->trick == UNROUTED)
		a = fake_dns_addr("fe80::1");
	else if (type == TYPE_AAAA)
		a.bytes[15] = (uint8_t)(n + 1);
	else if (reply->trick != SAME)
		memcpy(a.bytes + 2,
		       (uint8_t[]){ (uint8_t)(n / 255), (uint8_t)(n % 255 + 1) }, 2);
	put_record(o, owner, type, reply->ttl, a.bytes, type == TYPE_A ? 4 : 16);
}

#define QUESTION_AT 0xc00c /* a pointer to the question's name */

static void put_answers(struct out *o, const struct reply *reply, unsigned type)
{
	unsigned owner = QUESTION_AT;

	if (reply->trick == ALIAS || reply->trick == STRANGER) {
		unsigned at = (unsigned)o->len + 12; /* where the record's data begins */

		put_record(o, QUESTION_AT, reply->trick == ALIAS ? TYPE_CNAME : 16, 30,
			   "\5other\7example", 15);
		owner = 0xc000 | at;
	}
	for (unsigned n = 0; n < reply->count; n++) {
		if (reply->trick == ALIAS_LOOP)
			put_record(o, QUESTION_AT, TYPE_CNAME, 30, "\xc0\x0c", 2);
		else
			put_addr(o, reply, owner, type, n);
	}
}

static size_t build(const uint8_t *question, size_t question_len,
		    const struct reply *reply, unsigned type, bool over_tcp, uint8_t *dst)
{
	struct out o = { .data = dst };
	bool cut = reply->trick == TRUNCATED && !over_tcp;
	unsigned records =
		reply->count + (reply->trick == ALIAS || reply->trick == STRANGER);

	put(&o, question, 2);
	put16(&o, 0x8180u | (cut ? 0x200u : 0) | reply->rcode);
	put16(&o, 1);
	put16(&o, cut ? 0 : reply->trick == GARBAGE ? 7 : records);
	put16(&o, 0);
	put16(&o, 0);
	put(&o, question + 12, question_len - 12);
	if (reply->trick == GARBAGE)
		put(&o, "\xc0\xff\xff\xff\xff\xff\xff", 7);
	else if (!cut)
		put_answers(&o, reply, type);
	return reply->trick == CUT ? o.len - 3 : o.len;
}

static const struct reply *find_reply(const uint8_t *data, size_t len, unsigned *ret_type,
				      size_t *ret_len)
{
	static const struct reply plain = { .count = 1, .ttl = 60 };
	size_t at = 12;

	while (at < len && data[at] != 0)
		at += data[at] + 1u;
	assert_true(at + 5 <= len);
	*ret_type = (unsigned)data[at + 1] << 8 | data[at + 2];
	*ret_len = at + 5;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		size_t n = strlen(scripts[i].name);

		if (data[12] == n && memcmp(data + 13, scripts[i].name, n) == 0)
			return *ret_type == TYPE_A ? &scripts[i].a : &scripts[i].aaaa;
	}
	return &plain;
}

static void send_to(struct fake_dns *s, const struct delayed *d)
{
	assert_int_equal(sendto(s->udp, d->data, d->len, 0,
				(const struct sockaddr *)&d->from, d->from_len),
			 d->len);
}

static void on_delayed(void *user)
{
	struct delayed *d = user;

	send_to(d->s, d);
	d->s->delayed--;
	free(d);
}

/* An answer that must not be believed goes out first. */
static void send_forged(struct fake_dns *s, const struct delayed *d, enum trick trick)
{
	static struct delayed forged;

	forged = *d;
	if (trick == WRONG_ID)
		forged.data[0] ^= 0x55;
	else
		forged.data[13] ^= 1;
	forged.data[d->len - 1] = 99;
	send_to(s, &forged);
}

static void on_question(struct loop_io *io)
{
	static struct delayed now;
	struct fake_dns *s = io->user;
	struct delayed *d = &now; /* takes no memory: that may be made to fail */
	const struct reply *reply;
	uint8_t question[512];
	size_t question_len;
	unsigned type;
	uint16_t port;
	ssize_t n;

	io->ready = 0;
	d->from_len = sizeof(d->from);
	n = recvfrom(s->udp, question, sizeof(question), 0, (struct sockaddr *)&d->from,
		     &d->from_len);
	assert_true(n > 12);
	(void)addr_from_sockaddr((struct sockaddr *)&d->from, &port);
	s->asked++;
	s->ports += port != s->last_port;
	s->last_port = port;
	reply = find_reply(question, (size_t)n, &type, &question_len);
	d->s = s;
	d->len = build(question, question_len, reply, type, false, d->data);
	if (reply->trick == WRONG_ID || reply->trick == WRONG_NAME)
		send_forged(s, d, reply->trick);
	if (reply->delay_ms != 0) {
		d = malloc(sizeof(*d));
		assert_non_null(d);
		*d = now;
		d->timer = (struct loop_timer){ .fn = on_delayed, .user = d };
		assert_int_equal(loop_timer_set(s->loop, &d->timer, reply->delay_ms), 0);
		s->delayed++;
		return;
	}
	if (reply->trick != SILENT)
		send_to(s, d);
}

/* A question is small and comes in one piece. */
static void on_tcp_question(struct loop_io *io)
{
	static uint8_t answer[65536 + 2];
	struct fake_dns *s = io->user;
	const struct reply *reply;
	uint8_t question[512];
	size_t len;
	unsigned type;
	ssize_t n = read(io->fd, question, sizeof(question));

	if (n > 0) {
		assert_int_equal(n, 2 + (question[0] << 8 | question[1]));
		s->asked_tcp++;
		reply = find_reply(question + 2, (size_t)n - 2, &type, &len);
		len = build(question + 2, len, reply, type, true, answer + 2);
		answer[0] = (uint8_t)(len >> 8);
		answer[1] = (uint8_t)len;
		assert_int_equal(write(io->fd, answer, len + 2), len + 2);
	}
	loop_io_close(io);
}

static void on_tcp(struct loop_io *io)
{
	struct fake_dns *s = io->user;
	struct loop_io *conn;
	int room = 1 << 18; /* for a whole answer */
	int fd = accept(s->tcp, NULL, NULL);

	io->ready = 0;
	assert_int_not_equal(fd, -1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	assert_int_equal(loop_io_new(s->loop, fd, EPOLLIN, on_tcp_question, s, &conn), 0);
}

int fake_dns_bind(int type, uint16_t *port)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(fake_dns_addr("127.0.0.1"), *port, &ss);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_not_equal(fd, -1);
	if (bind(fd, (struct sockaddr *)&ss, len) == -1) {
		(void)close(fd);
		return -1;
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	(void)addr_from_sockaddr((struct sockaddr *)&ss, port);
	return fd;
}

void fake_dns_start(struct fake_dns *s, struct loop *l)
{
	int room = 1 << 22; /* for thousands of questions */

	*s = (struct fake_dns){ .loop = l, .tcp = -1 };
	while (s->tcp == -1) { /* until both can have the same port */
		s->port = 0;
		s->udp = fake_dns_bind(SOCK_DGRAM, &s->port);
		s->tcp = fake_dns_bind(SOCK_STREAM, &s->port);
		if (s->tcp == -1)
			(void)close(s->udp);
	}
	(void)setsockopt(s->udp, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	assert_int_equal(listen(s->tcp, 16), 0);
	assert_int_equal(loop_io_new(l, s->udp, EPOLLIN, on_question, s, &s->udp_io), 0);
	assert_int_equal(loop_io_new(l, s->tcp, EPOLLIN, on_tcp, s, &s->tcp_io), 0);
}

void fake_dns_end(struct fake_dns *s)
{
	loop_io_close(s->udp_io);
	loop_io_close(s->tcp_io);
}
