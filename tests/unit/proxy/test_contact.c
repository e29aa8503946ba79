/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests and tunnels that reach an origin: whatever is dialled ends at a listener of
 * the test's, a name leads to FIRST and SECOND, and nothing leaves this machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/attr.h"
#include "proxy/engine.h"
#include "proxy/resolver.h"
#include "proxy/sources.h"
#include "proxy/worker.h"
#include "tests/support/revision_parts.h"
#include "tests/unit/allow/made.h"
#include "tests/unit/proxy/stand.h"

#define MIB    (1u << 20)
#define CLIENT "10.40.0.2"
#define ORIGIN "10.9.9.9"
#define FIRST  "9.9.9.1"
#define SECOND "9.9.9.2"

#define REVISION(limits) \
	"{\"format\":2,\"number\":7,\"created\":\"2026-11-21T00:00:00Z\",\"policy\":\"" \
	"version: 1\\nsite: { name: x }\\nzones:\\n" \
	"  lab:\\n    kind: office\\n    interfaces: [lab0]\\n" \
	"    networks: [10.40.0.0/24]\\n    admission: off\\n" \
	"  wan:\\n    kind: internet\\n    interfaces: [wan0]\\n" \
	"proxy: { zones: [lab], via: wan, resolvers: [192.0.2.53], workers: 1" limits \
	" }\\n\"," REVISION_PARTS("80,443") ",\"permits\":[]}"

#define CEILING ", limits: { device_day_upload: 1MiB, upload_action: cut }"

static const char established[] = "HTTP/1.1 200 Connection established\r\n\r\n";

static struct sockaddr_in there; /* the listener that stands for every origin */
static atomic_bool hang, hung; /* no connection gets there; one was tried */

int __real_connect(int fd, const struct sockaddr *sa, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *sa, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	(void)sa;
	(void)len;
	if (hang) { /* what listens is never writable */
		hung = listen(fd, 1) == 0;
		errno = EINPROGRESS;
		return -1;
	}
	return __real_connect(fd, (const struct sockaddr *)&there, sizeof(there));
}

int __wrap_resolver_start(struct resolver *r, const char *host, resolver_done *done,
			  void *user, struct resolver_query **ret_query);

int __wrap_resolver_start(struct resolver *r, const char *host, resolver_done *done,
			  void *user, struct resolver_query **ret_query)
{
	struct addr addr[2];

	(void)r;
	(void)host;
	*ret_query = NULL;
	if (addr_parse(FIRST, &addr[0]) < 0 || addr_parse(SECOND, &addr[1]) < 0)
		return -EINVAL;
	done(user, 0, addr, ARRAY_LEN(addr));
	return 0;
}

struct box {
	struct stand s;
	int listener;
};

static void box_open(struct box *b)
{
	socklen_t len = sizeof(there);

	stand_open(&b->s);
	there = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_addr = { htonl(INADDR_LOOPBACK) } };
	b->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(b->listener, (const struct sockaddr *)&there, sizeof(there)), 0);
	assert_int_equal(listen(b->listener, 8), 0);
	assert_int_equal(getsockname(b->listener, (struct sockaddr *)&there, &len), 0);
}

static void box_close(struct box *b, stand_record_fn *fn, void *user)
{
	(void)close(b->listener);
	(void)stand_close(&b->s, fn, user);
}

/* Tunnels to that address are permitted. */
static void use(struct box *b, const char *revision, const char *address)
{
	struct allow_entry e = made_entry(address);

	e.tls_any = true;
	(void)stand_use(&b->s, revision, &e);
}

/* The answer begins like that. */
static void ask(int fd, const char *request, const char *want)
{
	char answer[256] = "";

	assert_true(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
	(void)recv(fd, answer, strlen(want), MSG_WAITALL);
	assert_string_equal(answer, want);
}

/* Returns the client's end; ret_origin is the other one. */
static int tunnel(struct box *b, const char *request, int *ret_origin)
{
	int fd = stand_connect(&b->s, CLIENT, 0);

	ask(fd, request, established);
	*ret_origin = accept(b->listener, NULL, NULL);
	assert_true(*ret_origin != -1);
	return fd;
}

/* Send so many bytes through a tunnel. Returns how many came. */
static size_t pass(int from, int to, size_t size)
{
	static char data[16384];
	size_t sent = 0, came = 0;

	while (came < size) {
		struct pollfd p = { .fd = to, .events = POLLIN };
		ssize_t n;

		if (sent < size) {
			n = send(from, data, sizeof(data), MSG_NOSIGNAL | MSG_DONTWAIT);
			sent += n > 0 ? (size_t)n : 0;
		}
		if (poll(&p, 1, sent < size ? 1 : 10000) == 0 && sent == size)
			break;
		n = recv(to, data, sizeof(data), MSG_DONTWAIT);
		if (n == 0 || (n == -1 && errno != EAGAIN))
			break;
		came += n > 0 ? (size_t)n : 0;
	}
	return came;
}

static bool is_cut(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) <= 0;
}

#define CONNECT "CONNECT " ORIGIN ":443 HTTP/1.0\r\n\r\n"

/* What was sent before there was a ceiling is not on the device's account. */
static void test_day_begins_with_its_ceiling(void **state)
{
	int client, origin, second, second_origin;
	struct box b;

	(void)state;
	box_open(&b);
	use(&b, REVISION(""), ORIGIN);
	client = tunnel(&b, CONNECT, &origin);
	assert_int_equal(pass(client, origin, 2 * MIB), 2 * MIB);
	use(&b, REVISION(CEILING), ORIGIN);
	assert_int_equal(pass(client, origin, 16384), 16384);
	second = tunnel(&b, CONNECT, &second_origin);
	assert_int_equal(pass(client, origin, MIB - 16384), MIB - 16384);
	(void)pass(client, origin, 16384);
	assert_true(is_cut(client));
	(void)close(client);
	(void)close(origin);
	(void)close(second);
	(void)close(second_origin);
	box_close(&b, NULL, NULL);
}

/* The same when that revision ends the tunnel. */
static void test_day_without_what_is_withdrawn(void **state)
{
	int client, origin;
	struct box b;

	(void)state;
	box_open(&b);
	use(&b, REVISION(""), "10.9.9.8");
	client = tunnel(&b, "CONNECT 10.9.9.8:443 HTTP/1.0\r\n\r\n", &origin);
	assert_int_equal(pass(client, origin, 2 * MIB), 2 * MIB);
	use(&b, REVISION(CEILING), ORIGIN);
	assert_true(is_cut(client));
	(void)close(client);
	(void)close(origin);
	client = tunnel(&b, CONNECT, &origin);
	(void)close(client);
	(void)close(origin);
	box_close(&b, NULL, NULL);
}

/* An address that an entry names, written as IPv6 (docs/allowlist.md): the same one. */
static void test_mapped_address(void **state)
{
	static const char *const requests[] = {
		"CONNECT [::ffff:" ORIGIN "]:443 HTTP/1.0\r\n\r\n",
		"CONNECT [::ffff:" ORIGIN "]:443 HTTP/1.1\r\n"
		"Host: [::ffff:" ORIGIN "]:443\r\n\r\n",
		"CONNECT [::ffff:a09:909]:443 HTTP/1.1\r\nHost: " ORIGIN ":443\r\n\r\n",
	};
	struct box b;

	(void)state;
	box_open(&b);
	use(&b, REVISION(""), ORIGIN);
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		int origin, client = tunnel(&b, requests[i], &origin);

		(void)close(client);
		(void)close(origin);
	}
	box_close(&b, NULL, NULL);
}

static void own_first(void *user)
{
	struct worker *w = user;
	struct prefix *own = &w->own[w->own_count++];

	assert_true(w->own_count <= WORKER_OWN_MAX);
	assert_int_equal(addr_parse(FIRST, &own->addr), 0);
	own->len = 32;
	w->rules++;
	loop_timer_clear(w->loop, &w->housekeeping); /* it would look for itself */
}

struct last {
	struct record open, close;
};

static void take(const struct record *rec, void *user)
{
	struct last *l = user;

	if (rec->kind == RECORD_PROXY_OPEN)
		l->open = *rec;
	else if (rec->kind == RECORD_PROXY_CLOSE)
		l->close = *rec;
}

static void wait_for(struct box *b, bool dialled)
{
	for (int i = 0; i < 1000; i++) {
		if (dialled ? hung : sources_total(b->s.e->sources) == 0)
			return;
		(void)usleep(10000);
	}
	fail_msg("nothing came of it");
}

/* One whose address became ours is not used, nor is it where the next one leads. */
static void test_kept_connection_turned_down(void **state)
{
	static const char request[] =
		"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n";
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	struct last l = { 0 };
	struct addr second;
	struct worker *w;
	struct box b;
	char got[512];
	int client, origin;

	(void)state;
	box_open(&b);
	use(&b, REVISION(""), "a.example");
	client = stand_connect(&b.s, CLIENT, 0);
	assert_int_equal(write(client, request, strlen(request)), strlen(request));
	origin = accept(b.listener, NULL, NULL);
	assert_true(recv(origin, got, sizeof(got), 0) > 0);
	assert_int_equal(write(origin, answer, strlen(answer)), strlen(answer));
	assert_true(recv(client, got, sizeof(got), 0) > 0);

	w = engine_worker(b.s.e, 0);
	assert_int_equal(loop_call(w->loop, own_first, w), 0);
	hang = true;
	assert_int_equal(write(client, request, strlen(request)), strlen(request));
	wait_for(&b, true);
	(void)close(client);
	wait_for(&b, false);
	hang = false;
	(void)close(origin);
	box_close(&b, take, &l);
	assert_int_equal(addr_parse(SECOND, &second), 0);
	assert_true(addr_equal(l.open.dst, second));
	assert_true(addr_equal(l.close.dst, second));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_day_begins_with_its_ceiling),
		cmocka_unit_test(test_day_without_what_is_withdrawn),
		cmocka_unit_test(test_mapped_address),
		cmocka_unit_test(test_kept_connection_turned_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
