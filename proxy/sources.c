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
	struct addr addr;
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

/* Where the address stands, or where it would. */
static struct source **find(struct sources *s, struct addr a)
{
	uint8_t in[1 + sizeof(a.bytes)] = { a.family }, hash[crypto_shorthash_BYTES];
	struct source **at;
	uint16_t i;

	memcpy(in + 1, a.bytes, a.family == 4 ? 4 : sizeof(a.bytes));
	(void)crypto_shorthash(hash, in, sizeof(in), s->key);
	memcpy(&i, hash, sizeof(i));
	at = &s->bucket[i % BUCKETS];
	while (*at != NULL && !addr_equal((*at)->addr, a))
		at = &(*at)->next;
	return at;
}

static int add(struct sources *s, struct addr src, uint32_t max, size_t total_max)
{
	struct source **at = find(s, src);

	if (s->total >= total_max)
		return -ENFILE;
	if (*at == NULL) {
		struct source *one = malloc(sizeof(*one));

		if (one == NULL)
			return -ENOMEM;
		*one = (struct source){ .addr = src };
		*at = one;
	}
	if ((*at)->count >= max)
		return -EUSERS;
	(*at)->count++;
	s->total++;
	return 0;
}

int sources_add(struct sources *s, struct addr src, uint32_t max, size_t total_max)
{
	int r;

	(void)pthread_mutex_lock(&s->lock);
	r = max != 0 ? add(s, src, max, total_max) : -EUSERS;
	(void)pthread_mutex_unlock(&s->lock);
	return r;
}

void sources_remove(struct sources *s, struct addr src)
{
	struct source **at;

	(void)pthread_mutex_lock(&s->lock);
	at = find(s, src);
	if (*at != NULL) {
		struct source *one = *at;

		s->total--;
		if (--one->count == 0) {
			*at = one->next;
			free(one);
		}
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
