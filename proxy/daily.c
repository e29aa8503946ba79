/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/daily.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/id.h"
#include "lib/str.h"

#define BUCKETS 4096 /* a power of two */

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
	p->told = true;
	(void)pthread_mutex_unlock(&d->lock);
	return first;
}
