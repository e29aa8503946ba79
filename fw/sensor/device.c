/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/device.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define BUCKETS     8192 /* a power of two */
#define TRACES      (1u << 17) /* 1 MB: 13 s of a flood of 10,000 frames a second */
#define TRACE_WAYS  4 /* a newcomer takes the oldest of as many places */
#define TRACE_MS    60000 /* a trace older than this says nothing */
#define TOKEN_MILLI 1000

struct entry {
	struct device device; /* first: device_next() hands it out */
	bool used;
	bool returned;
	struct mono first;
	struct mono reported_at;
	TAILQ_ENTRY(entry) age; /* in a queue of its interface, or free */
	LIST_ENTRY(entry) chain;
};

TAILQ_HEAD(entry_queue, entry);
LIST_HEAD(entry_list, entry);

/* A newcomer without a place. */
struct trace {
	uint32_t tag; /* bits of the hash that did not choose the slot */
	uint32_t ms; /* low bits of monotonic time; 0: empty */
};

struct share { /* of one interface */
	struct entry_queue once; /* longest silent first */
	struct entry_queue returned;
	struct entry_queue permitted;
	size_t count;
	int64_t tokens; /* thousandths of a report */
	struct mono filled;
	uint64_t lost;
};

struct device_table {
	struct entry entry[DEVICE_MAX];
	struct entry_list bucket[BUCKETS];
	struct trace trace[TRACES];
	struct entry_queue free;
	unsigned char key[crypto_shorthash_KEYBYTES];
	size_t count;
	size_t quota;
	size_t interfaces;
	struct share share[];
};

int device_table_new(size_t interfaces, struct device_table **ret_table)
{
	struct device_table *t;

	if (interfaces == 0 || interfaces > DEVICE_MAX)
		return -EINVAL;
	t = calloc(1, sizeof(*t) + interfaces * sizeof(t->share[0]));
	if (t == NULL)
		return -ENOMEM;
	/* keyed, so that nobody can choose MACs that meet in one bucket or trace */
	randombytes_buf(t->key, sizeof(t->key));
	t->interfaces = interfaces;
	t->quota = DEVICE_MAX / interfaces;
	TAILQ_INIT(&t->free);
	for (size_t i = 0; i < DEVICE_MAX; i++)
		TAILQ_INSERT_TAIL(&t->free, &t->entry[i], age);
	for (size_t i = 0; i < interfaces; i++) {
		TAILQ_INIT(&t->share[i].once);
		TAILQ_INIT(&t->share[i].returned);
		TAILQ_INIT(&t->share[i].permitted);
		t->share[i].tokens = (int64_t)DEVICE_BURST * TOKEN_MILLI;
	}
	*ret_table = t;
	return 0;
}

void device_table_free(struct device_table *t)
{
	free(t);
}

static uint64_t hash(const struct device_table *t, size_t interface, struct mac m)
{
	unsigned char out[crypto_shorthash_BYTES], in[sizeof(interface) + sizeof(m.b)];
	uint64_t h;

	memcpy(in, &interface, sizeof(interface));
	memcpy(in + sizeof(interface), m.b, sizeof(m.b));
	(void)crypto_shorthash(out, in, sizeof(in), t->key);
	memcpy(&h, out, sizeof(h));
	return h;
}

static struct entry *find(struct device_table *t, size_t interface, struct mac m)
{
	struct entry *e;

	LIST_FOREACH(e, &t->bucket[hash(t, interface, m) % BUCKETS], chain)
	{
		if (e->device.interface == interface && mac_equal(e->device.mac, m))
			return e;
	}
	return NULL;
}

static struct entry_queue *queue_of(struct device_table *t, const struct entry *e)
{
	struct share *s = &t->share[e->device.interface];

	if (e->device.permitted)
		return &s->permitted;
	return e->returned ? &s->returned : &s->once;
}

static bool take_token(struct share *s, struct mono now)
{
	int64_t gained = mono_diff_ms(now, s->filled) * DEVICE_RATE;
	const int64_t most = (int64_t)DEVICE_BURST * TOKEN_MILLI;

	if (gained > 0) {
		s->tokens = gained < most - s->tokens ? s->tokens + gained : most;
		s->filled = now;
	}
	if (s->tokens < TOKEN_MILLI)
		return false;
	s->tokens -= TOKEN_MILLI;
	return true;
}

static void evict(struct device_table *t, struct entry *e)
{
	struct share *s = &t->share[e->device.interface];

	s->lost += e->device.reported ? 0 : 1;
	s->count--;
	t->count--;
	TAILQ_REMOVE(queue_of(t, e), e, age);
	LIST_REMOVE(e, chain);
	*e = (struct entry){ 0 };
	TAILQ_INSERT_TAIL(&t->free, e, age);
}

static bool is_silent(const struct entry *e, struct mono now, int64_t ms)
{
	return e != NULL && mono_diff_ms(now, e->device.last) >= ms;
}

/* Who gives way to a newcomer, by the rules at the top of device.h; NULL: nobody. */
static struct entry *choose(const struct share *s, bool returned, bool permitted,
			    struct mono now)
{
	struct entry *once = TAILQ_FIRST(&s->once);
	struct entry *back = TAILQ_FIRST(&s->returned);
	struct entry *kept = TAILQ_FIRST(&s->permitted);

	if (is_silent(back, now, DEVICE_KEEP_MS))
		return back;
	if (is_silent(kept, now, DEVICE_KEEP_MS))
		return kept;
	if (once != NULL && (returned || permitted))
		return once;
	if (is_silent(once, now, DEVICE_ONCE_MS))
		return once;
	return permitted ? back : NULL;
}

static bool make_room(struct device_table *t, size_t interface, bool returned,
		      bool permitted, struct mono now)
{
	struct share *s = &t->share[interface];
	struct entry *e;

	if (s->count < t->quota)
		return true;
	e = choose(s, returned, permitted, now);
	if (e != NULL)
		evict(t, e);
	return e != NULL;
}

/* Has a newcomer without a place spoken before? Leaves its trace if not. */
static bool has_returned(struct device_table *t, size_t interface, struct mac m,
			 struct mono now)
{
	uint64_t h = hash(t, interface, m);
	struct trace *set = &t->trace[h % (TRACES / TRACE_WAYS) * TRACE_WAYS];
	struct trace *oldest = set;
	uint32_t tag = (uint32_t)(h >> 32);
	uint32_t ms = (uint32_t)(now.us / 1000) | 1; /* never 0, which is "empty" */

	for (struct trace *tr = set; tr < set + TRACE_WAYS; tr++) {
		if (tr->ms != 0 && tr->tag == tag && ms - tr->ms <= TRACE_MS)
			return ms - tr->ms >= DEVICE_RETURN_MS;
		if (oldest->ms != 0 && (tr->ms == 0 || ms - tr->ms > ms - oldest->ms))
			oldest = tr;
	}
	*oldest = (struct trace){ .tag = tag, .ms = ms };
	return false;
}

static struct entry *insert(struct device_table *t, size_t interface, struct mac m,
			    bool returned, bool permitted, struct mono now)
{
	struct entry *e = TAILQ_FIRST(&t->free);

	TAILQ_REMOVE(&t->free, e, age);
	e->device.interface = interface;
	e->device.mac = m;
	e->used = true;
	e->returned = returned;
	e->first = now;
	e->device.last = now;
	e->device.permitted = permitted;
	TAILQ_INSERT_TAIL(queue_of(t, e), e, age);
	LIST_INSERT_HEAD(&t->bucket[hash(t, interface, m) % BUCKETS], e, chain);
	t->share[interface].count++;
	t->count++;
	return e;
}

static bool knows_addr(const struct device *d, struct addr a)
{
	for (size_t i = 0; i < DEVICE_ADDRS_MAX; i++) {
		if (addr_equal(d->addr[i], a))
			return true;
	}
	return false;
}

/* Does the sighting say something that we did not know? */
static bool has_changed(const struct device *d, const struct sight *s)
{
	return (s->addr.family != 0 && !knows_addr(d, s->addr)) ||
	       (s->name[0] != '\0' && strcmp(s->name, d->name) != 0);
}

static void note(struct device *d, const struct sight *s)
{
	if (s->addr.family != 0 && !knows_addr(d, s->addr)) {
		d->at = (d->at + 1) % DEVICE_ADDRS_MAX;
		d->addr[d->at] = s->addr;
	}
	if (s->name[0] != '\0')
		memcpy(d->name, s->name, sizeof(d->name));
}

static void touch(struct device_table *t, struct entry *e, bool permitted,
		  struct mono now)
{
	TAILQ_REMOVE(queue_of(t, e), e, age);
	e->returned = e->returned || mono_diff_ms(now, e->first) >= DEVICE_RETURN_MS;
	e->device.last = now;
	e->device.permitted = permitted;
	TAILQ_INSERT_TAIL(queue_of(t, e), e, age);
}

/* Has the device fewer addresses than we keep? Then another is no flood yet. */
static bool has_room(const struct device *d)
{
	return d->addr[(d->at + 1) % DEVICE_ADDRS_MAX].family == 0;
}

/* Is it time to speak of this device? */
static bool is_due(struct share *share, const struct entry *e, const struct sight *s,
		   struct mono now)
{
	int64_t since = mono_diff_ms(now, e->reported_at);

	if (!e->device.reported)
		return e->returned || e->device.permitted || take_token(share, now);
	if (since >= DEVICE_REFRESH_MS)
		return true;
	return has_changed(&e->device, s) &&
	       (since >= DEVICE_CHANGE_MS || has_room(&e->device));
}

/* The same card on another interface, where it was seen last. */
static struct device *find_other(struct device_table *t, size_t interface, struct mac m)
{
	struct device *latest = NULL;

	for (size_t i = 0; i < t->interfaces; i++) {
		struct entry *e = i != interface ? find(t, i, m) : NULL;

		if (e != NULL && (latest == NULL || e->device.last.us > latest->last.us))
			latest = &e->device;
	}
	return latest;
}

static struct entry *admit(struct device_table *t, size_t interface, struct mac m,
			   bool permitted, struct mono now, bool *ret_returned)
{
	bool full = t->share[interface].count >= t->quota;

	*ret_returned = full && has_returned(t, interface, m, now);
	if (!make_room(t, interface, *ret_returned, permitted, now))
		return NULL;
	return insert(t, interface, m, *ret_returned, permitted, now);
}

struct device_news device_see(struct device_table *t, size_t interface,
			      const struct sight *s, bool permitted, struct mono now,
			      int64_t time_us)
{
	struct share *share = &t->share[interface];
	struct entry *e = find(t, interface, s->mac);
	struct device_news news = { 0 };
	bool returned = false;

	if (e != NULL) {
		news.before = e->device.last;
		touch(t, e, permitted, now);
	} else {
		e = admit(t, interface, s->mac, permitted, now, &returned);
		news.first = !returned;
	}
	if (e == NULL) {
		news.report = returned && take_token(share, now);
		share->lost += news.report ? 0 : 1;
		return news;
	}
	news.device = &e->device;
	news.other = find_other(t, interface, s->mac);
	news.elsewhere = news.other != NULL;
	news.report = is_due(share, e, s, now);
	/* what is not reported now stays news for the next time */
	if (news.report || !e->device.reported || !has_changed(&e->device, s))
		note(&e->device, s);
	e->device.source = s->source;
	e->device.time_us = time_us;
	if (news.report) {
		e->device.reported = true;
		e->reported_at = now;
	}
	return news;
}

const struct device *device_next(const struct device_table *t, uint64_t *cursor,
				 struct addr *ret_addr)
{
	while (*cursor < (uint64_t)DEVICE_MAX * DEVICE_ADDRS_MAX) {
		const struct entry *e = &t->entry[*cursor / DEVICE_ADDRS_MAX];
		size_t n = (*cursor)++ % DEVICE_ADDRS_MAX;
		const struct device *d = &e->device;
		bool none = d->addr[d->at].family == 0;

		if (!e->used || !d->reported)
			continue;
		if (d->addr[n].family != 0 || (none && n == 0)) {
			*ret_addr = d->addr[n];
			return d;
		}
	}
	return NULL;
}

size_t device_count(const struct device_table *t)
{
	return t->count;
}

uint64_t device_lost(struct device_table *t, size_t interface)
{
	uint64_t lost = t->share[interface].lost;

	t->share[interface].lost = 0;
	return lost;
}
