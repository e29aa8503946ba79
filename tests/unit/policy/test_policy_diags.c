/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is refused, where the message points, and what it says. */
#include "lib/policy/policy.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/policy/base.h"

struct row {
	const char *text;
	const char *expected; /* part of the printed diagnostics */
};

#define ZONE(body)    HEAD "zones:\n  a: { " body " }\n"
#define TWO(a, b)     HEAD "zones:\n  a: { " a " }\n  b: { " b " }\n"
#define OFFICE        "kind: office, interfaces: [e1], networks: "
#define GROUP(body)   HEAD ZONES "networks:\n  " body "\n"
#define SERVICE(body) HEAD ZONES "services:\n  " body "\n"
#define FLOW(body)    BASE "flows:\n  - { " body " }\n"
#define GOOD          "id: f, from: core, to: claims, services: [web]" PAPERS
#define PROXY(body)   BASE "proxy: { " body " }\n"
#define BASE_MAPPED \
	ZONE("kind: office, interfaces: [e1], networks: ['::ffff:10.1.0.0/120']")
#define WORKING      "proxy: { zones: [office], via: net, resolvers: [192.0.2.1], "
#define SERVED       BASE WORKING
#define END          " }\n"
#define LIMITS(body) SERVED "limits: { " body " }" END
#define HOURS(body)  BASE "schedules:\n  s: { " body " }\n"
#define SPAN(text)   HOURS("hours: [\"" text "\"]")
#define UNTIL(body)  BASE "flows:\n  - { " GOOD ", " body " }\n"
#define OWN(body)    BASE "gateway: { " body " }\n"
#define PIN(body)    BASE "pinned:\n  - { id: p, zone: core, " body " }\n"
#define PINNED \
	HEAD ZONES \
		"networks: { servers: [10.2.0.10], more: [10.2.0.0/24], t: " \
		"[10.1.0.5], u: [10.1.0.6] }\n" SERVICES \
		"pinned: [{ id: p, zone: core, devices: [t], pinned_to: [servers] }]\n"
#define PINNED_BUT(body) \
	HEAD ZONES "networks: { one: [10.2.0.7], servers: [10.3.0.9] }\n" SERVICES \
		   "pinned:\n" \
		   "  - { id: q, zone: claims, devices: [one], pinned_to: [servers] }\n" \
		   "gateway: { " body " }\n"
#define PINNED_VPN(body) \
	HEAD ZONES "  far: { kind: vpn, interfaces: [wg0], networks: [10.9.0.0/24] }\n" \
		   "networks: { one: [10.2.0.7], servers: [10.3.0.9] }\n" SERVICES \
		   "pinned:\n" \
		   "  - { id: q, zone: claims, devices: [one], pinned_to: [servers] }\n" \
		   "gateway: { vpn: { port: 51820, " body " } }\n"
#define PINNED_FLOW(body) \
	PINNED "flows:\n  - { id: f, services: [web], " body PAPERS " }\n"
#define PUBLISH(flow, list) \
	HEAD ZONES "networks: { www: [10.3.0.10], two: [10.3.0.10, 10.3.0.11], net: " \
		   "[10.3.0.0/24] }\n" \
		   "services: { web: [tcp/80-90], s: [tcp/85], ping: [icmp/8] }\n" \
		   "flows:\n  - { id: a, from: net, to: office, destination: [www], " \
		   "services: [s], " \
		   "publish: [192.0.2.2] }\n" \
		   "  - { id: f, from: net, " flow ", publish: " list " }\n"
#define WWW         "to: office, destination: [www], services: [web]"
#define NEVER(body) BASE "assertions:\n  - " body "\n"

static const struct row rows[] = {
	/* the file */
	{ "", "p: the file is empty: a policy starts with 'version: 1'" },
	{ "# nothing\n\n# here\n", "p: the file is empty" },
	{ "---\n", "p: the file is empty" },
	{ "~\n", "p: the file is empty" },
	{ "a\nb: \xff\n", "p:2:4: byte 0xff is not valid UTF-8" },
	{ "a: \xe3\x81", "p:1:4: byte 0xe3 is not valid UTF-8" },
	{ "a: \xed\xa0\x80", "p:1:4: byte 0xed is not valid UTF-8" },
	{ "a: \xc0\x80", "p:1:4: byte 0xc0 is not valid UTF-8" },
	{ "a: \xf4\x90\x80\x80", "p:1:4: byte 0xf4 is not valid UTF-8" },
	/* YAML */
	{ "version: 1\nzones: [a, b\n",
	  "p:3:1: not valid YAML: flow sequence without a closing" },
	{ "version: 1\n\tsite: x\n",
	  "p:2:1: indented with a tab; YAML takes spaces only" },
	{ "version: &v 1\n", "p:1:13: anchors (&name) are not accepted" },
	{ "version: *v\n", "p:1:10: aliases (*name) are not accepted" },
	{ "version: !!int 1\n", "p:1:16: tags (!name) are not accepted" },
	{ "site: !s { name: x }\n", "p:1:10: tags (!name) are not accepted" },
	{ "a: { <<: { b: c } }\n", "p:1:6: merge keys (<<) are not accepted" },
	{ "version: 1\n---\nversion: 1\n", "a policy is one document" },
	{ "? [a, b]\n: c\n", "p:1:3: a key must be text, not a list or mapping" },
	{ "? { a: b }\n: c\n", "p:1:3: a key must be text, not a list or mapping" },
	{ "version: \"a\\0b\"\n",
	  "p:1:10: text must be one line without control characters" },
	{ "version: \"\\e[2J\"\n", "p:1:10: text must be one line" },
	{ "site: { name: |\n  }\n", "p:" },
	{ "version: |\n  a\n  b\n", "text must be one line" },
	{ "{{{{{{{{{{{{{{{{{", "p:" },
	{ "[[[[[[[[[[[[[[[[[", "p:1:13: nested too deeply: more than 12 levels" },
	{ "- - - - - - - - - - - - - - x", "p:1:25: nested too deeply" },
	{ HEAD "version: 1\n", "p:3:1: key 'version' is given twice, first in line 1" },
	{ ZONE(OFFICE "[10.0.0.0/8], kind: closed"),
	  "p:4:64: key 'kind' is given twice, first in line 4" },
	{ "%YAML 1.2\n---\n" BASE, "p:1:1: directives (%NAME) are not accepted" },
	{ "\xef\xbb\xbf%%%", "p:1:2: directives (%NAME) are not accepted" },
	{ "a: b\n%", "p:2:1: directives (%NAME) are not accepted" },
	/* what looks different from what it is, in comments too */
	{ "a: b\r%", "p:1:5: character U+000D is not accepted" },
	{ "a: b # c\r    d: e\n", "p:1:9: character U+000D is not accepted" },
	{ "a: b\r", "p:1:5: character U+000D is not accepted" },
	{ "# a\xe2\x80\xa8zones: x\n", "p:1:4: character U+2028 is not accepted" },
	{ "# a\xc2\x85\n", "p:1:4: character U+0085 is not accepted" },
	{ "a: b\n# \xe2\x80\xae c\n", "p:2:3: character U+202E is not accepted" },
	{ "# \xe2\x81\xa6 c \xe2\x81\xa9\n", "p:1:3: character U+2066 is not accepted" },
	{ "# \x1b[2K\n", "p:1:3: character U+001B is not accepted" },
	{ "# a\x08\n", "p:1:4: character U+0008 is not accepted" },
	{ "# a\x0c\n", "p:1:4: character U+000C is not accepted" },
	{ "# a\x7f\n", "p:1:4: character U+007F is not accepted" },
	{ "site: { name: 'a\n  b' }\n", "p:1:15: text must be one line without" },
	{ "site: { name: '' }\n", "p:1:15: name must be text, found nothing" },
	/* top level */
	{ "[a]", "p:1:1: the policy must be a mapping (key: value), found a list" },
	{ "version", "p:1:1: the policy must be a mapping (key: value), found text" },
	{ "site: { name: s }\n" ZONES, "p:1:1: the policy lacks the key 'version'" },
	{ "version: 1\n" ZONES, "p:1:1: the policy lacks the key 'site'" },
	{ HEAD, "p:1:1: the policy lacks the key 'zones'" },
	{ "version: 2\n", "p:1:10: version must be 1, found '2'" },
	{ "version:\n", "p:1:1: version must be text, found nothing" },
	{ "version: [1]\n", "p:1:10: version must be text, found a list" },
	{ BASE "zone: 1\n",
	  "p:12:1: unknown key 'zone' in the policy; did you mean 'zones'?" },
	{ BASE "flow: 1\n",
	  "did you mean 'flows'?; accepted: version, site, zones, networks, "
	  "services, schedules, flows, proxy, management, gateway, sensor, pinned, "
	  "assertions" },
	{ BASE "quota: 1\n",
	  "p:12:1: unknown key 'quota' in the policy; accepted: version" },
	/* site */
	{ "site: x\n", "p:1:7: site must be a mapping (key: value), found text" },
	{ "site: {}\n", "p:1:1: site lacks the key 'name'" },
	{ "site: { nmae: x }\n",
	  "p:1:9: unknown key 'nmae' in site; did you mean 'name'?" },
	{ "site: { name: \"\" }\n", "p:1:15: name must be text, found nothing" },
	{ "site: { name: ~ }\n", "p:1:15: name must be text, found nothing" },
	{ "site: { name: x, timezone: ../passwd }\n",
	  "p:1:28: '../passwd' is not a time zone" },
	{ "site: { name: x, timezone: /etc }\n", "p:1:28: '/etc' is not a time zone" },
	/* zones */
	{ HEAD "zones:\n", "p:3:1: zones must be a mapping (key: value), found nothing" },
	{ HEAD "zones: {}\n", "p:3:8: zones is empty" },
	{ HEAD "zones: [a]\n",
	  "p:3:8: zones must be a mapping (key: value), found a list" },
	{ HEAD "zones: { Core: x }\n", "p:3:10: 'Core' is not a name for a zone; "
				       "accepted: 1 to 31 characters of a-z 0-9 - _, "
				       "starting with a letter" },
	{ HEAD "zones: { a23456789012345678901234567890123: x }\n",
	  "p:3:10: 'a23456789012345678901234567890123' is not a name for a zone" },
	{ HEAD "zones: { a: x }\n",
	  "p:3:13: zone 'a' must be a mapping (key: value), found text" },
	{ ZONE("kind: office"), "p:4:3: zone 'a' lacks the key 'interfaces'" },
	{ ZONE("interfaces: [e1]"), "p:4:3: zone 'a' lacks the key 'kind'" },
	{ ZONE("kind: office, interfaces: [e1]"),
	  "p:4:3: zone 'a' lacks the key 'networks'; only a zone of kind internet may" },
	{ ZONE("kind: ofice"),
	  "p:4:14: unknown kind 'ofice'; did you mean 'office'?; accepted: "
	  "personal, closed, office, management, internet, vpn" },
	{ ZONE("kind: vpn, interfaces: [eth0], networks: [10.0.0.0/24]"),
	  "p:4:32: 'eth0' is no interface of a VPN, which a zone of kind vpn has" },
	{ ZONE("kind: vpn, interfaces: [wg0], networks: [10.0.0.0/24], vlan: 3"),
	  "'vlan' is not for a zone of kind vpn" },
	{ ZONE("kind: [office]"), "p:4:14: kind must be text, found a list" },
	{ ZONE("interfces: [e1]"),
	  "p:4:8: unknown key 'interfces' in zone 'a'; did you mean "
	  "'interfaces'?; accepted: kind, label, interfaces, networks, "
	  "admission" },
	{ ZONE("admission: on"),
	  "p:4:19: unknown admission 'on'; accepted: enforce, off" },
	{ ZONE("label: x"), "p:4:15: label must be a mapping (key: value), found text" },
	{ ZONE("label: { jp: x }"),
	  "p:4:17: unknown key 'jp' in label; did you mean 'ja'?" },
	{ ZONE("label: { ja: [x] }"), "p:4:21: label 'ja' must be text, found a list" },
	{ ZONE("label: { ja: 漢字, en: [x] }"), "p:4:29: label 'en' must be text" },
	{ ZONE("interfaces: e1"),
	  "p:4:20: interfaces must be a list ([a, b] or lines with '- '), "
	  "found text" },
	{ ZONE("interfaces: []"), "p:4:20: interfaces is empty" },
	{ ZONE("interfaces: [abcdefghijklmnop]"),
	  "p:4:21: 'abcdefghijklmnop' is not an interface name" },
	{ ZONE("interfaces: [a/b]"), "p:4:21: 'a/b' is not an interface name" },
	{ ZONE("interfaces: ['a b']"), "p:4:21: 'a b' is not an interface name" },
	{ ZONE("interfaces: [.]"), "p:4:21: '.' is not an interface name" },
	{ ZONE("interfaces: [..]"), "p:4:21: '..' is not an interface name" },
	{ ZONE("interfaces: [lo]"), "p:4:21: 'lo' is not an interface name" },
	{ ZONE("interfaces: ['eth*']"), "p:4:21: 'eth*' is not an interface name" },
	{ ZONE("interfaces: [e1, e1]"),
	  "p:4:25: interface 'e1' belongs to zone 'a' already (line 4)" },
	{ ZONE("interfaces: [br0], ports: [p1, p1]"),
	  "p:4:39: interface 'p1' belongs to zone 'a' already (line 4)" },
	{ ZONE("interfaces: [br0], ports: [br0]"),
	  "p:4:35: interface 'br0' belongs to zone 'a' already (line 4)" },
	{ ZONE("interfaces: [br0], ports: []"), "p:4:34: ports is empty" },
	{ ZONE("interfaces: [br0, e1], ports: [p1]"),
	  "p:4:38: 'ports' are the ports of a bridge: then the zone has one "
	  "interface, the bridge" },
	{ ZONE("interfaces: [br0], ports: [p1], port_lock: yes"),
	  "p:4:51: unknown port_lock 'yes'; accepted: true, false" },
	{ ZONE("kind: office, interfaces: [e1], port_lock: true"),
	  "'port_lock' needs 'ports' and 'admission: enforce'" },
	{ ZONE("kind: closed, interfaces: [br0], ports: [p1], port_lock: true"),
	  "'port_lock' needs 'ports' and 'admission: enforce'" },
	{ TWO(OFFICE "[10.0.0.0/8]", OFFICE "[11.0.0.0/8]"),
	  "p:5:35: interface 'e1' belongs to zone 'a' already (line 4)" },
	{ ZONE("networks: []"), "p:4:18: networks is empty" },
	{ ZONE("networks: [10.0.0.300]"),
	  "p:4:19: '10.0.0.300' is not a network; accepted: an "
	  "IPv4 or IPv6 address, or address/length" },
	{ ZONE("networks: [10.0.0.1/24]"),
	  "p:4:19: '10.0.0.1/24' has bits set behind its prefix "
	  "length; the network is 10.0.0.0/24" },
	{ ZONE("networks: ['fd00::1/64']"),
	  "p:4:19: 'fd00::1/64' has bits set behind its prefix "
	  "length; the network is fd00::/64" },
	{ ZONE("networks: [10.0.0.0/33]"), "p:4:19: '10.0.0.0/33' is not a network" },
	{ ZONE(OFFICE "[0.0.0.0/0]"),
	  "p:4:50: a network wider than /8 is for a zone of kind internet" },
	{ ZONE(OFFICE "[0.0.0.0/1, 128.0.0.0/1]"),
	  "p:4:50: a network wider than /8 is for a zone of kind internet" },
	{ ZONE(OFFICE "[\"fc00::/7\"]"), "a network wider than /8" },
	{ ZONE(OFFICE "[10.0.0.0/8, 10.1.0.0/16]"),
	  "p:4:63: network 10.1.0.0/16 overlaps 10.0.0.0/8 of the same list (line 4)" },
	{ TWO(OFFICE "[10.0.0.0/8]", OFFICE "[192.0.2.0/24, 10.1.1.0/24]"),
	  "p:5:65: network 10.1.1.0/24 of zone 'b' overlaps 10.0.0.0/8 of zone 'a' (line "
	  "4)" },
	{ TWO(OFFICE "['fd00::5']", OFFICE "['fd00::/16']"),
	  "p:5:51: network fd00::/16 of zone 'b' overlaps fd00::5" },
	{ TWO("kind: internet, interfaces: [e1]", "kind: internet, interfaces: [e2]"),
	  "p:5:14: zone 'a' is of kind internet already (line 4)" },
	/* networks and services */
	{ HEAD ZONES "networks: [a]\n", "p:8:11: networks must be a mapping" },
	{ GROUP("Servers: [10.2.0.1]"),
	  "p:9:3: 'Servers' is not a name for a group of networks" },
	{ GROUP("servers: []"), "p:9:12: group 'servers' is empty" },
	{ GROUP("servers: 10.2.0.1"), "p:9:12: group 'servers' must be a list" },
	{ GROUP("servers: [x]"), "p:9:13: 'x' is not a network" },
	{ GROUP("servers: [10.2.0.1, 10.2.0.1]"),
	  "p:9:23: network 10.2.0.1 overlaps 10.2.0.1 of the same list (line 9)" },
	{ SERVICE("web: []"), "p:9:8: service 'web' is empty" },
	{ SERVICE("web: tcp/443"), "p:9:8: service 'web' must be a list" },
	{ SERVICE("9web: [tcp/443]"), "p:9:3: '9web' is not a name for a service" },
	{ SERVICE("web: [443]"),
	  "p:9:9: '443' is not a service; accepted: tcp/PORT, udp/PORT, "
	  "tcp/MIN-MAX, udp/MIN-MAX, icmp/TYPE, icmpv6/TYPE" },
	{ SERVICE("web: [sctp/443]"), "p:9:9: 'sctp/443' is not a service" },
	{ SERVICE("web: [tcp/]"), "p:9:9: 'tcp/': ports are numbers from 1 to 65535" },
	{ SERVICE("web: [tcp/0]"), "p:9:9: 'tcp/0': ports are numbers" },
	{ SERVICE("web: [tcp/65536]"), "p:9:9: 'tcp/65536': ports are numbers" },
	{ SERVICE("web: [tcp/1-65536]"), "p:9:9: 'tcp/1-65536': ports are numbers" },
	{ SERVICE("web: [udp/20-10]"),
	  "p:9:9: 'udp/20-10': ports are numbers from 1 to 65535, in "
	  "a range the smaller one first" },
	{ SERVICE("web: [tcp/00000000443]"),
	  "p:9:9: 'tcp/00000000443': ports are numbers" },
	{ SERVICE("web: [tcp/400-500, tcp/443]"),
	  "p:9:22: 'tcp/443' is in service 'web' already" },
	{ SERVICE("web: [icmp/8, icmp/echo-request]"),
	  "p:9:17: 'icmp/echo-request' is in service 'web' already" },
	{ SERVICE("web: [icmp/256]"),
	  "p:9:9: unknown ICMP type (a name, or 0 to 255) '256'; "
	  "accepted: echo-reply," },
	{ SERVICE("web: [icmpv6/echo-requst]"),
	  "'echo-requst'; did you mean 'echo-request'?; accepted: destination-unr" },
	/* flows */
	{ BASE "flows: {}\n", "p:12:8: flows must be a list" },
	{ BASE "flows: []\n", "p:12:8: flows is empty" },
	{ BASE "flows: [x]\n",
	  "p:12:9: a flow must be a mapping (key: value), found text" },
	{ FLOW("id: f"), "p:13:5: flow 'f' lacks the key 'from'" },
	{ FLOW("id: f"), "p:13:5: flow 'f' lacks the key 'to'" },
	{ FLOW("id: f"), "p:13:5: flow 'f' lacks the key 'services'" },
	{ FLOW("from: core"), "p:13:5: a flow lacks the key 'id'" },
	{ FLOW("id: F"), "p:13:11: 'F' is not a name for a flow" },
	{ FLOW("id: [f]"), "p:13:11: id must be text, found a list" },
	{ FLOW("form: core"),
	  "p:13:7: unknown key 'form' in a flow; did you mean 'from'?" },
	{ FLOW("from: cor"),
	  "p:13:13: unknown zone 'cor'; did you mean 'core'?; accepted: core, "
	  "claims, office, net" },
	{ FLOW("to: xyzzy"),
	  "p:13:11: unknown zone 'xyzzy'; accepted: core, claims, office, net" },
	{ FLOW("services: [wbe]"), "p:13:18: unknown service 'wbe'; accepted: web" },
	{ FLOW("services: [wep]"),
	  "p:13:18: unknown service 'wep'; did you mean 'web'?" },
	{ FLOW("services: []"), "p:13:17: services is empty" },
	{ FLOW("services: web"), "p:13:17: services must be a list" },
	{ FLOW("services: [web, web]"), "p:13:23: service 'web' is listed twice" },
	{ FLOW("services: [[web]]"), "p:13:18: service must be text, found a list" },
	{ FLOW("source: [nobody]"),
	  "p:13:16: unknown group of networks 'nobody'; accepted: servers" },
	{ FLOW("id: f, from: core, to: claims, source: [servers]"),
	  "p:13:47: group 'servers' (line 9) has addresses outside the networks of zone "
	  "'core'" },
	{ FLOW("id: f, from: claims, to: core, destination: [servers]"),
	  "p:13:52: group 'servers' (line 9) has addresses outside the networks of zone "
	  "'core'" },
	{ HEAD ZONES "networks: { g: [10.0.0.0/8] }\n" SERVICES
		     "flows: [{ id: f, from: office, to: claims, destination: [g] }]\n",
	  "group 'g' (line 8) has addresses outside the networks of zone 'claims'" },
	{ FLOW("id: f, from: office, to: office, services: [web]"),
	  "p:13:5: flow 'f' leads from zone 'office' to itself" },
	{ FLOW("id: f, from: core, to: net, services: [web]" PAPERS),
	  "p:13:5: flow 'f' joins a personal zone and the internet; no policy may" },
	{ FLOW("id: f, from: net, to: core, services: [web]" PAPERS),
	  "p:13:5: flow 'f' joins a personal zone and the internet; no policy may" },
	{ FLOW("id: f, from: core, to: claims, services: [web]"),
	  "p:13:5: flow 'f' touches a personal zone and so needs the key 'partner'" },
	{ FLOW("id: f, from: claims, to: core, services: [web]"),
	  "needs the key 'basis'" },
	{ FLOW("id: f, from: claims, to: core, services: [web]"),
	  "needs the key 'owner'" },
	{ FLOW("id: f, from: office, to: core, services: [web]"),
	  "needs the key 'review'" },
	{ FLOW("review: 2027-02-29"),
	  "p:13:15: review must be a date as YYYY-MM-DD that the "
	  "calendar has, found '2027-02-29'" },
	{ FLOW("review: 2100-02-29"), "found '2100-02-29'" },
	{ FLOW("review: 2027-13-01"), "found '2027-13-01'" },
	{ FLOW("review: 2027-00-01"), "found '2027-00-01'" },
	{ FLOW("review: 2027-04-31"), "found '2027-04-31'" },
	{ FLOW("review: 2027-4-30"), "found '2027-4-30'" },
	{ FLOW("review: 2027/04/30"), "found '2027/04/30'" },
	{ FLOW("review: 2027-04-300"), "found '2027-04-300'" },
	{ FLOW("review: 令和9年3月"), "found '令和9年3月'" },
	{ FLOW("partner: ''"), "p:13:16: partner must be text, found nothing" },
	{ FLOW(GOOD) "  - { " GOOD " }\n",
	  "p:14:11: flow 'f' is there already (line 13)" },
	/* proxy */
	{ BASE "proxy: office\n", "p:12:8: proxy must be a mapping" },
	{ PROXY("port: 3128"), "p:12:1: proxy lacks the key 'zones'" },
	{ PROXY("port: 3128"), "p:12:1: proxy lacks the key 'via'" },
	{ PROXY("port: 3128"), "p:12:1: proxy lacks the key 'resolvers'" },
	{ PROXY("port: 0"), "p:12:16: port must be a number from 1 to 65535, found '0'" },
	{ PROXY("port: 65536"), "p:12:16: port must be a number" },
	{ PROXY("port: 0x50"), "p:12:16: port must be a number" },
	{ PROXY("via: claims"),
	  "p:12:15: the proxy reaches out via the zone of kind internet; "
	  "'claims' is not" },
	{ PROXY("via: nte"), "p:12:15: unknown zone 'nte'" },
	{ PROXY("via: net, zones: [office, core]"),
	  "p:12:36: the proxy must not serve zone 'core': a personal zone has no way "
	  "to" },
	{ PROXY("via: net, zones: [net]"),
	  "p:12:28: the proxy cannot serve zone 'net', which it reaches out to" },
	{ PROXY("via: office, zones: [office]"),
	  "p:12:31: the proxy cannot serve zone 'office', which it reaches out to" },
	{ PROXY("zones: []"), "p:12:17: zones is empty" },
	{ PROXY("resolvers: []"), "p:12:21: resolvers is empty" },
	{ PROXY("resolvers: [dns.example]"), "p:12:22: 'dns.example' is not an address" },
	{ PROXY("resolvers: [10.0.0.0/8]"), "p:12:22: '10.0.0.0/8' is not an address" },
	{ PROXY("zones: [office], via: net, resolvers: [10.3.0.1, 10.1.0.53]"),
	  "p:12:59: resolver 10.1.0.53 is in zone 'core': the proxy, which speaks with "
	  "the internet, has no way into a personal zone" },
	{ PROXY("resolvers: ['::ffff:192.0.2.1']"),
	  "p:12:22: '::ffff:192.0.2.1' is IPv4 written as IPv6 (IPv4-mapped); write "
	  "192.0.2.1" },
	{ BASE_MAPPED, "p:4:51: '::ffff:10.1.0.0/120' is IPv4 written as IPv6 "
		       "(IPv4-mapped); write it as IPv4" },
	{ PROXY("resolvers: [192.0.2.1, 192.0.2.1]"),
	  "p:12:33: resolver 192.0.2.1 is listed twice" },
	{ SERVED "transparent: office" END, "p:12:74: transparent must be a list" },
	{ SERVED "transparent: []" END, "p:12:74: transparent is empty" },
	{ SERVED "transparent: [ofice]" END, "p:12:75: unknown zone 'ofice'" },
	{ SERVED "transparent: [office, office]" END,
	  "p:12:83: zone 'office' is listed twice" },
	{ SERVED "transparent: [office, claims]" END,
	  "p:12:83: the proxy does not serve zone 'claims'; accepted: office" },
	{ SERVED "transparent: [net]" END, "the proxy does not serve zone 'net'" },
	{ FLOW("id: f, from: office, to: net, services: [web]") WORKING
	  "transparent: [office]" END,
	  "p:14:75: zone 'office' cannot be transparent: flow 'f' (line 13) lets tcp/80 "
	  "or tcp/443 through to the internet (service 'web')" },
	{ SERVED "sign_in: [claims]" END,
	  "p:12:71: the proxy does not serve zone 'claims'" },
	{ SERVED "sign_in: [office], transparent: [office]" END,
	  "p:12:71: zone 'office' is transparent: a browser that does not know of the "
	  "proxy cannot sign in" },
	{ SERVED "workers: 0" END,
	  "p:12:70: workers must be a number from 1 to 32, found '0'" },
	{ SERVED "workers: 33" END, "p:12:70: workers must be a number from 1 to 32" },
	{ SERVED "workers: -1" END, "p:12:70: workers must be a number from 1 to 32" },
	{ SERVED "ech: deny" END,
	  "p:12:66: unknown ech 'deny'; accepted: allow, refuse" },
	{ SERVED "restart: no" END,
	  "p:12:70: unknown restart 'no'; accepted: keep, cut" },
	{ SERVED "limits: 5" END, "p:12:69: limits must be a mapping" },
	{ SERVED "limits: {}" END, "p:12:69: limits is empty" },
	{ LIMITS("conections: 1"),
	  "p:12:71: unknown key 'conections' in limits; did you mean 'connections'?" },
	{ LIMITS("connections: 63"),
	  "p:12:84: connections must be a number from 64 to 200000, found '63'" },
	{ LIMITS("connections: 200001"), "connections must be a number from 64 to" },
	{ LIMITS("connections: 1e3"), "found '1e3'" },
	{ LIMITS("device_connections: 0"),
	  "device_connections must be a number from 1 to 65535" },
	{ LIMITS("connections: 100, device_connections: 101"),
	  "p:12:69: device_connections (101) must not be above connections (100)" },
	{ LIMITS("connections: 100"),
	  "p:12:69: device_connections (256) must not be above connections (100)" },
	{ LIMITS("head_seconds: 0"), "head_seconds must be a number from 1 to 120" },
	{ LIMITS("head_seconds: 121"), "head_seconds must be a number from 1 to 120" },
	{ LIMITS("idle_seconds: 9"), "idle_seconds must be a number from 10 to 86400" },
	{ LIMITS("total_hours: 8761"), "total_hours must be a number from 0 to 8760" },
	{ LIMITS("total_hours: ''"), "total_hours must be text, found nothing" },
	{ LIMITS("tunnel_upload: 1GB"),
	  "p:12:86: tunnel_upload must be a size up to 1024TiB (digits, then KiB, MiB, "
	  "GiB, TiB or nothing for bytes; 0: no ceiling), found '1GB'" },
	{ LIMITS("tunnel_upload: 1025TiB"), "must be a size up to 1024TiB" },
	{ LIMITS("tunnel_upload: 1125899906842625"), "must be a size up to 1024TiB" },
	{ LIMITS("tunnel_upload: 18446744073709551617"), "must be a size up to 1024TiB" },
	{ LIMITS("tunnel_upload: 1 MiB"), "found '1 MiB'" },
	{ LIMITS("tunnel_upload: MiB"), "found 'MiB'" },
	{ LIMITS("tunnel_upload: 1.5GiB"), "found '1.5GiB'" },
	{ LIMITS("tunnel_upload: 01GiB"), "found '01GiB'" },
	{ LIMITS("device_day_upload: -1"), "device_day_upload must be a size" },
	{ LIMITS("device_day_upload: [1]"),
	  "device_day_upload must be text, found a list" },
	{ LIMITS("upload_action: alert"),
	  "p:12:86: unknown upload_action 'alert'; did you mean 'alarm'?; accepted: "
	  "alarm, cut" },
	/* management */
	{ BASE "management: {}\n", "p:12:1: management lacks the key 'zones'" },
	{ BASE "management: { zones: [net] }\n",
	  "p:12:23: the management page must not be offered to the internet (zone "
	  "'net')" },
	{ BASE "management: { zones: [ofice] }\n", "p:12:23: unknown zone 'ofice'" },
	{ BASE "management: { zones: [office], ssh: 0 }\n", "p:12:37:" },
	{ BASE "management: { zones: [office], ssh: 8443 }\n",
	  "p:12:1: 'ssh' is at port 8443, which the management page or the proxy uses" },
	{ PROXY("zones: [office]") "management: { ssh: 3128, zones: [office] }\n",
	  "p:13:1: 'ssh' is at port 3128, which the management page or the proxy uses" },
	{ BASE "management: { prot: 1 }\n", "p:12:15: unknown key 'prot' in management" },
	{ PROXY("zones: [office]") "management: { port: 3128, zones: [office] }\n",
	  "p:13:1: management and proxy (line 12) both use port 3128" },
	/* the sensor */
	{ BASE "sensor: { dhcp_servers: [] }\n", "dhcp_servers is empty" },
	{ BASE "sensor: { routers: [\"fe80::1\", \"fe80::1\"] }\n",
	  "p:12:32: server fe80::1 is listed twice" },
	{ BASE "sensor: { dhcp: [10.3.0.1] }\n", "unknown key 'dhcp' in sensor" },
	/* schedules and validity */
	{ BASE "schedules: []\n", "p:12:12: schedules must be a mapping" },
	{ HOURS("holidays: [2026-11-23]"), "schedule 's' lacks the key 'hours'" },
	{ SPAN("mon"), "p:13:16: 'mon' are not hours of a week; accepted: " },
	{ SPAN("mon-fri"), "are not hours of a week" },
	{ SPAN("mon- 08:00-09:00"), "are not hours of a week" },
	{ SPAN("fri-mon 08:00-09:00"), "are not hours of a week" },
	{ SPAN("mon-fri 08:00-08:00"), "are not hours of a week" },
	{ SPAN("mon-fri 08:00-24:01"), "are not hours of a week" },
	{ SPAN("mon-fri 8:00-9:00"), "are not hours of a week" },
	{ SPAN("mon-fri 08:00-09:00-10:00"), "are not hours of a week" },
	{ SPAN("mon-fri  08:00-09:00"), "are not hours of a week" },
	{ SPAN("mon-fri 08:00-09:00 and so on for ever"), "are not hours of a week" },
	{ HOURS("hours: [mon 08:00-09:00], holidays: [2026-02-29]"),
	  "a holiday is a date as YYYY-MM-DD that the calendar has, found '2026-02-29'" },
	{ "version: 1\nsite: { name: s, timezone: Europe/Berlin }\n" ZONES
	  "schedules: { s: { hours: [mon 08:00-09:00] } }\n",
	  "'schedules' needs a site.timezone without daylight saving time" },
	{ "version: 1\nsite: { name: s, timezone: Europe/Berlin }\n" ZONES GROUPS SERVICES
	  "flows: [{ " GOOD ", valid_until: 2027-01-01 }]\n",
	  "'valid_until' needs a site.timezone without" },
	{ UNTIL("schedule: x"), "unknown schedule 'x'; accepted: (none)" },
	{ UNTIL("valid_from: tomorrow"), "valid_from must be a date as YYYY-MM-DD" },
	{ UNTIL("valid_until: 2027-02-30"), "valid_until must be a date as YYYY-MM-DD" },
	{ UNTIL("valid_from: 2027-01-02, valid_until: 2027-01-01"),
	  "flow 'f' ends before it begins" },
	/* nat and publishing */
	{ UNTIL("nat: snat"), "unknown nat 'snat'; accepted: masquerade" },
	{ UNTIL("publish: [192.0.2.1]"),
	  "only a flow from the zone of kind internet can be published" },
	{ PUBLISH(WWW, "[]"), "publish is empty" },
	{ PUBLISH(WWW, "[a]"), "'a' is not an address; a published address is an" },
	{ PUBLISH(WWW, "[192.0.2.1, 192.0.2.1]"),
	  "published address 192.0.2.1 is listed twice" },
	{ PUBLISH(WWW, "[\"2001:db8::1\"]"),
	  "2001:db8::1 cannot be published: the flow's 'destination' must be one IPv6 "
	  "address" },
	{ PUBLISH(WWW, "[192.0.2.2]"), "p:12:84: flow 'a' (line 11) publishes a port of "
				       "192.0.2.2 that this one does" },
	{ PUBLISH("to: office, destination: [two], services: [web]", "[192.0.2.1]"),
	  "must be one IPv4 address" },
	{ PUBLISH("to: office, destination: [net], services: [web]", "[192.0.2.1]"),
	  "must be one IPv4 address" },
	{ PUBLISH("to: office, services: [web]", "[192.0.2.1]"),
	  "must be one IPv4 address" },
	{ PUBLISH("to: office, destination: [www], services: [ping]", "[192.0.2.1]"),
	  "only TCP and UDP ports can be published, and service 'ping' has ICMP" },
	/* ceilings */
	{ ZONE(OFFICE "[10.0.0.0/8], limits: { new: 1 }"),
	  "unknown key 'new' in limits" },
	{ ZONE(OFFICE "[10.0.0.0/8], limits: { new_per_second: 0 }"),
	  "new_per_second must be a number from 1 to 100000, found '0'" },
	{ ZONE(OFFICE "[10.0.0.0/8], limits: { connections: 100001 }"),
	  "connections must be a number from 1 to 100000, found '100001'" },
	/* gateway */
	{ OWN("dns: {}"),
	  "p:12:12: unknown key 'dns' in gateway; accepted: ntp, syslog" },
	{ OWN("ntp: {}"), "p:12:12: ntp lacks the key 'servers'" },
	{ OWN("ntp: { servers: [ntp.example.jp] }"),
	  "'ntp.example.jp' is not an address; a server is an IPv4 or IPv6 address" },
	{ OWN("ntp: { servers: [10.3.0.1, 10.3.0.1] }"),
	  "server 10.3.0.1 is listed twice" },
	{ OWN("ntp: { servers: [10.3.0.1, 10.3.0.2, 10.3.0.3, 10.3.0.4, 10.3.0.5, "
	      "10.3.0.6, 10.3.0.7, 10.3.0.8, 10.3.0.9] }"),
	  "servers has 9 members; 8 are accepted" },
	{ OWN("ntp: { servers: [10.3.0.1], account: root/etc }"),
	  "'root/etc' is not an account name" },
	{ OWN("syslog: { servers: [10.3.0.1], service: tcp/1-2 }"),
	  "'tcp/1-2' is not a service of one port; accepted: tcp/PORT, udp/PORT" },
	{ OWN("syslog: { servers: [10.3.0.1], account: root }"),
	  "unknown key 'account' in syslog" },
	{ OWN("mail: { servers: [10.3.0.1, 192.0.2.25] }"),
	  "p:12:12: server 192.0.2.25 of 'mail' is in no zone but the internet" },
	{ OWN("ntp: { servers: [10.3.0.1, 10.1.0.7] }"),
	  "p:12:39: server 10.1.0.7 is in zone 'core': this machine's own services have "
	  "no way" },
	{ OWN("syslog: { servers: [10.1.0.7] }"), "server 10.1.0.7 is in zone 'core'" },
	{ OWN("mail: { servers: [10.1.0.7] }"), "server 10.1.0.7 is in zone 'core'" },
	/* papers with nothing on them */
	{ FLOW("id: f, from: core, to: claims, services: [web], partner: ' ', basis: b, "
	       "owner: o, review: 2027-03-31"),
	  "partner must be text, found nothing but spaces" },
	{ FLOW("id: f, from: core, to: claims, services: [web], partner: p, "
	       "basis: '\u3000', owner: '\u00a0', review: 2027-03-31"),
	  "basis must be text, found nothing but spaces" },
	{ FLOW("id: f, from: core, to: claims, services: [web], partner: p, basis: b, "
	       "owner: '\u3164', review: 2027-03-31"),
	  "owner must be text, found nothing but spaces" },
	/* pinned */
	{ PINNED_BUT("ntp: { servers: [10.2.0.7] }"),
	  "p:12:5: pin 'q': 10.2.0.7 is one of its devices, and 'ntp' leads there" },
	{ PINNED_BUT("syslog: { servers: [10.2.0.7] }"), "and 'syslog' leads there" },
	{ PINNED_BUT("mail: { servers: [10.2.0.7] }"), "and 'mail' leads there" },
	{ PINNED_BUT("radius: { switches: [10.2.0.7] }"),
	  "10.2.0.7 is one of its devices, and may ask this machine's RADIUS server" },
	{ PINNED_BUT("ntp: { servers: [10.2.0.8] }") "proxy: { zones: [office], via: "
						     "net, resolvers: [10.2.0.7] }\n",
	  "the proxy's 'resolvers' lead there" },
	{ PINNED_VPN("from: claims"), "everybody in zone 'claims' may begin a VPN here" },
	{ PINNED_VPN("from: claims, peers: [10.2.0.7]"),
	  "10.2.0.7 is one of its devices, and may begin a VPN here" },
	{ BASE "pinned: {}\n", "p:12:9: pinned must be a list" },
	{ PIN("devices: [servers], pinned_to: [servers]"),
	  "group 'servers' (line 9) has addresses outside the networks of zone 'core'" },
	{ PIN("devices: [servers]"), "a pin lacks the key 'pinned_to'" },
	{ BASE "pinned: [{ id: p, zone: net, pinned_to: [servers] }]\n",
	  "p:12:25: what is in the internet cannot be pinned" },
	{ PINNED_FLOW("from: claims, to: core"),
	  "p:13:5: flow 'f' leads to devices of pin 'p' (line 11), which nobody may" },
	{ PINNED_FLOW("from: claims, to: core, destination: [u, t]"),
	  "leads to devices" },
	{ PINNED_FLOW("from: core, to: claims"), "reach more than its 'pinned_to'" },
	{ PINNED_FLOW("from: core, to: claims, source: [t], destination: [more]"),
	  "reach more than its 'pinned_to'" },
	{ PINNED_FLOW("from: core, to: claims, destination: [servers, more]"),
	  "reach more than its 'pinned_to'" },
	{ PROXY("zones: [office], via: net, resolvers: [192.0.2.1]") "pinned: [{ id: p, "
								     "zone: office, "
								     "pinned_to: "
								     "[servers] }]\n",
	  "p:12:1: the proxy serves zone 'office', where pin 'p' (line 13) lets" },
	{ BASE "management: { zones: [core] }\n"
	       "pinned: [{ id: p, zone: core, pinned_to: [servers] }]\n",
	  "p:12:1: the management page serves zone 'core'" },
	/* assertions */
	{ BASE "assertions: {}\n", "p:12:13: assertions must be a list" },
	{ NEVER("{}"), "p:13:5: an assertion lacks the key 'never'" },
	{ NEVER("nevr: {}"),
	  "p:13:5: unknown key 'nevr' in an assertion; did you mean 'never'?" },
	{ NEVER("never: x"), "p:13:12: never must be a mapping" },
	{ NEVER("never: { from: core }"), "p:13:5: never lacks the key 'to'" },
	{ NEVER("never: { from: core, to: xyzzy }"), "p:13:30: unknown zone 'xyzzy'" },
	{ NEVER("never: { from: core, to: core }"),
	  "p:13:5: never names zone 'core' twice" },
	{ FLOW(GOOD) "assertions:\n  - never: { from: core, to: claims }\n",
	  "p:13:5: flow 'f' does what the assertion of line 15 says must never be" },
	{ FLOW(GOOD) "assertions:\n  - never: { from: core, to: claims }\n",
	  "p:15:5: never from 'core' to 'claims', but flow 'f' (line 13) leads there" },
};

static char out[DIAG_MAX * (DIAG_TEXT_MAX + 32)];

static void refuses_with_place(void **state)
{
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct policy *p = NULL;
		struct diags d = { 0 };
		int r = policy_parse(rows[i].text, strlen(rows[i].text), &p, &d);

		(void)diag_print(&d, "p", out, sizeof(out));
		if (r == -EINVAL && p == NULL && strstr(out, rows[i].expected) != NULL)
			continue;
		print_error("row %zu: %d\n%s\nexpected: %s\nfound:\n%s\n", i, r,
			    rows[i].text, rows[i].expected, out);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static void tells_all_in_one_run(void **state)
{
	static const char text[] =
		"version: 3\n"
		"sites: x\n"
		"zones:\n"
		"  a: { kind: offic, interfaces: [], networks: [x, y] }\n"
		"flows:\n"
		"  - { id: X, from: b, to: c, services: [s] }\n"
		"management: { zones: [q], port: no }\n";
	static const char *const expected[] = {
		"p:1:1: ",  "p:1:10: ", "p:2:1: ",  "p:4:14: ", "p:4:33: ",
		"p:4:48: ", "p:4:51: ", "p:6:11: ", "p:6:20: ", "p:6:27: ",
		"p:6:41: ", "p:7:23: ", "p:7:33: "
	};
	struct policy *p = NULL;
	struct diags d = { 0 };
	const char *at = out;

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text), &p, &d), -EINVAL);
	(void)diag_print(&d, "p", out, sizeof(out));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) { /* in the file's order */
		at = strstr(at, expected[i]);
		if (at == NULL)
			fail_msg("%s not found in order in\n%s", expected[i], out);
	}
	assert_int_equal(d.count, ARRAY_LEN(expected));
}

static void known_names_are_bounded(void **state)
{
	static char text[8192];
	struct policy *p = NULL;
	struct diags d = { 0 };
	size_t len;

	(void)state;
	len = (size_t)snprintf(text, sizeof(text), HEAD ZONES "services:\n");
	for (unsigned i = 0; i < 100; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"  service-number-%u: [tcp/1]\n", i);
	(void)snprintf(
		text + len, sizeof(text) - len,
		"flows: [{ id: f, from: office, to: claims, services: [nothing] }]\n");
	assert_int_equal(policy_parse(text, strlen(text), &p, &d), -EINVAL);
	assert_int_equal(d.count, 1);
	assert_non_null(strstr(d.item[0].text, "unknown service 'nothing'; accepted: "
					       "service-number-0, service-number-1, "));
	assert_non_null(strstr(d.item[0].text, ", ... (100 in all)"));
}

static void foreign_text_is_cut_and_clean(void **state)
{
	static char text[2048];
	struct policy *p = NULL;
	struct diags d = { 0 };

	(void)state;
	(void)snprintf(text, sizeof(text), "%s", "version: ");
	for (size_t i = 0; i < 300; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s",
			       "漢");
	assert_int_equal(policy_parse(text, strlen(text), &p, &d), -EINVAL);
	(void)diag_print(&d, "p", out, sizeof(out));
	assert_non_null(strstr(out, "漢漢...'\n"));
	for (const char *c = out; *c != '\0'; c++)
		assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_with_place),
		cmocka_unit_test(tells_all_in_one_run),
		cmocka_unit_test(known_names_are_bounded),
		cmocka_unit_test(foreign_text_is_cut_and_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
