/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text is run by node, where there is one, with the functions that browsers give it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/mem.h"
#include "proxy/pac.h"
#include "tests/support/alloc_fail.h"

static const char site[] =
	"version: 1\nsite: { name: s }\nzones:\n"
	"  core: { kind: personal, interfaces: [c0], networks: [10.10.0.0/24] }\n"
	"  office: { kind: office, interfaces: [o0], networks: [10.30.0.0/23, "
	"'fd30::/61'] }\n"
	"  guest: { kind: office, interfaces: [g0], networks: [10.40.0.0/24] }\n"
	"  lab: { kind: closed, interfaces: [l0], networks: [10.20.0.0/24, 'fd20::/64'] "
	"}\n"
	"  files: { kind: closed, interfaces: [f0], networks: [10.50.0.0/24] }\n"
	"  net: { kind: internet, interfaces: [w0] }\n"
	"networks: { intranet: [10.20.0.10, 'fd20::10'], vendor: [198.51.100.7] }\n"
	"services: { web: [tcp/443], ping: [icmp/8], mail: [tcp/25] }\n"
	"flows:\n"
	"  - { id: a, from: office, to: lab, destination: [intranet], services: [web] }\n"
	"  - { id: b, from: office, to: files, services: [ping] }\n"
	"  - { id: c, from: office, to: net, services: [mail] }\n"
	"  - { id: d, from: office, to: net, destination: [vendor], services: [mail] }\n"
	"  - { id: e, from: lab, to: files, services: [web] }\n"
	"proxy: { zones: [office, guest], via: net, resolvers: [192.0.2.53] }\n";

static struct policy *policy;

static struct addr addr(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

static char *make(const char *zone, const char *local, bool head_only)
{
	struct pac p = { .policy = policy,
			 .zone = policy_zone_by_name(policy, zone),
			 .local = addr(local),
			 .port = 3128,
			 .head_only = head_only };
	char *text = NULL;
	size_t len;

	assert_int_equal(pac_write(&p, &text, &len), 0);
	assert_int_equal(strlen(text), len);
	return text;
}

static const char *body(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	size_t len;

	assert_non_null(end);
	assert_non_null(strstr(text, "\r\nContent-Type: "
				     "application/x-ns-proxy-autoconfig\r\n"));
	assert_int_equal(
		sscanf(strstr(text, "Content-Length: "), "Content-Length: %zu", &len), 1);
	assert_true(end[4] == '\0' || strlen(end + 4) == len);
	return end + 4;
}

/* Where an engine finds nothing it would go DIRECT: it is asked for every answer. */
static const char shims[] =
	"const quad = a => a.split('.').reduce((n, b) => n * 256 + Number(b), 0);\n"
	"globalThis.isPlainHostName = h => !h.includes('.');\n"
	"globalThis.isInNet = (h, net, mask) => {\n"
	"  if (!/^[0-9.]+$/.test(h)) throw new Error('looked up ' + h);\n"
	"  return (quad(h) & quad(mask)) == (quad(net) & quad(mask)); };\n"
	"globalThis.dnsResolve = h => ({ 'wiki.example.jp': '10.20.0.10',\n"
	"  'www.example.com': '203.0.113.9' })[h] || null;\n"
	"const [, text, hosts] = process.argv;\n"
	"const find = new Function(text + '\\nreturn FindProxyForURL;')();\n"
	"for (const h of hosts.split(' '))\n"
	"  process.stdout.write(h + ' ' + find('https://' + h + '/', h) + '\\n');\n";

static bool has_node(void)
{
	return access("/usr/bin/node", X_OK) == 0;
}

/* Ask the text about some hosts, separated by spaces. The answer is the caller's. */
static char *run(const char *text, const char *hosts)
{
	char *out = calloc(1, 8192);
	size_t len = 0;
	ssize_t n;
	int fd[2], status = 0;
	pid_t pid;

	assert_non_null(out);
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		(void)dup2(fd[1], STDOUT_FILENO);
		(void)execl("/usr/bin/node", "node", "-e", shims, text, hosts,
			    (char *)NULL);
		_exit(127);
	}
	(void)close(fd[1]);
	while ((n = read(fd[0], out + len, 8191 - len)) > 0)
		len += (size_t)n;
	(void)close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return out;
}

static void check(const char *zone, const char *local, const char *hosts,
		  const char *want)
{
	CLEANUP(free_p) char *text = make(zone, local, false);
	CLEANUP(free_p) char *got = NULL;

	if (!has_node())
		skip();
	got = run(body(text), hosts);
	assert_string_equal(got, want);
}

#define P "PROXY 10.30.0.1:3128\n"

static void test_names(void **state)
{
	(void)state;
	check("office", "10.30.0.1",
	      "printer WWW.Example.COM wiki.example.jp none.example sekisho.internal "
	      "printer.",
	      "printer DIRECT\nWWW.Example.COM " P "wiki.example.jp DIRECT\n"
	      "none.example " P "sekisho.internal " P "printer. " P);
}

static void test_addresses(void **state)
{
	(void)state;
	check("office", "10.30.0.1",
	      "10.30.1.254 10.32.0.1 10.20.0.10 10.20.0.11 10.50.0.1 10.10.0.1 "
	      "198.51.100.7 198.51.100.8 127.0.0.1 999.1.1.1",
	      "10.30.1.254 DIRECT\n10.32.0.1 " P "10.20.0.10 DIRECT\n10.20.0.11 " P
	      "10.50.0.1 " P "10.10.0.1 " P "198.51.100.7 DIRECT\n198.51.100.8 " P
	      "127.0.0.1 DIRECT\n999.1.1.1 " P);
	check("office", "10.30.0.1",
	      "[FD30::1] fd30:0:0:7:1:2:3:4 fd30:0:0:8:1:2:3:4 fd20::10 fd20::11 ::1 :: "
	      "::ffff:10.30.0.1 fd30::1::2 fd30::1%25eth0 fd30:1 2001:db8::1 "
	      "0:0:0:0:0:0:0:1 fd30::00001",
	      "[FD30::1] DIRECT\nfd30:0:0:7:1:2:3:4 DIRECT\nfd30:0:0:8:1:2:3:4 " P
	      "fd20::10 DIRECT\nfd20::11 " P "::1 DIRECT\n:: " P "::ffff:10.30.0.1 " P
	      "fd30::1::2 " P "fd30::1%25eth0 " P "fd30:1 " P "2001:db8::1 " P
	      "0:0:0:0:0:0:0:1 DIRECT\nfd30::00001 " P);
}

/* A zone without flows: no name is looked up, and the others' networks are not shown. */
static void test_no_flows(void **state)
{
	CLEANUP(free_p) char *text = make("guest", "10.40.0.1", false);

	(void)state;
	assert_null(strstr(text, "10.20.0."));
	assert_null(strstr(text, "10.30.0."));
	assert_null(strstr(text, "DIRECT;"));
	check("guest", "fd40::1", "wiki.example.jp 10.40.0.9",
	      "wiki.example.jp PROXY [fd40::1]:3128\n10.40.0.9 DIRECT\n");
}

static void test_head(void **state)
{
	CLEANUP(free_p) char *whole = make("office", "10.30.0.1", false);
	CLEANUP(free_p) char *head = make("office", "10.30.0.1", true);

	(void)state;
	assert_string_equal(body(head), "");
	assert_memory_equal(head, whole, strlen(head));
	assert_true(strlen(whole) > 1000);
}

static void test_refused(void **state)
{
	struct pac p = { .policy = policy, .zone = POLICY_NONE, .port = 1 };
	char *text = NULL;
	size_t len;

	(void)state;
	p.local = addr("10.0.0.1");
	assert_int_equal(pac_write(&p, &text, &len), -EINVAL);
	p.zone = 1;
	p.port = 0;
	assert_int_equal(pac_write(&p, &text, &len), -EINVAL);
	p.port = 1;
	p.local.family = 0;
	assert_int_equal(pac_write(&p, &text, &len), -EINVAL);
	assert_null(text);
}

/* More networks than the text takes: the rest is the proxy's. */
static void test_ceiling(void **state)
{
	struct prefix *many = calloc(PAC_NETS_MAX + 500, sizeof(*many));
	struct policy_zone zone = { .networks = { many, PAC_NETS_MAX + 500 } };
	struct policy big = { .zone = &zone, .zone_count = 1 };
	struct pac p = { .policy = &big, .local = addr("fd00::1"), .port = 65535 };
	CLEANUP(free_p) char *text = NULL;
	size_t len;

	(void)state;
	assert_non_null(many);
	for (size_t i = 0; i < zone.networks.count; i++)
		many[i] = (struct prefix){
			.addr = { 6, { 0xfd, (uint8_t)(i >> 8), (uint8_t)i } }, .len = 127
		};
	assert_int_equal(pac_write(&p, &text, &len), 0);
	assert_true(len < PAC_MAX);
	assert_non_null(strstr(text, "[\"fd03ff"));
	assert_null(strstr(text, "[\"fd0400"));
	assert_non_null(strstr(text, "return ours4(host)"));
	free(many);
}

static void test_no_memory(void **state)
{
	struct pac p = { .policy = policy, .zone = 1, .port = 3128 };
	char *text = NULL;
	size_t len;

	(void)state;
	p.local = addr("10.30.0.1");
	for (unsigned n = 1;; n++) {
		int r;

		alloc_fail_at(n);
		r = pac_write(&p, &text, &len);
		if (!alloc_fail_fired()) {
			alloc_fail_at(0);
			assert_int_equal(r, 0);
			break;
		}
		assert_int_equal(r, -ENOMEM);
		assert_null(text);
	}
	free(text);
}

static int set_up(void **state)
{
	struct diags d = { 0 };

	(void)state;
	return policy_parse(site, sizeof(site) - 1, &policy, &d);
}

static int tear_down(void **state)
{
	(void)state;
	policy_free(policy);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),     cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_no_flows),  cmocka_unit_test(test_head),
		cmocka_unit_test(test_refused),   cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
