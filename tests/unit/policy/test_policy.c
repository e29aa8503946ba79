/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is accepted, and the model that comes out of it. */
#include "lib/policy/policy.h"

#include <errno.h>
#include <glob.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/fdio.h"
#include "lib/mem.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/policy/base.h"

#define SHIPPED    SOURCE_DIR "/conf/policy.yaml"
#define DUAL_STACK SOURCE_DIR "/conf/examples/dual-stack.yaml"

static char out[DIAG_MAX * (DIAG_TEXT_MAX + 32)];

static struct policy *parse_ok(const char *text, size_t len, const char *name)
{
	struct policy *p = NULL;
	struct diags d = { 0 };

	if (policy_parse(text, len, &p, &d) != 0)
		fail_msg("%s", diag_print(&d, name, out, sizeof(out)));
	assert_int_equal(d.count, 0);
	return p;
}

static char *read_shipped(const char *path, size_t *ret_len)
{
	char *text = NULL;

	assert_int_equal(fdio_read_file(path, POLICY_FILE_MAX, &text, ret_len), 0);
	return text;
}

static void loads_what_we_ship(void **state)
{
	glob_t found = { 0 };

	(void)state;
	assert_int_equal(glob(SHIPPED, 0, NULL, &found), 0);
	assert_int_equal(
		glob(SOURCE_DIR "/conf/examples/*.yaml", GLOB_APPEND, NULL, &found), 0);
	assert_true(found.gl_pathc >= 4);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		CLEANUP(free_p) char *text = NULL;
		size_t len;

		text = read_shipped(found.gl_pathv[i], &len);
		policy_free(parse_ok(text, len, found.gl_pathv[i]));
	}
	globfree(&found);
}

static void check_zones(const struct policy *p)
{
	char text[ADDR_TEXT_MAX];
	const struct policy_zone *core = &p->zone[0];

	assert_int_equal(p->zone_count, 4);
	assert_string_equal(core->name, "core");
	assert_string_equal(core->label_ja, "個人情報系LAN");
	assert_string_equal(core->label_en, "Personal-information LAN");
	assert_int_equal(core->kind, POLICY_ZONE_PERSONAL);
	assert_int_equal(core->admission, POLICY_ADMISSION_ENFORCE);
	assert_int_equal(core->interface_count, 1);
	assert_string_equal(core->interface[0].name, "core0");
	assert_int_equal(core->networks.count, 2);
	prefix_format(core->networks.item[0], text);
	assert_string_equal(text, "10.10.0.0/24");
	prefix_format(core->networks.item[1], text);
	assert_string_equal(text, "fd10::/64");
	assert_int_equal(p->zone[1].kind, POLICY_ZONE_CLOSED);
	assert_int_equal(p->zone[1].admission, POLICY_ADMISSION_OFF);
	assert_int_equal(p->zone[2].kind, POLICY_ZONE_OFFICE);
	assert_int_equal(p->zone[2].admission, POLICY_ADMISSION_ENFORCE);
	assert_int_equal(p->zone[3].kind, POLICY_ZONE_INTERNET);
	assert_int_equal(p->zone[3].admission, POLICY_ADMISSION_OFF);
	assert_int_equal(p->zone[3].networks.count, 0);
}

static void check_flow(const struct policy *p)
{
	const struct policy_flow *f = p->flow;

	assert_int_equal(p->group_count, 1);
	assert_string_equal(p->group[0].name, "claims-servers");
	assert_int_equal(p->group[0].networks.count, 2);
	assert_int_equal(p->flow_count, 1);
	assert_string_equal(f->id, "core-claims");
	assert_int_equal(f->from, 0);
	assert_int_equal(f->to, 1);
	assert_int_equal(f->source_count, 0);
	assert_int_equal(f->destination_count, 1);
	assert_int_equal(f->destination[0], 0);
	assert_int_equal(f->service_count, 1);
	assert_int_equal(f->service[0], 0);
	assert_string_equal(f->partner, "社会保険診療報酬支払基金");
	assert_string_equal(f->basis, "接続契約 令和8年度");
	assert_string_equal(f->owner, "情報システム担当");
	assert_string_equal(f->review, "2027-03-31");
	assert_true(f->at.line > 40 && f->at.column == 5);
}

static void fills_the_model(void **state)
{
	CLEANUP(free_p) char *text = NULL;
	char addr[ADDR_TEXT_MAX];
	struct policy *p;
	size_t len;

	(void)state;
	text = read_shipped(SHIPPED, &len);
	p = parse_ok(text, len, SHIPPED);
	assert_string_equal(p->site, "例の広域連合");
	assert_string_equal(p->timezone, "Asia/Tokyo");
	check_zones(p);
	check_flow(p);
	assert_true(p->proxy.present);
	assert_int_equal(p->proxy.port, 3128);
	assert_int_equal(p->proxy.zone_count, 1);
	assert_int_equal(p->proxy.zone[0], 2);
	assert_int_equal(p->proxy.via, 3);
	assert_int_equal(p->proxy.resolver_count, 1);
	addr_format(p->proxy.resolver[0], addr);
	assert_string_equal(addr, "45.113.7.53");
	assert_true(p->management.present);
	assert_int_equal(p->management.port, 8443);
	assert_int_equal(p->management.zone[0], 2);
	assert_int_equal(p->assertion_count, 2);
	assert_int_equal(p->assertion[0].from, 0);
	assert_int_equal(p->assertion[0].to, 3);
	assert_int_equal(policy_zone_by_name(p, "office"), 2);
	assert_int_equal(policy_zone_by_name(p, "offic"), POLICY_NONE);
	assert_int_equal(policy_zone_by_interface(p, "wan0"), 3);
	assert_int_equal(policy_zone_by_interface(p, "wan"), POLICY_NONE);
	policy_free(p);
}

static void reads_services(void **state)
{
	static const char text[] = HEAD ZONES
		"services:\n  s: [tcp/443, udp/5000-6000, icmp/echo-request, icmp/13, "
		"icmpv6/echo-request]\n";
	static const struct policy_match expected[] = {
		{ IPPROTO_TCP, 443, 443, 0 },  { IPPROTO_UDP, 5000, 6000, 0 },
		{ IPPROTO_ICMP, 0, 0, 8 },     { IPPROTO_ICMP, 0, 0, 13 },
		{ IPPROTO_ICMPV6, 0, 0, 128 },
	};
	struct policy *p;

	(void)state;
	p = parse_ok(text, strlen(text), "p");
	assert_int_equal(p->service_count, 1);
	assert_int_equal(p->service[0].match_count, ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		const struct policy_match *m = &p->service[0].match[i];

		assert_int_equal(m->proto, expected[i].proto);
		assert_int_equal(m->port_min, expected[i].port_min);
		assert_int_equal(m->port_max, expected[i].port_max);
		assert_int_equal(m->icmp_type, expected[i].icmp_type);
	}
	policy_free(p);
}

/* Each of these differs in one thing from what test_policy_diags.c refuses. */
static const char *const accepted[] = {
	HEAD ZONES,
	BASE,
	"\xef\xbb\xbf" BASE,
	"---\n" BASE "...\n",
	"version: 1\r\nsite: { name: s }\r\nzones:\r\n  a:\r\n    kind: internet\r\n"
	"    interfaces: [e0]\r\n",
	"site: { name: \"null\" }\nzones: { a: { interfaces: [e0], kind: internet } "
	"}\nversion: 1",
	HEAD "zones: { a: { kind: internet, interfaces: [abcdefghijklmno], networks: "
	     "[0.0.0.0/0] } }",
	HEAD "zones: { a234567890123456789012345678901: { kind: internet, interfaces: "
	     "[e.1] } }",
	BASE "flows:\n  - { id: f, from: office, to: net, services: [web], destination: "
	     "[servers] }\n",
	BASE "flows:\n  - { id: f, from: core, to: claims, services: [web], destination: "
	     "[servers]" PAPERS " }\n",
	BASE
	"flows:\n  - { id: f, from: claims, to: core, services: [web], source: [servers]"
	", partner: p, basis: b, owner: o, review: 2028-02-29 }\n",
	BASE "flows:\n  - { id: f, from: core, to: claims, services: [web]" PAPERS " }\n"
	     "assertions:\n  - never: { from: claims, to: core }\n",
	BASE "management: { zones: [core] }\n",
};

static void accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(accepted); i++)
		policy_free(parse_ok(accepted[i], strlen(accepted[i]), accepted[i]));
}

/* Both kinds of quotes, and a run of quotes that libfyaml cannot read. */
static void reads_quotes(void **state)
{
	static const char *const rows[][2] = {
		{ "'it''s'", "it's" },    { "''''''''''''''''''''", "'''''''''" },
		{ "'a\\n\"'", "a\\n\"" }, { "\"\\u6f22\\x41\\\"\"", "漢A\"" },
		{ "a 'b' # c", "a 'b'" }, { "a#b:c", "a#b:c" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[512];
		struct policy *p;

		(void)snprintf(text, sizeof(text),
			       "\xef\xbb\xbfversion: 1\n%ssite:\n  name: %s\n", ZONES,
			       rows[i][0]);
		p = parse_ok(text, strlen(text), rows[i][0]);
		assert_string_equal(p->site, rows[i][1]);
		policy_free(p);
	}
}

static void proxy_defaults(const struct policy_proxy *x)
{
	assert_int_equal(x->transparent_count, 0);
	assert_int_equal(x->sign_in_count, 0);
	assert_int_equal(x->workers, 0);
	assert_int_equal(x->ech, POLICY_ECH_ALLOW);
	assert_int_equal(x->restart, POLICY_RESTART_KEEP);
	assert_int_equal(x->limits.connections, 20000);
	assert_int_equal(x->limits.device_connections, 256);
	assert_int_equal(x->limits.head_seconds, 10);
	assert_int_equal(x->limits.idle_seconds, 600);
	assert_int_equal(x->limits.total_hours, 24);
	assert_int_equal(x->limits.tunnel_upload, 0);
	assert_int_equal(x->limits.device_day_upload, 0);
	assert_int_equal(x->limits.upload_action, POLICY_UPLOAD_ALARM);
}

static void defaults(void **state)
{
	static const char text[] =
		BASE "proxy: { zones: [office], via: net, resolvers: ['2001:db8::53'] }\n"
		     "management: { zones: [office] }\n";
	struct policy *p;

	(void)state;
	p = parse_ok(text, strlen(text), "p");
	assert_string_equal(p->timezone, "Asia/Tokyo");
	assert_string_equal(p->zone[0].label_ja, "");
	assert_int_equal(p->proxy.port, 3128);
	proxy_defaults(&p->proxy);
	assert_int_equal(p->management.port, 8443);
	policy_free(p);
	p = parse_ok(BASE, strlen(BASE), "p");
	assert_false(p->proxy.present);
	assert_false(p->management.present);
	policy_free(p);
	policy_free(NULL);
}

static void reads_the_proxy(void **state)
{
	/* keys in an order of the file's own: transparent in front of zones */
	static const char text[] =
		BASE "proxy:\n  transparent: [office]\n  sign_in: [claims]\n"
		     "  limits:\n    total_hours: 0\n    connections: 200000\n"
		     "    device_connections: 65535\n    head_seconds: 1\n"
		     "    idle_seconds: 86400\n    tunnel_upload: 100MiB\n"
		     "    device_day_upload: 1024TiB\n    upload_action: cut\n"
		     "  ech: refuse\n  restart: cut\n"
		     "  workers: 32\n  zones: [claims, office]\n  via: net\n"
		     "  resolvers: [192.0.2.1]\n"
		     "flows:\n  - { id: f, from: office, to: net, services: [mail] }\n";
	CLEANUP(free_p) char *all = NULL;
	const struct policy_proxy *x;
	struct policy *p;

	(void)state;
	assert_true(asprintf(&all, "%.*s  mail: [tcp/25, udp/443]\n%s", (int)strlen(BASE),
			     text, text + strlen(BASE)) > 0);
	p = parse_ok(all, strlen(all), "p");
	x = &p->proxy;
	assert_int_equal(x->transparent_count, 1);
	assert_int_equal(x->transparent[0], 2);
	assert_int_equal(x->sign_in_count, 1);
	assert_int_equal(x->sign_in[0], 1);
	assert_int_equal(x->workers, 32);
	assert_int_equal(x->ech, POLICY_ECH_REFUSE);
	assert_int_equal(x->restart, POLICY_RESTART_CUT);
	assert_int_equal(x->limits.connections, 200000);
	assert_int_equal(x->limits.device_connections, 65535);
	assert_int_equal(x->limits.head_seconds, 1);
	assert_int_equal(x->limits.idle_seconds, 86400);
	assert_int_equal(x->limits.total_hours, 0);
	assert_int_equal(x->limits.tunnel_upload, 100ull << 20);
	assert_int_equal(x->limits.device_day_upload, 1ull << 50);
	assert_int_equal(x->limits.upload_action, POLICY_UPLOAD_CUT);
	policy_free(p);
}

static void reads_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "0TiB", 0 },
		{ "1KiB", 1024 },
		{ "2GiB", 2ull << 30 },
		{ "1125899906842624", 1ull << 50 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[1024];
		struct policy *p;

		(void)snprintf(text, sizeof(text),
			       BASE "proxy: { zones: [office], via: net, resolvers: "
				    "[192.0.2.1], limits: { tunnel_upload: %s } }\n",
			       rows[i].text);
		p = parse_ok(text, strlen(text), rows[i].text);
		assert_int_equal(p->proxy.limits.tunnel_upload, rows[i].bytes);
		policy_free(p);
	}
}

/* A file cut anywhere is a policy or is refused with a message. */
static void survives_truncation(void **state)
{
	CLEANUP(free_p) char *text = NULL;
	size_t len, good = 0;

	(void)state;
	text = read_shipped(SHIPPED, &len);
	for (size_t n = 0; n < len; n++) {
		CLEANUP(free_p) char *cut = malloc(n + 1); /* exact: no NUL behind it */
		struct policy *p = NULL;
		struct diags d = { 0 };
		int r;

		assert_non_null(cut);
		memcpy(cut, text, n);
		r = policy_parse(cut, n, &p, &d);
		assert_true(r == 0 || (r == -EINVAL && p == NULL));
		assert_true((r == 0) == (d.count == 0));
		good += r == 0 ? 1 : 0;
		policy_free(p);
	}
	assert_true(good > 0 && good < len);
}

static void survives_lack_of_memory(void **state)
{
	CLEANUP(free_p) char *text = NULL;
	unsigned failures = 0;
	size_t len;

	(void)state;
	text = read_shipped(DUAL_STACK, &len);
	for (unsigned nth = 1;; nth++) {
		struct policy *p = NULL;
		struct diags d = { 0 };
		int r;

		alloc_fail_at(nth);
		r = policy_parse(text, len, &p, &d);
		if (!alloc_fail_fired()) {
			alloc_fail_at(0);
			assert_int_equal(r, 0);
			policy_free(p);
			break;
		}
		failures++;
		assert_int_equal(r, -ENOMEM);
		assert_null(p);
	}
	assert_true(failures > 100);
}

/* What a pin allows: its own destinations, and whatever the other devices do. */
static void pinned_devices(void **state)
{
	static const char text[] = HEAD ZONES
		"networks: { servers: [10.2.0.0/28], one: [10.2.0.1], t: [10.1.0.5], u: "
		"[10.1.0.6] }\n" SERVICES
		"pinned: [{ id: p, zone: core, devices: [t], pinned_to: [servers] }]\n"
		"flows:\n"
		"  - { id: a, from: core, to: claims, source: [t], destination: [one], "
		"services: [web]" PAPERS " }\n"
		"  - { id: b, from: core, to: claims, source: [u], services: [web]" PAPERS
		" }\n"
		"  - { id: c, from: office, to: core, destination: [u], services: "
		"[web]" PAPERS " }\n";
	struct policy *p = parse_ok(text, sizeof(text) - 1, "pinned");

	(void)state;
	assert_int_equal(p->pin_count, 1);
	assert_string_equal(p->pin[0].id, "p");
	assert_int_equal(p->pin[0].device_count, 1);
	policy_free(p);
}

static void gateway_targets(void **state)
{
	static const char text[] = BASE
		"gateway:\n"
		"  ntp: { servers: [192.0.2.1, \"2001:db8::1\"], account: _chrony }\n"
		"  syslog: { servers: [10.3.0.9] }\n"
		"  mail: { servers: [10.3.0.9], service: tcp/587 }\n";
	struct policy *p = parse_ok(text, sizeof(text) - 1, "gateway");
	const struct policy_gateway *g = &p->gateway;

	(void)state;
	assert_true(g->ntp.present);
	assert_string_equal(g->ntp.account, "_chrony");
	assert_int_equal(g->ntp.proto, IPPROTO_UDP);
	assert_int_equal(g->ntp.port, 123);
	assert_int_equal(g->ntp.server_count, 2);
	assert_string_equal(g->syslog.account, "");
	assert_int_equal(g->syslog.proto, IPPROTO_TCP);
	assert_int_equal(g->syslog.port, 6514);
	assert_int_equal(g->mail.port, 587);
	policy_free(p);
}

static void sensor_lists(void **state)
{
	static const char text[] = BASE "sensor: { dhcp_servers: [10.3.0.2, "
					"\"fe80::2\"], routers: [\"fe80::1\"] }\n";
	struct policy *p = parse_ok(text, sizeof(text) - 1, "sensor");

	(void)state;
	assert_int_equal(p->sensor.dhcp_count, 2);
	assert_int_equal(p->sensor.dhcp[1].family, 6);
	assert_int_equal(p->sensor.router_count, 1);
	policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pinned_devices),
		cmocka_unit_test(gateway_targets),
		cmocka_unit_test(sensor_lists),
		cmocka_unit_test(loads_what_we_ship),
		cmocka_unit_test(fills_the_model),
		cmocka_unit_test(reads_services),
		cmocka_unit_test(accepts),
		cmocka_unit_test(reads_quotes),
		cmocka_unit_test(defaults),
		cmocka_unit_test(reads_the_proxy),
		cmocka_unit_test(reads_sizes),
		cmocka_unit_test(survives_truncation),
		cmocka_unit_test(survives_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
