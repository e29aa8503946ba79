/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proxy/resolver.h"
#include "tests/support/alloc_fail.h"

#define GUARD_MS   30000
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

struct server {
	struct loop *loop;
	int udp, tcp;
	struct loop_io *udp_io, *tcp_io;
	uint16_t port;
	unsigned asked, asked_tcp;
	unsigned ports; /* how many ports the questions came from, one after another */
	uint16_t last_port;
	unsigned delayed;
};

struct delayed {
	struct loop_timer timer;
	struct server *s;
	struct sockaddr_storage from;
	socklen_t from_len;
	size_t len;
	uint8_t data[65536];
};

struct world {
	struct loop *loop;
	struct server server;
	struct resolver *r;
	struct loop_timer guard;
};

struct result {
	struct world *w;
	struct resolver_query *q;
	unsigned calls;
	int error;
	size_t count;
	struct addr addr[RESOLVER_ADDRESSES_MAX];
};

static struct addr text(const char *s)
{
	struct addr a;

	assert_int_equal(addr_parse(s, &a), 0);
	return a;
}

/* --- the server --- */

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
	struct addr a = text(type == TYPE_A ? "192.0.2.1" : "2001:db8::1");

	if (reply->trick == MAPPED)
		memcpy(a.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\2\1", 16);
	else if (reply->trick == LOOPBACK)
		a = text("::1");
	else if (reply->trick == UNROUTED)
		a = text("fe80::1");
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

static void send_to(struct server *s, const struct delayed *d)
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
static void send_forged(struct server *s, const struct delayed *d, enum trick trick)
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
	struct server *s = io->user;
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
	struct server *s = io->user;
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
	struct server *s = io->user;
	struct loop_io *conn;
	int room = 1 << 18; /* for a whole answer */
	int fd = accept(s->tcp, NULL, NULL);

	io->ready = 0;
	assert_int_not_equal(fd, -1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	assert_int_equal(loop_io_new(s->loop, fd, EPOLLIN, on_tcp_question, s, &conn), 0);
}

static int bind_at(int type, uint16_t *port)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(text("127.0.0.1"), *port, &ss);
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

static void server_start(struct server *s, struct loop *l)
{
	int room = 1 << 22; /* for thousands of questions */

	*s = (struct server){ .loop = l, .tcp = -1 };
	while (s->tcp == -1) { /* until both can have the same port */
		s->port = 0;
		s->udp = bind_at(SOCK_DGRAM, &s->port);
		s->tcp = bind_at(SOCK_STREAM, &s->port);
		if (s->tcp == -1)
			(void)close(s->udp);
	}
	(void)setsockopt(s->udp, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	assert_int_equal(listen(s->tcp, 16), 0);
	assert_int_equal(loop_io_new(l, s->udp, EPOLLIN, on_question, s, &s->udp_io), 0);
	assert_int_equal(loop_io_new(l, s->tcp, EPOLLIN, on_tcp, s, &s->tcp_io), 0);
}

/* --- the frame of a test --- */

static void on_stop(void *user)
{
	loop_stop(user);
}

static void run_ms(struct world *w, int64_t ms)
{
	struct loop_timer t = { .fn = on_stop, .user = w->loop };

	assert_int_equal(loop_timer_set(w->loop, &t, ms), 0);
	assert_int_equal(loop_run(w->loop), 0);
	loop_timer_clear(w->loop, &t);
}

static void on_guard(void *user)
{
	(void)user;
	fail_msg("%s", "nothing happened");
}

static int use_server(struct world *w)
{
	struct addr server = text("127.0.0.1");

	return resolver_use_port(w->r, &server, 1, w->server.port);
}

static int setup(void **state)
{
	static struct world w;

	w = (struct world){ .guard = { .fn = on_guard } };
	assert_int_equal(loop_new(&w.loop), 0);
	assert_int_equal(loop_timer_set(w.loop, &w.guard, GUARD_MS), 0);
	server_start(&w.server, w.loop);
	assert_int_equal(resolver_new(w.loop, &w.r), 0);
	assert_int_equal(use_server(&w), 0);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	resolver_free(w->r);
	while (w->server.delayed != 0)
		run_ms(w, 20);
	loop_io_close(w->server.udp_io);
	loop_io_close(w->server.tcp_io);
	loop_timer_clear(w->loop, &w->guard);
	loop_free(w->loop);
	return 0;
}

static void on_done(void *user, int error, const struct addr *addr, size_t count)
{
	struct result *res = user;

	assert_true((error == 0) == (count > 0));
	assert_true(count <= RESOLVER_ADDRESSES_MAX);
	res->q = NULL;
	res->calls++;
	res->error = error;
	res->count = count;
	memcpy(res->addr, addr, count * sizeof(*addr));
	loop_stop(res->w->loop);
}

static void start(struct world *w, const char *name, struct result *res)
{
	*res = (struct result){ .w = w };
	assert_int_equal(resolver_start(w->r, name, on_done, res, &res->q), 0);
}

static struct result ask(struct world *w, const char *name)
{
	static struct result res;

	start(w, name, &res);
	while (res.calls == 0)
		assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(res.calls, 1);
	return res;
}

/* Is the answer there without anybody being asked? */
static bool is_cached(struct world *w, const char *name, struct result *res)
{
	start(w, name, res);
	if (res->calls != 0) {
		assert_null(res->q);
		return true;
	}
	resolver_cancel(res->q);
	return false;
}

static void assert_addrs(const struct result *res, const char *const *want)
{
	size_t n = 0;

	assert_int_equal(res->error, 0);
	for (; want[n] != NULL; n++) {
		char got[ADDR_TEXT_MAX];

		assert_true(n < res->count);
		addr_format(res->addr[n], got);
		assert_string_equal(got, want[n]);
	}
	assert_int_equal(res->count, n);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* --- tests --- */

static void test_order(void **state)
{
	struct world *w = *state;
	struct result res = ask(w, "both.example");

	assert_addrs(&res, LIST("2001:db8::1", "192.0.0.1", "2001:db8::2", "192.0.0.2",
				"2001:db8::3"));
	res = ask(w, "v4.example");
	assert_addrs(&res, LIST("192.0.0.1", "192.0.0.2"));
	res = ask(w, "v6.example");
	assert_addrs(&res, LIST("2001:db8::1", "2001:db8::2"));
	assert_int_equal(w->server.asked, 6);
}

static void test_nothing(void **state)
{
	struct world *w = *state;
	struct result res = ask(w, "nx.example");

	assert_int_equal(res.error, -ENOENT);
	assert_int_equal(ask(w, "empty.example").error, -ENOENT);
	assert_int_equal(w->server.asked, 4);
	assert_true(is_cached(w, "nx.example", &res));
	assert_int_equal(res.error, -ENOENT);
	assert_true(is_cached(w, "empty.example", &res));
	assert_int_equal(res.error, -ENOENT);
	assert_int_equal(w->server.asked, 4);
}

static void test_failures(void **state)
{
	struct world *w = *state;
	struct result res = ask(w, "broken.example");
	unsigned asked = w->server.asked;

	assert_int_equal(res.error, -EIO);
	assert_true(is_cached(w, "broken.example", &res));
	assert_int_equal(res.error, -EIO);
	assert_int_equal(ask(w, "negbroken.example").error, -EIO);
	run_ms(w, 1100);
	assert_int_equal(ask(w, "broken.example").error, -EIO);
	assert_true(w->server.asked > asked);
	res = ask(w, "half.example");
	assert_addrs(&res, LIST("192.0.0.1"));
}

static void test_ttl(void **state)
{
	struct world *w = *state;
	struct result res = ask(w, "brief.example");

	assert_int_equal(res.count, 2);
	assert_true(is_cached(w, "brief.example", &res)); /* 0 is taken for 1 s */
	assert_true(is_cached(w, "brief.example", &res));
	assert_addrs(&res, LIST("2001:db8::1", "192.0.0.1"));
	assert_int_equal(ask(w, "forever.example").error, 0);
	assert_int_equal(ask(w, "both.example").error, 0);
	run_ms(w, 1100);
	assert_false(is_cached(w, "brief.example", &res));
	assert_false(is_cached(w, "forever.example", &res)); /* 2^31 is no TTL: 0 */
	assert_true(is_cached(w, "both.example", &res));
}

/* The one that is late is not waited for, but kept when it comes. */
static void test_late(void **state)
{
	struct world *w = *state;
	struct result res = ask(w, "soonv6.example");

	assert_addrs(&res, LIST("2001:db8::1", "192.0.0.1"));
	res = ask(w, "latev6.example");
	assert_addrs(&res, LIST("192.0.0.1"));
	assert_true(is_cached(w, "latev6.example", &res));
	assert_addrs(&res, LIST("192.0.0.1"));
	while (w->server.delayed != 0)
		run_ms(w, 20);
	run_ms(w, 20);
	assert_true(is_cached(w, "latev6.example", &res));
	assert_addrs(&res, LIST("2001:db8::1", "192.0.0.1"));
}

static bool has_ipv6(void)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(text("::1"), 53, &ss);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	bool ok = fd != -1 && connect(fd, (struct sockaddr *)&ss, len) == 0;

	if (fd != -1)
		(void)close(fd);
	return ok;
}

static void test_late_ipv4(void **state)
{
	struct world *w = *state;
	struct result res;

	if (has_ipv6()) {
		res = ask(w, "latev4.example");
		assert_addrs(&res, LIST("::1"));
	}
	/* with nowhere to send IPv6 packets, IPv4 is what counts */
	res = ask(w, "noroute.example");
	assert_addrs(&res, LIST("fe80::1", "192.0.0.1"));
}

static void test_big(void **state)
{
	struct world *w = *state;
	struct result res = ask(w, "big.example");

	assert_true(w->server.asked_tcp > 0);
	assert_int_equal(res.count, RESOLVER_ADDRESSES_MAX);
	for (size_t i = 0; i < res.count; i++)
		assert_int_equal(res.addr[i].family, i % 2 == 0 ? 6 : 4);
	res = ask(w, "huge.example");
	assert_int_equal(res.count, RESOLVER_ADDRESSES_MAX);
}

static void test_hostile(void **state)
{
	struct world *w = *state;
	struct result res = ask(w, "id.example");

	assert_addrs(&res, LIST("192.0.0.1"));
	res = ask(w, "question.example");
	assert_addrs(&res, LIST("192.0.0.1"));
	res = ask(w, "alias.example");
	assert_addrs(&res, LIST("192.0.0.1"));
	res = ask(w, "same.example");
	assert_addrs(&res, LIST("192.0.2.1"));
	res = ask(w, "mapped.example");
	assert_addrs(&res, LIST("192.0.2.1"));
	assert_int_not_equal(ask(w, "garbage.example").error, 0);
	assert_int_not_equal(ask(w, "cut.example").error, 0);
	assert_int_not_equal(ask(w, "loop.example").error, 0);
	assert_int_not_equal(ask(w, "stranger.example").error, 0);
}

static void test_joined(void **state)
{
	struct world *w = *state;
	struct result res[4];

	for (size_t i = 0; i < 4; i++)
		start(w, "soonv6.example", &res[i]);
	resolver_cancel(res[1].q);
	resolver_cancel(res[3].q);
	while (res[0].calls == 0 || res[2].calls == 0)
		assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->server.asked, 2);
	assert_int_equal(res[0].calls + res[2].calls, 2);
	assert_int_equal(res[1].calls + res[3].calls, 0);
	assert_addrs(&res[2], LIST("2001:db8::1", "192.0.0.1"));
}

static void test_cancel(void **state)
{
	struct world *w = *state;
	struct result res, again;

	resolver_cancel(NULL);
	start(w, "both.example", &res);
	resolver_cancel(res.q);
	run_ms(w, 50);
	assert_int_equal(res.calls, 0);
	assert_true(is_cached(w, "both.example", &again)); /* the answer is not wasted */
	start(w, "latev6.example", &res);
	run_ms(w, 20); /* within the resolution delay */
	resolver_cancel(res.q);
	run_ms(w, 100);
	assert_int_equal(res.calls, 0);
}

static void test_cached_takes_no_memory(void **state)
{
	struct world *w = *state;
	struct result res;

	(void)ask(w, "both.example");
	alloc_fail_at(1);
	assert_true(is_cached(w, "both.example", &res));
	assert_false(alloc_fail_fired());
	alloc_fail_at(0);
	assert_int_equal(res.count, 5);
}

static void test_other_servers(void **state)
{
	struct world *w = *state;
	struct addr dead_first[2] = { text("127.0.0.2"), text("127.0.0.1") };
	struct result res, late;

	(void)ask(w, "both.example");
	start(w, "silent.example", &res);
	start(w, "latev6.example", &late);
	run_ms(w, 10); /* half of that answer is there */
	assert_int_equal(use_server(w), 0); /* the same ones */
	assert_int_equal(res.calls + late.calls, 0);
	assert_int_equal(resolver_use_port(w->r, dead_first, 2, w->server.port), 0);
	assert_int_equal(res.error, -EIO);
	assert_int_equal(late.error, -EIO);
	assert_false(is_cached(w, "both.example", &res));
	assert_int_equal(ask(w, "both.example").error, 0); /* from the second */
	assert_int_equal(resolver_use(w->r, NULL, 0), 0);
	assert_int_equal(resolver_start(w->r, "both.example", on_done, &res, &res.q),
			 -ENOTCONN);
}

static void test_dead_server(void **state)
{
	struct world *w = *state;
	struct result res = ask(w, "silent.example");

	assert_int_equal(res.error, -EIO);
	assert_true(w->server.asked >= 4); /* twice each */
	assert_true(is_cached(w, "silent.example", &res));
}

static void test_free_under_way(void **state)
{
	struct world *w = *state;
	struct result res[3];

	start(w, "silent.example", &res[0]);
	start(w, "silent.example", &res[1]);
	start(w, "latev6.example", &res[2]);
	run_ms(w, 20);
	resolver_free(w->r);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(res[i].calls, 1);
		assert_int_equal(res[i].error, -EIO);
	}
	assert_int_equal(resolver_new(w->loop, &w->r), 0);
	assert_int_equal(resolver_start(w->r, "a", on_done, res, &res[0].q), -ENOTCONN);
}

/* A question that is never answered must not keep the source port. */
static void test_ports(void **state)
{
	struct world *w = *state;
	struct result held;
	char name[32];

	start(w, "silent.example", &held);
	for (unsigned i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "n%u.example", i);
		assert_int_equal(ask(w, name).error, 0);
	}
	assert_true(w->server.ports >= 4); /* 400 questions, 128 a port */
	resolver_cancel(held.q);
}

static void test_limits(void **state)
{
	static struct result res[RESOLVER_QUERIES_MAX];
	struct world *w = *state;
	struct result more = { .w = w };
	char name[256];

	memset(name, 'a', sizeof(name) - 1);
	name[254] = '\0';
	assert_int_equal(resolver_start(w->r, name, on_done, &more, &more.q), -EINVAL);
	assert_int_equal(resolver_start(w->r, "", on_done, &more, &more.q), -EINVAL);
	name[253] = '\0'; /* labels are too long: c-ares refuses it at once */
	start(w, name, &more);
	assert_int_equal(more.calls, 1);
	assert_int_equal(more.error, -EIO);
	for (size_t i = 0; i < RESOLVER_QUERIES_MAX; i++)
		start(w, "silent.example", &res[i]);
	assert_int_equal(resolver_start(w->r, "silent.example", on_done, &more, &more.q),
			 -EBUSY);
	resolver_cancel(res[77].q);
	start(w, "silent.example", &res[77]);
	for (size_t i = 0; i < RESOLVER_QUERIES_MAX; i++)
		resolver_cancel(res[i].q);
}

/* Many names at once, more than there may be, each with its own answer or -EBUSY. */
static void test_many_names(void **state)
{
	static struct result res[RESOLVER_QUERIES_MAX];
	struct world *w = *state;
	struct result more = { .w = w };
	char name[32];

	for (unsigned i = 0; i < RESOLVER_QUERIES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "silent.n%u.example", i);
		start(w, name, &res[i]);
		resolver_cancel(res[i].q); /* the names stay asked for */
	}
	assert_int_equal(resolver_start(w->r, "one.more", on_done, &more, &more.q),
			 -EBUSY);
}

struct wild {
	struct world *w;
	struct result other;
	struct resolver_query *sibling;
	unsigned calls;
};

/* One who is told uses everything that may be used then. */
static void on_done_wild(void *user, int error, const struct addr *addr, size_t count)
{
	struct wild *wild = user;
	struct addr server = text("127.0.0.3");

	(void)addr;
	(void)count;
	assert_int_equal(error, 0);
	wild->calls++;
	resolver_cancel(wild->sibling);
	start(wild->w, "v4.example", &wild->other);
	assert_int_equal(wild->other.calls, 0);
	assert_int_equal(resolver_use_port(wild->w->r, &server, 1, 9), 0);
	assert_int_equal(wild->other.calls, 1);
	assert_int_equal(wild->other.error, -EIO);
	assert_int_equal(use_server(wild->w), 0);
	start(wild->w, "v6.example", &wild->other);
}

static void test_wild_done(void **state)
{
	static const char *const names[] = { "both.example", "latev6.example" };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct wild wild = { .w = w };
		struct resolver_query *q;
		struct result sibling;

		/* those who came last are told first */
		start(w, names[i], &sibling);
		wild.sibling = sibling.q;
		assert_int_equal(resolver_start(w->r, names[i], on_done_wild, &wild, &q),
				 0);
		while (wild.calls == 0 || wild.other.calls == 0)
			assert_int_equal(loop_run(w->loop), 0);
		assert_int_equal(wild.calls, 1);
		assert_int_equal(sibling.calls, 0);
		assert_addrs(&wild.other, LIST("2001:db8::1", "2001:db8::2"));
	}
}

static const char *const moved[] = { "both.example", "v4.example" };

/* Told of the change while the other name still waits for its end: that one is over. */
static void on_done_moved(void *user, int error, const struct addr *addr, size_t count)
{
	struct result *res = user; /* for each name: its end, and the new try */

	(void)addr;
	(void)count;
	assert_int_equal(error, -EIO);
	if (res[0].calls++ != 0)
		return;
	for (size_t i = 0; i < ARRAY_LEN(moved); i++)
		start(res[0].w, moved[i], &res[i + 1]);
}

static void test_change_is_for_old_names_only(void **state)
{
	struct world *w = *state;
	struct addr server = text("127.0.0.1");
	struct result res[3] = { { .w = w } };
	struct resolver_query *q;
	uint16_t port = 0;
	int silent = bind_at(SOCK_DGRAM, &port);

	assert_int_equal(resolver_use_port(w->r, &server, 1, port), 0);
	for (size_t i = 0; i < ARRAY_LEN(moved); i++)
		assert_int_equal(resolver_start(w->r, moved[i], on_done_moved, res, &q),
				 0);
	assert_int_equal(use_server(w), 0);
	assert_int_equal(res[0].calls, 2);
	while (res[1].calls == 0 || res[2].calls == 0)
		assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(res[1].count, 5);
	assert_int_equal(res[2].count, 2);
	(void)close(silent);
}

static void on_done_again(void *user, int error, const struct addr *addr, size_t count)
{
	struct result *res = user;

	assert_int_equal(error, -EIO);
	(void)addr;
	(void)count;
	res->calls++;
	assert_int_equal(resolver_start(res->w->r, "v4.example", on_done, res, &res->q),
			 -ENOTCONN);
}

static void test_start_in_free(void **state)
{
	struct world *w = *state;
	struct result res = { .w = w };

	assert_int_equal(
		resolver_start(w->r, "both.example", on_done_again, &res, &res.q), 0);
	resolver_free(w->r);
	assert_int_equal(res.calls, 1);
	assert_int_equal(resolver_new(w->loop, &w->r), 0);
}

static void try_without_memory(struct world *w, unsigned nth)
{
	struct result res = { .w = w };
	int r;

	alloc_fail_at(nth);
	r = resolver_new(w->loop, &w->r);
	if (r < 0) {
		assert_int_equal(r, -ENOMEM);
		w->r = NULL;
		return;
	}
	r = use_server(w);
	if (r < 0)
		assert_int_equal(r, -ENOMEM);
	else
		r = resolver_start(w->r, "both.example", on_done, &res, &res.q);
	if (r < 0)
		assert_int_equal(r, -ENOMEM);
	/* the rest may last as long as a dead server: what counts is that it ends */
	if (r == 0 && res.calls == 0)
		run_ms(w, 50);
	resolver_free(w->r);
	w->r = NULL;
	assert_int_equal(res.calls, r == 0);
}

static void test_no_memory(void **state)
{
	struct world *w = *state;
	bool fired = true;

	resolver_free(w->r);
	for (unsigned n = 1; fired; n++) {
		try_without_memory(w, n);
		fired = alloc_fail_fired();
		alloc_fail_at(0);
		assert_true(n < 100);
	}
}

#define DNS_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DNS_TEST(test_order),
		DNS_TEST(test_nothing),
		DNS_TEST(test_failures),
		DNS_TEST(test_ttl),
		DNS_TEST(test_late),
		DNS_TEST(test_late_ipv4),
		DNS_TEST(test_big),
		DNS_TEST(test_hostile),
		DNS_TEST(test_joined),
		DNS_TEST(test_cancel),
		DNS_TEST(test_cached_takes_no_memory),
		DNS_TEST(test_other_servers),
		DNS_TEST(test_dead_server),
		DNS_TEST(test_free_under_way),
		DNS_TEST(test_ports),
		DNS_TEST(test_limits),
		DNS_TEST(test_many_names),
		DNS_TEST(test_wild_done),
		DNS_TEST(test_change_is_for_old_names_only),
		DNS_TEST(test_start_in_free),
		DNS_TEST(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
