/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * expect - the packets that a policy lets pass, made from the policy alone
 *
 * A cube is a range per field, as values. What a policy permits has two bounds:
 * every cube may pass; one that is sure has to. They differ where the policy says
 * nothing (a packet to another zone's network that leaves towards the internet) and
 * where the kernel drops by itself (addresses that cannot be, a way back that leads
 * elsewhere). Only first packets of connections, those of the loopback interface and
 * of neighbour discovery are listed; what follows a first packet is prove.c's part.
 */
#ifndef FW_VERIFY_EXPECT_H
#define FW_VERIFY_EXPECT_H

#include "fw/verify/space.h"
#include "lib/revision.h"

#define EXPECT_CUBES_MAX 200000
#define EXPECT_PUBLISH   5 /* besides hooks: is led to a published server */
#define EXPECT_GATEWAY   UINT32_MAX /* a zone's number: this machine */
#define EXPECT_NOBODY    (UINT32_MAX - 1) /* an interface of no zone */

struct facts { /* about this machine */
	uint32_t uid_proxy;
	uint32_t uid_management;
	uint32_t uid_clock; /* of the policy's gateway.ntp.account; UID_NONE: not there */
	int64_t now; /* seconds UTC */
};

enum cube_who { /* devices at the cube's interface */
		WHO_ANY,
		WHO_FULL, /* with a permit for all that the zone may do */
		WHO_ADMITTED, /* with any permit */
		WHO_LIMITED, /* with a permit that is limited to flows, and names this one */
		WHO_COUNT,
};

struct cube {
	struct range r[FIELD_COUNT]; /* of IIF and OIF: one interface, or all */
	enum cube_who who;
	uint32_t limited; /* of WHO_LIMITED: the policy's flow */
	bool unbound; /* those bound to an address, too, whatever the source is */
	uint32_t hook; /* NF_INET_; PRE_ROUTING: is redirected to the proxy;
			  POST_ROUTING: leaves with the gateway's address */
	uint32_t from, to; /* zones */
	bool sure;
	const char *flow; /* id, or what else it is for */
};

struct ranges { /* of addresses of one family each */
	struct range *item;
	uint8_t *family;
	size_t count, room;
};

struct sources { /* addresses of a zone */
	struct ranges may; /* accepted as its own */
	struct ranges sure; /* certainly */
};

struct expect {
	const struct revision *rev;
	struct facts facts;
	struct ifnames *names;
	uint32_t *zone_of; /* by interface: a zone's number, EXPECT_NOBODY */
	uint32_t **interface; /* by zone */
	struct sources *sources; /* by zone */
	struct devices devices;
	struct cube *cube;
	size_t count, room;
};

/*
 * Everything is in w's arena; rev is borrowed. names grows by the policy's
 * interfaces. Returns 0, -E2BIG or -ENOMEM.
 */
int expect_new(struct work *w, const struct revision *rev, const struct facts *facts,
	       struct ifnames *names, struct expect *ret_expect);

/* All values of every field. */
struct cube cube_any(uint32_t hook);

static inline bool expect_admits(const struct expect *x, uint32_t zone)
{
	return x->rev->policy->zone[zone].admission == POLICY_ADMISSION_ENFORCE;
}

#endif
