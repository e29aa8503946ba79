/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zones where people sign in at the proxy, through a worker and a mgmtd */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/attr.h"
#include "proxy/engine.h"
#include "proxy/lockout.h"
#include "proxy/worker.h"
#include "tests/support/revision_parts.h"
#include "tests/unit/allow/made.h"
#include "tests/unit/proxy/fake_mgmtd.h"
#include "tests/unit/proxy/stand.h"

#define ANSWER_MAX  65536
#define RECORDS_MAX 512
#define ONE         "10.40.0.2"
#define OTHER       "10.50.0.2" /* where nobody signs in */
#define SITE        "user.example"
#define OURS        "Host: sekisho.internal\r\n"

#define REVISION(sign_in) \
	"{\"format\":2,\"number\":7,\"created\":\"2026-11-21T00:00:00Z\",\"policy\":\"" \
	"version: 1\\nsite: { name: x }\\nzones:\\n" \
	"  lab:\\n    kind: office\\n    interfaces: [lab0]\\n" \
	"    networks: [10.40.0.0/24]\\n    admission: off\\n" \
	"  free:\\n    kind: office\\n    interfaces: [fre0]\\n" \
	"    networks: [10.50.0.0/24]\\n    admission: off\\n" \
	"  strict:\\n    kind: office\\n    interfaces: [str0]\\n" \
	"    networks: [10.60.0.0/24]\\n    admission: enforce\\n" \
	"  wan:\\n    kind: internet\\n    interfaces: [wan0]\\n" \
	"proxy: { zones: [lab, free, strict], sign_in: [" sign_in \
	"], via: wan, resolvers: [192.0.2.53] }\\n" \
	"\",\"lists\":[" REVISION_DEFAULT_LIST \
	",{\"id\":\"l0000000000000001\",\"name\":\"n\",\"mode\":\"enforce\"," \
	"\"zones\":[],\"groups\":[],\"users\":[\"sato\"],\"schedule\":null}]" \
	"," REVISION_ALLOW("443") ",\"permits\":[]}"

/* One worker, a mgmtd, and what was answered and recorded. */
struct box {
	struct stand s;
	struct fake_mgmtd mgmtd;
	char answer[ANSWER_MAX];
	struct record record[RECORDS_MAX];
	size_t records;
};

/* One site, for sato only. */
static void use(struct box *b, const char *text)
{
	struct allow_entry entry = made_entry(SITE);

	entry.list = 1;
	(void)stand_use(&b->s, text, &entry);
}

static struct box *box_new(void)
{
	struct box *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	stand_open(&b->s);
	fake_mgmtd_start(&b->mgmtd);
	assert_int_equal(engine_hire_clerk(b->s.e, b->mgmtd.path), 0);
	use(b, REVISION("lab, strict"));
	return b;
}

static void take(const struct record *rec, void *user)
{
	struct box *b = user;

	if (b->records < RECORDS_MAX)
		b->record[b->records++] = *rec;
}

/* Ends the engine and reads what it has recorded. */
static void box_stop(struct box *b)
{
	(void)stand_close(&b->s, take, b);
	fake_mgmtd_end(&b->mgmtd);
}

static size_t count(const struct box *b, enum reason reason)
{
	size_t n = 0;

	for (size_t i = 0; i < b->records; i++)
		n += b->record[i].reason == reason ? 1 : 0;
	return n;
}

/* Returns the client's end. */
static int connect_from(struct box *b, const char *from)
{
	return stand_connect(&b->s, from, 0);
}

static void put(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 (ssize_t)strlen(text));
}

static unsigned status_of(const struct box *b)
{
	assert_int_equal(strncmp(b->answer, "HTTP/1.1 ", 9), 0);
	return (unsigned)strtoul(b->answer + 9, NULL, 10);
}

/* Read until the close. */
static unsigned finish(struct box *b, int fd)
{
	stand_read(fd, b->answer, ANSWER_MAX);
	return status_of(b);
}

static unsigned ask(struct box *b, const char *from, const char *request)
{
	int fd = connect_from(b, from);

	put(fd, request);
	return finish(b, fd);
}

/* A request for a tunnel; password NULL: without credentials. */
static void write_connect(char *dst, size_t size, const char *login, const char *password)
{
	char pair[300], coded[500] = "";

	(void)snprintf(pair, sizeof(pair), "%s:%s", login,
		       password != NULL ? password : "");
	(void)sodium_bin2base64(coded, sizeof(coded), (const uint8_t *)pair, strlen(pair),
				sodium_base64_VARIANT_ORIGINAL);
	(void)snprintf(dst, size,
		       "CONNECT " SITE ":8443 HTTP/1.1\r\nHost: " SITE "\r\n%s%s%s\r\n",
		       password != NULL ? "Proxy-Authorization: Basic " : "",
		       password != NULL ? coded : "", password != NULL ? "\r\n" : "");
}

static unsigned ask_as(struct box *b, const char *login, const char *password)
{
	char request[1024];

	write_connect(request, sizeof(request), login, password);
	(void)snprintf(request + strlen(request) - 2, 32, "Connection: close\r\n\r\n");
	return ask(b, ONE, request);
}

static bool says(const struct box *b, const char *text)
{
	return strstr(b->answer, text) != NULL;
}

static void test_asked_for(void **state)
{
	struct box *b = box_new();

	(void)state;
	assert_int_equal(ask_as(b, "sato", NULL), 407);
	assert_true(says(b, "\r\nProxy-Authenticate: Basic realm=\"Sekisho\", "
			    "charset=\"UTF-8\"\r\n"));
	assert_true(says(b, "The proxy asks for a sign-in."));
	assert_true(says(b, "サインインが必要です"));
	/* plain requests, also for the proxy's own page */
	assert_int_equal(ask(b, ONE, "GET http://a.example/ HTTP/1.0\r\n\r\n"), 407);
	assert_int_equal(ask(b, ONE, "GET http://sekisho.internal/ HTTP/1.0\r\n\r\n"),
			 407);
	/* what is no Basic is as nothing */
	assert_int_equal(ask(b, ONE,
			     "GET http://a.example/ HTTP/1.0\r\n"
			     "Proxy-Authorization: Negotiate YTpi\r\n\r\n"),
			 407);
	assert_int_equal(atomic_load(&b->mgmtd.asked), 0);
	/* but not who is not admitted at all, nor in other zones, nor the configuration */
	assert_int_equal(ask(b, "10.60.0.2", "GET http://a.example/ HTTP/1.0\r\n\r\n"),
			 403);
	assert_int_equal(ask(b, OTHER, "GET http://a.example/ HTTP/1.0\r\n\r\n"), 403);
	assert_int_equal(ask(b, OTHER,
			     "GET http://a.example/ HTTP/1.0\r\n"
			     "Proxy-Authorization: Basic YTpi\r\n\r\n"),
			 403);
	assert_false(says(b, "Proxy-Authenticate"));
	assert_true(ask(b, ONE, "GET /proxy.pac HTTP/1.1\r\n" OURS "\r\n") != 407);
	assert_int_equal(atomic_load(&b->mgmtd.asked), 0);
	box_stop(b);
	assert_int_equal(count(b, REASON_SIGN_IN), 4);
	free(b);
}

/* The user counts in the decision, and is on record. */
static void test_signed_in(void **state)
{
	struct box *b = box_new();
	bool sato = false, suzuki = false;

	(void)state;
	assert_int_equal(ask_as(b, "sato", FAKE_RIGHT), 403);
	assert_true(says(b, "X-Sekisho-Reason: port\r\n")); /* the site is for sato */
	assert_int_equal(ask_as(b, "suzuki", FAKE_RIGHT), 403);
	assert_true(says(b, "X-Sekisho-Reason: not-listed\r\n"));
	assert_int_equal(ask_as(b, "sato", FAKE_RIGHT), 403);
	assert_int_equal(atomic_load(&b->mgmtd.asked), 2); /* known by now */
	assert_string_equal(b->mgmtd.last_sign_in.zone, "lab");
	box_stop(b);
	assert_int_equal(count(b, REASON_SIGN_IN), 0);
	for (size_t i = 0; i < b->records; i++) {
		sato |= b->record[i].reason == REASON_PORT &&
			strcmp(b->record[i].user, "sato") == 0;
		suzuki |= b->record[i].reason == REASON_NOT_LISTED &&
			  strcmp(b->record[i].user, "suzuki") == 0;
	}
	assert_true(sato && suzuki);
	free(b);
}

static void test_refused(void **state)
{
	struct box *b = box_new();

	(void)state;
	assert_int_equal(ask_as(b, "sato", "wrong"), 407);
	assert_int_equal(ask_as(b, "sato", "wrong"), 407);
	assert_int_equal(atomic_load(&b->mgmtd.asked), 1); /* remembered */
	assert_int_equal(ask_as(b, "sato", FAKE_FIRST), 403);
	assert_true(says(b, "This is a first password."));
	assert_true(says(b, "初期パスワードのままでは"));
	assert_int_equal(ask_as(b, "sato", FAKE_LOCKED), 403);
	assert_true(says(b, "Too many sign-ins have failed."));
	assert_int_equal(ask_as(b, "sato", FAKE_RIGHT), 403);
	assert_true(says(b, "X-Sekisho-Reason: port\r\n"));
	box_stop(b);
	for (size_t i = 0; i < b->records; i++) {
		assert_null(strstr(b->record[i].detail, "wrong"));
		assert_null(strstr(b->record[i].user, "wrong"));
		if (b->record[i].reason == REASON_SIGN_IN) /* nobody knows who it was */
			assert_string_equal(b->record[i].user, "");
	}
	free(b);
}

static void test_shut_out(void **state)
{
	struct box *b = box_new();
	char password[16];
	int asked;

	(void)state;
	for (int i = 0; i < LOCKOUT_FAILURES; i++) {
		(void)snprintf(password, sizeof(password), "guess%d", i);
		assert_int_equal(ask_as(b, "sato", password),
				 i < LOCKOUT_FAILURES - 1 ? 407 : 403);
	}
	asked = atomic_load(&b->mgmtd.asked);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(ask_as(b, "sato", FAKE_RIGHT), 403);
		assert_true(says(b, "X-Sekisho-Reason: sign-in\r\n"));
	}
	assert_int_equal(atomic_load(&b->mgmtd.asked), asked);
	box_stop(b);
	assert_int_equal(count(b, REASON_SIGN_IN),
			 LOCKOUT_FAILURES); /* once more, then no more */
	free(b);
}

/* Browsers answer on the same connection. */
static void test_kept(void **state)
{
	struct box *b = box_new();
	char request[1024];
	int fd = connect_from(b, ONE);
	size_t got = 0, head;
	const char *end = NULL, *length;

	(void)state;
	write_connect(request, sizeof(request), "sato", NULL);
	put(fd, request);
	while (end == NULL) {
		ssize_t n = read(fd, b->answer + got, ANSWER_MAX - 1 - got);

		assert_true(n > 0);
		got += (size_t)n;
		b->answer[got] = '\0';
		end = strstr(b->answer, "\r\n\r\n");
	}
	assert_int_equal(status_of(b), 407);
	assert_false(says(b, "Connection: close"));
	length = strstr(b->answer, "Content-Length: ");
	assert_non_null(length);
	head = (size_t)(end - b->answer) + 4;
	while (got < head + strtoul(length + 16, NULL, 10)) {
		ssize_t n = read(fd, b->answer + got, ANSWER_MAX - 1 - got);

		assert_true(n > 0);
		got += (size_t)n;
	}
	write_connect(request, sizeof(request), "sato", "wrong");
	put(fd, request);
	assert_int_equal(finish(b, fd), 407); /* once: then it ends */
	assert_true(says(b, "Connection: close"));
	/* not where bytes follow, nor a body, nor when it is not wanted */
	assert_int_equal(ask(b, ONE,
			     "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n"
			     "\x16\x03\x01"),
			 407);
	assert_true(says(b, "Connection: close"));
	assert_int_equal(ask(b, ONE,
			     "POST http://a.example/ HTTP/1.1\r\nHost: a.example\r\n"
			     "Content-Length: 2\r\n\r\n"),
			 407);
	assert_true(says(b, "Connection: close"));
	assert_int_equal(ask(b, ONE,
			     "GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n"
			     "Connection: close\r\n\r\n"),
			 407);
	assert_true(says(b, "Connection: close"));
	box_stop(b);
	assert_int_equal(count(b, REASON_SIGN_IN), 4); /* once a connection */
	free(b);
}

/* mgmtd is away, or says nothing for long; the client goes meanwhile. */
static void test_no_answer(void **state)
{
	struct box *b = box_new();
	struct proxy_metrics m;
	char request[1024];
	int fd;

	(void)state;
	atomic_store(&b->mgmtd.code, -ENOBUFS);
	assert_int_equal(ask_as(b, "sato", FAKE_RIGHT), 503);
	assert_true(says(b, "X-Sekisho-Reason: overload\r\n"));
	atomic_store(&b->mgmtd.code, FAKE_SILENT);
	fd = connect_from(b, ONE);
	write_connect(request, sizeof(request), "sato", FAKE_RIGHT);
	put(fd, request);
	while (atomic_load(&b->mgmtd.asked) < 2)
		(void)usleep(1000);
	(void)close(fd);
	for (int i = 0; i < 5000; i++) {
		engine_measure(b->s.e, &m);
		if (m.connections_open == 0)
			break;
		(void)usleep(1000);
	}
	assert_int_equal(m.connections_open, 0);
	/* one question at a time from one address */
	fd = connect_from(b, ONE);
	put(fd, request);
	assert_int_equal(ask_as(b, "suzuki", FAKE_RIGHT), 503);
	assert_int_equal(finish(b, fd), 503); /* when mgmtd's time is over */
	box_stop(b);
	assert_int_equal(count(b, REASON_OVERLOAD), 3);
	free(b);
}

/* What waits for mgmtd is judged by the policy that is in force then. */
static void test_policy_changes_meanwhile(void **state)
{
	struct box *b = box_new();
	char request[1024];
	int fd = connect_from(b, ONE);

	(void)state;
	atomic_store(&b->mgmtd.delay_ms, 300);
	write_connect(request, sizeof(request), "suzuki", "wrong");
	put(fd, request);
	while (atomic_load(&b->mgmtd.asked) < 1)
		(void)usleep(1000);
	use(b, REVISION("strict"));
	assert_int_equal(finish(b, fd), 403);
	assert_true(says(b, "X-Sekisho-Reason: not-listed\r\n"));
	box_stop(b);
	for (size_t i = 0; i < b->records; i++)
		assert_string_equal(b->record[i].user, "");
	free(b);
}

/* A tunnel that waits for its name: nobody answers there. */
static int open_tunnel(struct box *b, const char *from, const char *login)
{
	char request[1024], *port;
	int fd = connect_from(b, from);
	struct proxy_metrics m;
	uint64_t before;

	engine_measure(b->s.e, &m);
	before = m.dns_hits + m.dns_misses;
	write_connect(request, sizeof(request), login, FAKE_RIGHT);
	port = strstr(request, ":8443");
	assert_non_null(port);
	memmove(port + 1, port + 2, strlen(port + 2) + 1); /* :443 */
	put(fd, request);
	for (int i = 0; i < 5000; i++) {
		engine_measure(b->s.e, &m);
		if (m.dns_hits + m.dns_misses != before)
			break;
		(void)usleep(1000);
	}
	return fd;
}

static void test_signed_out(void **state)
{
	struct box *b = box_new();
	int fd = open_tunnel(b, ONE, "sato"), asked;

	(void)state;
	assert_int_equal(engine_sign_out(b->s.e, "suzuki"), 0);
	assert_int_equal(engine_sign_out(b->s.e, "sato"), 1);
	assert_int_equal(finish(b, fd), 403);
	assert_true(says(b, "X-Sekisho-Reason: withdrawn\r\n"));
	asked = atomic_load(&b->mgmtd.asked);
	assert_int_equal(ask_as(b, "sato", FAKE_RIGHT), 403); /* asked anew */
	assert_int_equal(atomic_load(&b->mgmtd.asked), asked + 1);
	fd = open_tunnel(b, ONE, "sato");
	assert_int_equal(engine_sign_out(b->s.e, ""), 1);
	assert_int_equal(finish(b, fd), 403);
	box_stop(b);
	free(b);
}

/* The request may come in pieces, and with what follows it. */
static void test_pieces(void **state)
{
	struct box *b = box_new();
	char request[1024];
	int fd = connect_from(b, ONE);

	(void)state;
	write_connect(request, sizeof(request), "sato", FAKE_RIGHT);
	for (size_t i = 0; request[i] != '\0'; i++) {
		assert_int_equal(send(fd, request + i, 1, MSG_NOSIGNAL), 1);
		(void)usleep(100);
	}
	assert_int_equal(finish(b, fd), 403);
	assert_true(says(b, "X-Sekisho-Reason: port\r\n"));
	(void)engine_sign_out(b->s.e, "");
	assert_int_equal(ask(b, ONE,
			     "\r\nPOST http://sekisho.internal/request HTTP/1.1\r\n" OURS
			     "Proxy-Authorization: Basic c2F0bzpyaWdodDpwYXNz\r\n"
			     "Content-Length: 5\r\n\r\na=b&c"),
			 403);
	assert_true(says(b, "ask again")); /* a page of its own: a stale form */
	assert_false(says(b, "Proxy-Authenticate"));
	box_stop(b);
	assert_int_equal(count(b, REASON_SIGN_IN), 0);
	free(b);
}

#define FLOOD (DAMPEN_BURST + 100)

/* Every refusal is on record, but a program in a loop does not cause one each. */
static void test_flood(void **state)
{
	struct box *b = box_new();
	uint32_t stood_for = 0;

	(void)state;
	for (int i = 0; i < FLOOD; i++)
		assert_int_equal(ask_as(b, "sato", NULL), 407);
	box_stop(b);
	assert_in_range(count(b, REASON_SIGN_IN), DAMPEN_BURST, FLOOD - 1);
	for (size_t i = 0; i < b->records; i++) {
		const struct record *r = &b->record[i];

		if (r->kind == RECORD_PROXY_DENY)
			stood_for += r->count != 0 ? r->count : 1;
	}
	assert_int_equal(stood_for, FLOOD);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked_for),
		cmocka_unit_test(test_signed_in),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_shut_out),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_policy_changes_meanwhile),
		cmocka_unit_test(test_signed_out),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_flood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
