/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/sources.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096 /* a power of two */

struct source {
	struct source *next;
	struct addr addr; /* of a network: its first address */
	bool network;
	uint32_t count;
};

struct sources {
	pthread_mutex_t lock;
	/* a client on the LAN chooses its IPv6 addresses: the places must not be guessable */
	uint8_t key[crypto_shorthash_KEYBYTES];
	size_t total;
	struct source *bucket[BUCKETS];
};

int sources_new(struct sources **ret_sources)
{
	struct sources *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	(void)pthread_mutex_init(&s->lock, NULL);
	crypto_shorthash_keygen(s->key);
	*ret_sources = s;
	return 0;
}

void sources_free(struct sources *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (s->bucket[i] != NULL) {
			struct source *next = s->bucket[i]->next;

			free(s->bucket[i]);
			s->bucket[i] = next;
		}
	}
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Where the address (or network) stands, or where it would. */
static struct source **find(struct sources *s, struct addr a, bool network)
{
	uint8_t in[2 + sizeof(a.bytes)] = { a.family, network ? 1 : 0 };
	uint8_t hash[crypto_shorthash_BYTES];
	struct source **at;
	uint16_t i;

	memcpy(in + 2, a.bytes, a.family == 4 ? 4 : sizeof(a.bytes));
	(void)crypto_shorthash(hash, in, sizeof(in), s->key);
	memcpy(&i, hash, sizeof(i));
	at = &s->bucket[i % BUCKETS];
	while (*at != NULL && ((*at)->network != network || !addr_equal((*at)->addr, a)))
		at = &(*at)->next;
	return at;
}

static int count_up(struct sources *s, struct addr a, bool network, size_t max)
{
	struct source **at = find(s, a, network);

	if (*at == NULL) {
		struct source *one = malloc(sizeof(*one));

		if (one == NULL)
			return -ENOMEM;
		*one = (struct source){ .addr = a, .network = network };
		*at = one;
	}
	if ((*at)->count >= max)
		return -EUSERS;
	(*at)->count++;
	return 0;
}

static bool count_down(struct sources *s, struct addr a, bool network)
{
	struct source **at = find(s, a, network), *one = *at;

	if (one == NULL)
		return false;
	if (--one->count == 0) {
		*at = one->next;
		free(one);
	}
	return true;
}

/* The network that is counted, too. */
static bool network_of(struct addr src, bool admitted, struct addr *ret_network)
{
	if (src.family != 6 || admitted)
		return false;
	*ret_network = src;
	memset(ret_network->bytes + 8, 0, 8);
	return true;
}

static int add(struct sources *s, struct addr src, bool admitted, uint32_t max,
	       size_t total_max)
{
	size_t network_max = total_max > 1 ? total_max / 2 : 1;
	struct addr network;
	int r;

	if (s->total >= total_max)
		return -ENFILE;
	r = count_up(s, src, false, max);
	if (r < 0)
		return r;
	if (network_of(src, admitted, &network))
		r = count_up(s, network, true, network_max);
	if (r < 0)
		(void)count_down(s, src, false);
	else
		s->total++;
	return r;
}

int sources_add(struct sources *s, struct addr src, bool admitted, uint32_t max,
		size_t total_max)
{
	int r;

	(void)pthread_mutex_lock(&s->lock);
	r = max != 0 ? add(s, src, admitted, max, total_max) : -EUSERS;
	(void)pthread_mutex_unlock(&s->lock);
	return r;
}

void sources_remove(struct sources *s, struct addr src, bool admitted)
{
	struct addr network;

	(void)pthread_mutex_lock(&s->lock);
	if (count_down(s, src, false)) {
		s->total--;
		if (network_of(src, admitted, &network))
			(void)count_down(s, network, true);
	}
	(void)pthread_mutex_unlock(&s->lock);
}

size_t sources_total(struct sources *s)
{
	size_t n;

	(void)pthread_mutex_lock(&s->lock);
	n = s->total;
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}
