/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/daily.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/id.h"
#include "lib/rd.h"
#include "lib/str.h"
#include "lib/wr.h"

#define BUCKETS 4096 /* a power of two */

/* Saved: a head with the day and how many, then the places, the others' first. */
#define MAGIC     "SEKIDAY1"
#define HEAD_LEN  (8 + 8 + 4)
#define PLACE_LEN (ID_TEXT_MAX + 1 + 16 + 8 + 1)
#define TOLD      1

struct place {
	struct place *next;
	char device[ID_TEXT_MAX]; /* "": addr counts */
	struct addr addr;
	uint64_t bytes;
	bool told;
};

struct daily {
	pthread_mutex_t lock;
	/* a client may choose its IPv6 addresses: the places must not be guessable */
	uint8_t key[crypto_shorthash_KEYBYTES];
	int64_t day;
	bool changed; /* since it was saved */
	size_t count, addresses;
	struct place others; /* of all that found no place */
	struct place *bucket[BUCKETS];
};

int daily_new(struct daily **ret_daily)
{
	struct daily *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&d->lock, NULL);
	crypto_shorthash_keygen(d->key);
	*ret_daily = d;
	return 0;
}

static void clear(struct daily *d)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		while (d->bucket[i] != NULL) {
			struct place *next = d->bucket[i]->next;

			free(d->bucket[i]);
			d->bucket[i] = next;
		}
	}
	d->others = (struct place){ 0 };
	d->count = d->addresses = 0;
}

void daily_free(struct daily *d)
{
	if (d == NULL)
		return;
	clear(d);
	(void)pthread_mutex_destroy(&d->lock);
	free(d);
}

static struct place place_of(const struct daily_who *who)
{
	struct place p = { 0 };

	(void)str_copy(p.device, sizeof(p.device), who->device);
	if (p.device[0] == '\0')
		p.addr = who->addr;
	return p;
}

static bool same(const struct place *a, const struct place *b)
{
	return strcmp(a->device, b->device) == 0 && addr_equal(a->addr, b->addr);
}

/* Where it stands, or where it would. */
static struct place **find(struct daily *d, const struct place *p)
{
	uint8_t in[sizeof(p->device) + 1 + sizeof(p->addr.bytes)] = { 0 };
	uint8_t hash[crypto_shorthash_BYTES];
	struct place **at;
	uint16_t i;

	memcpy(in, p->device, strlen(p->device));
	in[sizeof(p->device)] = p->addr.family;
	memcpy(in + sizeof(p->device) + 1, p->addr.bytes,
	       p->addr.family == 4 ? 4 : sizeof(p->addr.bytes));
	(void)crypto_shorthash(hash, in, sizeof(in), d->key);
	memcpy(&i, hash, sizeof(i));
	at = &d->bucket[i % BUCKETS];
	while (*at != NULL && !same(*at, p))
		at = &(*at)->next;
	return at;
}

static void begin_day(struct daily *d, int64_t day)
{
	if (d->day == day)
		return;
	clear(d);
	d->day = day;
}

/* The place of who, made when make is set; NULL: there is none. */
static struct place *get(struct daily *d, const struct daily_who *who, bool make)
{
	struct place p = place_of(who), **at = find(d, &p);
	bool by_address = p.device[0] == '\0';
	bool room = d->count < DAILY_PLACES_MAX &&
		    (!by_address || d->addresses < DAILY_PLACES_MAX / 2);

	if (*at != NULL)
		return *at;
	if (room && !make)
		return NULL;
	if (room)
		*at = malloc(sizeof(p));
	if (*at == NULL)
		return &d->others;
	**at = p;
	d->count++;
	d->addresses += by_address ? 1 : 0;
	return *at;
}

uint64_t daily_add(struct daily *d, const struct daily_who *who, int64_t day,
		   uint64_t bytes)
{
	uint64_t sum = 0;
	struct place *p;

	(void)pthread_mutex_lock(&d->lock);
	begin_day(d, day);
	p = get(d, who, bytes != 0);
	if (p != NULL) {
		p->bytes = bytes < UINT64_MAX - p->bytes ? p->bytes + bytes : UINT64_MAX;
		d->changed = d->changed || bytes != 0;
		sum = p->bytes;
	}
	(void)pthread_mutex_unlock(&d->lock);
	return sum;
}

bool daily_first_alarm(struct daily *d, const struct daily_who *who, int64_t day)
{
	struct place *p;
	bool first;

	(void)pthread_mutex_lock(&d->lock);
	begin_day(d, day);
	p = get(d, who, true);
	first = !p->told;
	d->changed = d->changed || first;
	p->told = true;
	(void)pthread_mutex_unlock(&d->lock);
	return first;
}

static void put_place(struct wr *w, const struct place *p)
{
	wr_bytes(w, p->device, sizeof(p->device));
	wr_u8(w, p->addr.family);
	wr_bytes(w, p->addr.bytes, sizeof(p->addr.bytes));
	wr_be64(w, p->bytes);
	wr_u8(w, p->told ? TOLD : 0);
}

static void put_all(struct wr *w, const struct daily *d)
{
	wr_bytes(w, MAGIC, 8);
	wr_be64(w, (uint64_t)d->day);
	wr_be32(w, (uint32_t)d->count);
	put_place(w, &d->others);
	for (size_t i = 0; i < BUCKETS; i++) {
		for (const struct place *p = d->bucket[i]; p != NULL; p = p->next)
			put_place(w, p);
	}
}

/* With the lock held. */
static int save(struct daily *d, void **ret_data, size_t *ret_len)
{
	size_t max = HEAD_LEN + PLACE_LEN * (d->count + 1);
	struct wr w;
	void *data;

	if (!d->changed)
		return 0;
	data = malloc(max);
	if (data == NULL)
		return -ENOMEM;
	w = wr_of(data, max);
	put_all(&w, d);
	d->changed = false;
	*ret_data = data;
	*ret_len = w.len;
	return 1;
}

int daily_save(struct daily *d, void **ret_data, size_t *ret_len)
{
	int r;

	(void)pthread_mutex_lock(&d->lock);
	r = save(d, ret_data, ret_len);
	(void)pthread_mutex_unlock(&d->lock);
	return r;
}

static bool take_place(struct rd *r, struct place *p)
{
	uint8_t told;

	*p = (struct place){ 0 };
	rd_bytes(r, p->device, sizeof(p->device));
	p->addr.family = rd_u8(r);
	rd_bytes(r, p->addr.bytes, sizeof(p->addr.bytes));
	p->bytes = rd_be64(r);
	told = rd_u8(r);
	p->told = told == TOLD;
	return !rd_failed(r) && told <= TOLD && p->device[ID_TEXT_MAX - 1] == '\0' &&
	       (p->addr.family == 0 || p->addr.family == 4 || p->addr.family == 6);
}

/* A head, and as many places as it says; r is behind them then. */
static bool is_sound(struct rd r)
{
	const uint8_t *magic = rd_take(&r, 8);
	struct place p;
	uint32_t count;

	(void)rd_be64(&r);
	count = rd_be32(&r);
	if (rd_failed(&r) || memcmp(magic, MAGIC, 8) != 0 || count > DAILY_PLACES_MAX ||
	    r.left != (count + (size_t)1) * PLACE_LEN)
		return false;
	for (uint32_t i = 0; i <= count; i++) {
		if (!take_place(&r, &p) ||
		    (i != 0 && (p.device[0] == '\0') != (p.addr.family != 0)))
			return false;
	}
	return true;
}

/* With the lock held, and all of it known to be sound. */
static int load(struct daily *d, struct rd r)
{
	struct place p, *at;
	uint32_t count;

	(void)rd_take(&r, 8);
	clear(d);
	d->day = (int64_t)rd_be64(&r);
	count = rd_be32(&r);
	(void)take_place(&r, &d->others);
	for (uint32_t i = 0; i < count; i++) {
		struct daily_who who = { p.device, { 0 } };

		(void)take_place(&r, &p);
		who.addr = p.addr;
		at = get(d, &who, true);
		if (at == &d->others)
			return -ENOMEM;
		at->bytes = p.bytes;
		at->told = p.told;
	}
	return 0;
}

int daily_load(struct daily *d, const void *data, size_t len)
{
	struct rd r = rd_of(data, len);
	int e;

	if (!is_sound(r))
		return -EBADMSG;
	(void)pthread_mutex_lock(&d->lock);
	e = load(d, r);
	(void)pthread_mutex_unlock(&d->lock);
	return e;
}
