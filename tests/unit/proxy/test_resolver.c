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
#include "tests/unit/proxy/fake_dns.h"

#define GUARD_MS 30000
#define TRIES    20

struct world {
	struct loop *loop;
	struct fake_dns server;
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
	struct addr server = fake_dns_addr("127.0.0.1");

	return resolver_use_port(w->r, &server, 1, w->server.port);
}

static int setup(void **state)
{
	static struct world w;

	w = (struct world){ .guard = { .fn = on_guard } };
	assert_int_equal(loop_new(&w.loop), 0);
	assert_int_equal(loop_timer_set(w.loop, &w.guard, GUARD_MS), 0);
	fake_dns_start(&w.server, w.loop);
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
	fake_dns_end(&w->server);
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

/*
 * Ask for a name whose IPv6 addresses come within the resolution delay. When the machine
 * pauses for longer than that, the delay is over first: another name is tried then.
 */
static struct result ask_soon(struct world *w)
{
	struct result res = { 0 };
	char name[32];

	for (unsigned i = 0; i < TRIES && res.count != 2; i++) {
		(void)snprintf(name, sizeof(name), "soonv6.n%u.example", i);
		res = ask(w, name);
	}
	return res;
}

/* Half of the answer is there, the other half is still waited for. */
static void start_half(struct world *w, struct result *res)
{
	char name[32];

	for (unsigned i = 0; i < TRIES; i++) {
		(void)snprintf(name, sizeof(name), "latev6.n%u.example", i);
		start(w, name, res);
		run_ms(w, 20);
		if (res->calls == 0)
			return; /* else a pause: it was waited for long enough */
	}
	fail_msg("%s", "every name was answered at once");
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
	struct result res = ask_soon(w);

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
	socklen_t len = addr_to_sockaddr(fake_dns_addr("::1"), 53, &ss);
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
		start(w, "both.example", &res[i]);
	resolver_cancel(res[1].q);
	resolver_cancel(res[3].q);
	while (res[0].calls == 0 || res[2].calls == 0)
		assert_int_equal(loop_run(w->loop), 0);
	assert_int_equal(w->server.asked, 2);
	assert_int_equal(res[0].calls + res[2].calls, 2);
	assert_int_equal(res[1].calls + res[3].calls, 0);
	assert_int_equal(res[2].count, 5);
}

static void test_cancel(void **state)
{
	struct world *w = *state;
	struct result res, again;

	resolver_cancel(NULL);
	start(w, "both.example", &res);
	resolver_cancel(res.q);
	while (!is_cached(w, "both.example", &again)) /* the answer is not wasted */
		run_ms(w, 5);
	assert_int_equal(res.calls, 0);
	assert_int_equal(w->server.asked, 2);
	start_half(w, &res);
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
	struct addr dead_first[2] = { fake_dns_addr("127.0.0.2"),
				      fake_dns_addr("127.0.0.1") };
	struct result res, late;

	(void)ask(w, "both.example");
	start(w, "silent.example", &res);
	start_half(w, &late);
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
	start_half(w, &res[2]);
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
	struct addr server = fake_dns_addr("127.0.0.3");

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
	struct addr server = fake_dns_addr("127.0.0.1");
	struct result res[3] = { { .w = w } };
	struct resolver_query *q;
	uint16_t port = 0;
	int silent = fake_dns_bind(SOCK_DGRAM, &port);

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
