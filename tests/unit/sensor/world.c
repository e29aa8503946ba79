/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "tests/unit/sensor/world.h"

const struct wires world_wires = {
	.item = { { "office0", "office" }, { "office1", "office" }, { "core0", "core" } },
	.count = 3
};
const struct mac world_gateway = { { 2, 0, 0, 0, 0, 0xf0 } };

struct mac world_mac(uint32_t n)
{
	return (struct mac){ { 2, 0x77, (uint8_t)(n >> 24), (uint8_t)(n >> 16),
			       (uint8_t)(n >> 8), (uint8_t)n } };
}

struct addr world_ip(const char *text)
{
	struct addr a;

	assert_int_equal(addr_parse(text, &a), 0);
	return a;
}

void world_keep(const struct proto_event *event, void *user)
{
	struct world *w = user;

	if (w->count < EMIT_MAX)
		w->event[w->count++] = *event;
}

struct watch_time world_now(const struct world *w)
{
	int64_t s = START_S + w->ms / 1000 + w->step_s;

	return (struct watch_time){ .now = { .us = 5000000 + w->ms * 1000 },
				    .time_us = s * 1000000,
				    .hour = (unsigned)(s / 3600 % 168) };
}

struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));
	struct ours ours = { .card = { { .interface = "office0", .mac = world_gateway } },
			     .card_count = 1,
			     .addr_count = 2 };

	assert_non_null(w);
	ours.addr[0] = world_ip("192.0.2.1");
	ours.addr[1] = world_ip("fe80::1");
	assert_int_equal(watch_new(&world_wires, world_keep, w, world_now(w), &w->watch),
			 0);
	assert_int_equal(device_table_new(world_wires.count, &w->table), 0);
	watch_set_ours(w->watch, &ours);
	return w;
}

void world_free(struct world *w)
{
	watch_free(w->watch);
	device_table_free(w->table);
	free(w);
}

void world_see(struct world *w, size_t port, const struct sight *s, unsigned flags)
{
	struct watch_time t = world_now(w);
	struct device_news news =
		device_see(w->table, port, s, (flags & PERMITTED) != 0, t.now, t.time_us);
	struct watch_frame f = {
		.port = port,
		.sight = s,
		.news = &news,
		.permitted = (flags & PERMITTED) != 0,
		.home = (flags & HOME) != 0 ? "office0" : NULL,
		.time = t,
	};

	watch_see(w->watch, &f);
}

/* The sender says that it has the address, as an ARP request for nobody would. */
void world_claims(struct world *w, size_t port, struct mac m, const char *address,
		  unsigned flags)
{
	struct sight s = { .mac = m,
			   .source = PROTO_SOURCE_ARP,
			   .addr = world_ip(address),
			   .claim = world_ip(address),
			   .claim_mac = m };

	world_see(w, port, &s, flags);
}

void world_wait_ms(struct world *w, int64_t ms)
{
	w->ms += ms;
	watch_tick(w->watch, world_now(w));
}

static size_t told(const struct world *w, enum event_kind kind,
		   enum proto_event_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += w->event[i].kind == kind && w->event[i].state == state;
	return n;
}

size_t world_raised(const struct world *w, enum event_kind kind)
{
	return told(w, kind, PROTO_EVENT_RAISED);
}

size_t world_closed(const struct world *w, enum event_kind kind)
{
	return told(w, kind, PROTO_EVENT_CLOSED);
}

const struct proto_event *world_last(const struct world *w, enum event_kind kind)
{
	for (size_t i = w->count; i-- > 0;) {
		if (w->event[i].kind == kind)
			return &w->event[i];
	}
	fail_msg("no %s", event_name(kind));
	return NULL;
}
