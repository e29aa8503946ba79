/* SPDX-License-Identifier: GPL-3.0-or-later */
/* world - what the tests of watch stand in: wires, our cards, a clock, and what was told */
#ifndef TESTS_UNIT_SENSOR_WORLD_H
#define TESTS_UNIT_SENSOR_WORLD_H

#include "fw/sensor/watch.h"

#define OFFICE0   0
#define OFFICE1   1
#define CORE0     2
#define EMIT_MAX  4096
#define START_S   1700000000LL
#define DAY_S     86400LL
#define PERMITTED 1u /* bits of what a frame is */
#define HOME      2u /* a permit on office0 */

/* One segment of two ports, and another. Everything below stands in one test's world. */
struct world {
	struct watch *watch;
	struct device_table *table;
	struct policy_sensor rules;
	int64_t ms; /* since the start */
	int64_t step_s; /* of the wall clock */
	struct proto_event event[EMIT_MAX];
	size_t count;
};

extern const struct wires world_wires;
extern const struct mac world_gateway; /* of office0 */

struct world *world_new(void);
void world_free(struct world *w);

struct mac world_mac(uint32_t n);
struct addr world_ip(const char *text);
struct watch_time world_now(const struct world *w);

/* For watch_new(): the user is the world. */
void world_keep(const struct proto_event *event, void *user);

/* A frame at one of the wires. flags: PERMITTED, HOME. */
void world_see(struct world *w, size_t port, const struct sight *s, unsigned flags);

/* The sender says that it has the address, as an ARP request for nobody would. */
void world_claims(struct world *w, size_t port, struct mac m, const char *address,
		  unsigned flags);

void world_wait_ms(struct world *w, int64_t ms);

/* How many events of that kind began, or were over; and the last of either. */
size_t world_raised(const struct world *w, enum event_kind kind);
size_t world_closed(const struct world *w, enum event_kind kind);
const struct proto_event *world_last(const struct world *w, enum event_kind kind);

#endif
