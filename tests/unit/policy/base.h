/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small policy in pieces; what a test adds behind BASE starts in line 12. */
#ifndef TESTS_UNIT_POLICY_BASE_H
#define TESTS_UNIT_POLICY_BASE_H

#define HEAD "version: 1\nsite: { name: s }\n"
#define ZONES \
	"zones:\n" \
	"  core: { kind: personal, interfaces: [c0], networks: [10.1.0.0/16] }\n" \
	"  claims: { kind: closed, interfaces: [d0], networks: [10.2.0.0/16] }\n" \
	"  office: { kind: office, interfaces: [o0], networks: [10.3.0.0/16] }\n" \
	"  net: { kind: internet, interfaces: [w0] }\n"
#define GROUPS   "networks:\n  servers: [10.2.0.10]\n"
#define SERVICES "services:\n  web: [tcp/443]\n"
#define BASE     HEAD ZONES GROUPS SERVICES
#define PAPERS   ", partner: p, basis: b, owner: o, review: 2027-03-31"

#endif
