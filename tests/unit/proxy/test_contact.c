/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Requests and tunnels that reach an origin: whatever is dialled ends at a listener of
 * the test's, and nothing leaves this machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/attr.h"
#include "proxy/engine.h"
#include "tests/support/revision_parts.h"
#include "tests/unit/allow/made.h"
#include "tests/unit/proxy/stand.h"

#define MIB    (1u << 20)
#define CLIENT "10.40.0.2"
#define ORIGIN "10.9.9.9"

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

int __real_connect(int fd, const struct sockaddr *sa, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *sa, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	(void)sa;
	(void)len;
	return __real_connect(fd, (const struct sockaddr *)&there, sizeof(there));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_day_begins_with_its_ceiling),
		cmocka_unit_test(test_day_without_what_is_withdrawn),
		cmocka_unit_test(test_mapped_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
