/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/alarm.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/str.h"

#define MINUTE    (60 * 1000LL)
#define HOUR      (60 * MINUTE)
#define BUCKETS   4096 /* a power of two */
#define PLACES    (ALARM_NEW_MAX + (EVENT_COUNT - 2) * ALARM_KIND_MAX)
#define PORTS_MAX 1024

struct entry {
	struct proto_event event;
	struct mono last;
	TAILQ_ENTRY(entry) age; /* in open of its kind, or free */
	LIST_ENTRY(entry) chain;
	bool used;
};

TAILQ_HEAD(entry_queue, entry);
LIST_HEAD(entry_list, entry);

struct tokens {
	int64_t spent_ms; /* of ALARM_BURST * ALARM_RATE_MS */
	struct mono at;
};

struct alarms {
	struct entry entry[PLACES];
	struct entry_list bucket[BUCKETS];
	struct entry_queue free;
	struct entry_queue open[EVENT_COUNT]; /* longest quiet first */
	size_t count[EVENT_COUNT];
	unsigned char key[crypto_shorthash_KEYBYTES];
	alarm_emit_fn *emit;
	void *user;
	uint64_t suppressed;
	size_t ports;
	struct tokens tokens[][EVENT_COUNT];
};

/* Long enough that a cause which comes and goes is one event, not many. */
int64_t alarm_quiet_ms(enum event_kind kind)
{
	switch (kind) {
	case EVENT_NEW_DEVICE:
	case EVENT_MOVED_PORT:
		return 24 * HOUR; /* or until there is a permit */
	case EVENT_RETURNED:
	case EVENT_FINGERPRINT:
		return 24 * HOUR; /* a day on the list for somebody to look at */
	case EVENT_FOREIGN_DHCP:
	case EVENT_FOREIGN_RA:
		return HOUR; /* twice the longest interval of advertisements (RFC 4861) */
	case EVENT_HOURS:
		return 2 * HOUR; /* one evening is one event */
	case EVENT_ADDRESS_TAKEN:
	case EVENT_GATEWAY_TAKEN:
	case EVENT_SCAN:
		return 10 * MINUTE;
	case EVENT_TWO_PORTS:
	case EVENT_MAC_FLOOD:
	case EVENT_NO_PERMIT: /* not the sensor's to tell */
	case EVENT_NONE:
	case EVENT_COUNT:
		break;
	}
	return 5 * MINUTE;
}

static size_t most_of(uint16_t kind)
{
	return kind == EVENT_NEW_DEVICE ? ALARM_NEW_MAX : ALARM_KIND_MAX;
}

static bool is_about_address(uint16_t kind)
{
	return kind == EVENT_ADDRESS_TAKEN || kind == EVENT_GATEWAY_TAKEN;
}

int alarms_new(size_t ports, alarm_emit_fn *emit, void *user, struct alarms **ret_alarms)
{
	struct alarms *a;

	if (ports == 0 || ports > PORTS_MAX)
		return -EINVAL;
	a = calloc(1, sizeof(*a) + ports * sizeof(a->tokens[0]));
	if (a == NULL)
		return -ENOMEM;
	randombytes_buf(a->key, sizeof(a->key));
	a->emit = emit;
	a->user = user;
	a->ports = ports;
	TAILQ_INIT(&a->free);
	for (size_t i = 0; i < PLACES; i++)
		TAILQ_INSERT_TAIL(&a->free, &a->entry[i], age);
	for (size_t i = 0; i < EVENT_COUNT; i++)
		TAILQ_INIT(&a->open[i]);
	*ret_alarms = a;
	return 0;
}

void alarms_free(struct alarms *a)
{
	free(a);
}

static struct entry_list *bucket_of(struct alarms *a, const struct proto_event *e)
{
	unsigned char out[crypto_shorthash_BYTES];
	unsigned char in[2 + sizeof(e->interface) + sizeof(e->mac)] = { 0 };
	uint64_t h;

	memcpy(in, &e->kind, 2);
	memcpy(in + 2, e->interface, strlen(e->interface));
	memcpy(in + 2 + sizeof(e->interface), e->mac, sizeof(e->mac));
	(void)crypto_shorthash(out, in, sizeof(in), a->key);
	memcpy(&h, out, sizeof(h));
	return &a->bucket[h % BUCKETS];
}

static bool is_same(const struct proto_event *a, const struct proto_event *b)
{
	return a->kind == b->kind && memcmp(a->mac, b->mac, sizeof(a->mac)) == 0 &&
	       strcmp(a->interface, b->interface) == 0 &&
	       (!is_about_address(a->kind) ||
		(a->addr_family == b->addr_family &&
		 memcmp(a->addr, b->addr, sizeof(a->addr)) == 0));
}

static struct entry *find(struct alarms *a, const struct proto_event *what)
{
	struct entry *e;

	LIST_FOREACH(e, bucket_of(a, what), chain)
	{
		if (is_same(&e->event, what))
			return e;
	}
	return NULL;
}

static void emit(struct alarms *a, const struct entry *e, enum proto_event_state state,
		 int64_t time_us)
{
	struct proto_event event = e->event;

	event.state = (uint8_t)state;
	event.time_us = time_us;
	a->emit(&event, a->user);
}

static void close_entry(struct alarms *a, struct entry *e, int64_t time_us)
{
	emit(a, e, PROTO_EVENT_CLOSED, time_us);
	TAILQ_REMOVE(&a->open[e->event.kind], e, age);
	LIST_REMOVE(e, chain);
	a->count[e->event.kind]--;
	*e = (struct entry){ 0 };
	TAILQ_INSERT_TAIL(&a->free, e, age);
}

static void see_again(struct alarms *a, struct entry *e, struct mono now)
{
	e->last = now;
	e->event.count += e->event.count != UINT32_MAX;
	TAILQ_REMOVE(&a->open[e->event.kind], e, age);
	TAILQ_INSERT_TAIL(&a->open[e->event.kind], e, age);
}

static bool take_token(struct tokens *t, struct mono now)
{
	int64_t gained = mono_diff_ms(now, t->at);

	if (gained > 0) {
		t->spent_ms = gained < t->spent_ms ? t->spent_ms - gained : 0;
		t->at = now;
	}
	if (t->spent_ms > (ALARM_BURST - 1) * ALARM_RATE_MS)
		return false;
	t->spent_ms += ALARM_RATE_MS;
	return true;
}

static struct entry *insert(struct alarms *a, const struct proto_event *what,
			    struct mono now)
{
	struct entry *e = TAILQ_FIRST(&a->free);

	TAILQ_REMOVE(&a->free, e, age);
	e->event = *what;
	e->last = now;
	e->used = true;
	TAILQ_INSERT_TAIL(&a->open[what->kind], e, age);
	LIST_INSERT_HEAD(bucket_of(a, what), e, chain);
	a->count[what->kind]++;
	return e;
}

bool alarms_see(struct alarms *a, size_t port, const struct proto_event *what,
		struct mono now, int64_t time_us)
{
	struct entry *e = find(a, what);

	if (e != NULL) {
		see_again(a, e, now);
		return true;
	}
	if (what->kind != EVENT_NEW_DEVICE &&
	    !take_token(&a->tokens[port][what->kind], now)) {
		a->suppressed++;
		return false;
	}
	if (a->count[what->kind] == most_of(what->kind))
		close_entry(a, TAILQ_FIRST(&a->open[what->kind]), time_us);
	e = insert(a, what, now);
	e->event.time_us = time_us;
	e->event.state = PROTO_EVENT_RAISED;
	e->event.count = 1;
	emit(a, e, PROTO_EVENT_RAISED, time_us);
	return true;
}

bool alarms_touch(struct alarms *a, const struct proto_event *what, struct mono now)
{
	struct entry *e = find(a, what);

	if (e != NULL)
		see_again(a, e, now);
	return e != NULL;
}

void alarms_close(struct alarms *a, const struct proto_event *what, int64_t time_us)
{
	struct entry *e = find(a, what);

	if (e != NULL)
		close_entry(a, e, time_us);
}

void alarms_tick(struct alarms *a, struct mono now, int64_t time_us)
{
	for (uint16_t kind = EVENT_NONE + 1; kind < EVENT_COUNT; kind++) {
		int64_t quiet = alarm_quiet_ms((enum event_kind)kind);
		struct entry *e;

		while ((e = TAILQ_FIRST(&a->open[kind])) != NULL &&
		       mono_diff_ms(now, e->last) >= quiet)
			close_entry(a, e, time_us);
	}
}

const struct proto_event *alarms_next(const struct alarms *a, size_t *cursor)
{
	while (*cursor < PLACES) {
		const struct entry *e = &a->entry[(*cursor)++];

		if (e->used)
			return &e->event;
	}
	return NULL;
}

static bool is_ours(const struct proto_event *e)
{
	struct mac mac;

	memcpy(mac.b, e->mac, sizeof(mac.b));
	return e->kind > EVENT_NONE && e->kind < EVENT_COUNT &&
	       e->state == PROTO_EVENT_RAISED && e->time_us >= 0 &&
	       (mac_is_unicast(mac) || mac_is_zero(mac)) &&
	       proto_str_ok(e->interface, sizeof(e->interface)) &&
	       proto_str_ok(e->other_interface, sizeof(e->other_interface)) &&
	       proto_str_ok(e->detail, sizeof(e->detail)) &&
	       str_is_printable_utf8(e->detail) && str_is_printable_utf8(e->interface);
}

void alarms_restore(struct alarms *a, const struct proto_event *event, struct mono now)
{
	if (is_ours(event) && a->count[event->kind] < most_of(event->kind) &&
	    find(a, event) == NULL)
		(void)insert(a, event, now);
}

uint64_t alarms_suppressed(const struct alarms *a)
{
	return a->suppressed;
}

size_t alarms_count(const struct alarms *a)
{
	size_t sum = 0;

	for (size_t i = 0; i < EVENT_COUNT; i++)
		sum += a->count[i];
	return sum;
}
