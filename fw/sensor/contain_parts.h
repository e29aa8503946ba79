/* SPDX-License-Identifier: GPL-3.0-or-later */
/* contain_parts - containment's own parts: the table of hosts, and what is told to them */
#ifndef FW_SENSOR_CONTAIN_PARTS_H
#define FW_SENSOR_CONTAIN_PARTS_H

#include "fw/sensor/contain.h"

#define CONTAIN_ASKED_MAX 32 /* questions between two answers */

struct host { /* an address that a card uses */
	struct mac mac;
	struct addr addr; /* family 0: free */
	struct mono seen;
	bool stranger; /* without a permit, as of the last tick */
	bool judged; /* stranger says something */
	bool owned; /* a card with a permit uses the same address */
	unsigned heal; /* rounds in which the truth is still to be told of it */
	size_t healed; /* hosts that heard it in this round */
};

struct question { /* a stranger asked for an address, or somebody for a stranger's */
	struct mac mac;
	struct addr target;
};

struct contain {
	struct mac own;
	struct host host[CONTAIN_HOSTS_MAX];
	size_t strangers; /* hosts of them */
	size_t turn; /* the pair that comes next, when not all fit into a second */
	uint64_t missed;
	struct question asked[CONTAIN_ASKED_MAX];
	size_t asked_count;
	size_t answers; /* frames that may still answer in this second */
};

static inline bool host_is_used(const struct host *h)
{
	return h->addr.family != 0;
}

static inline bool host_is_stranger(const struct host *h)
{
	return host_is_used(h) && h->judged && h->stranger;
}

/* An address that a card can have for itself? */
bool host_is_usable_addr(struct addr a);

/* Who has a permit, who has lost it or was silent for long, and whose address is whose. */
void hosts_judge(struct contain *c, struct mono now, const struct contain_world *world);

#endif
