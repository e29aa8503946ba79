/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/lockout.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8 /* places that an address may take */
#define SETS (LOCKOUT_SOURCES_MAX / WAYS)

struct place {
	struct addr src; /* family 0: free */
	uint32_t failures;
	bool shut, told;
	int64_t since_ms; /* first failure, or when it was shut out */
};

struct lockout {
	/* a client chooses its IPv6 addresses: the places must not be guessable */
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct place place[SETS][WAYS];
};

struct lockout *lockout_new(void)
{
	struct lockout *l = calloc(1, sizeof(*l));

	if (l != NULL)
		crypto_shorthash_keygen(l->key);
	return l;
}

void lockout_free(struct lockout *l)
{
	free(l);
}

static struct place *set_of(struct lockout *l, struct addr a)
{
	uint8_t in[1 + sizeof(a.bytes)] = { a.family }, hash[crypto_shorthash_BYTES];
	uint16_t i;

	memcpy(in + 1, a.bytes, a.family == 4 ? 4 : sizeof(a.bytes));
	(void)crypto_shorthash(hash, in, sizeof(in), l->key);
	memcpy(&i, hash, sizeof(i));
	return l->place[i % SETS];
}

static bool is_over(const struct place *p, int64_t now_ms)
{
	return p->src.family == 0 || now_ms - p->since_ms >= LOCKOUT_MS;
}

/* Is a to be given up rather than b? */
static bool goes_first(const struct place *a, const struct place *b, int64_t now_ms)
{
	bool over = is_over(a, now_ms);

	if (over != is_over(b, now_ms))
		return over;
	if (a->shut != b->shut)
		return !a->shut;
	return a->since_ms < b->since_ms;
}

/* Its place, when it has one that still counts; else NULL. */
static struct place *find(struct place *set, struct addr src, int64_t now_ms)
{
	for (int i = 0; i < WAYS; i++) {
		if (!is_over(&set[i], now_ms) && addr_equal(set[i].src, src))
			return &set[i];
	}
	return NULL;
}

static struct place *make_room(struct place *set, struct addr src, int64_t now_ms)
{
	struct place *at = &set[0];

	for (int i = 1; i < WAYS; i++) {
		if (goes_first(&set[i], at, now_ms))
			at = &set[i];
	}
	*at = (struct place){ .src = src, .since_ms = now_ms };
	return at;
}

void lockout_fail(struct lockout *l, struct addr src, int64_t now_ms)
{
	struct place *set = set_of(l, src), *p = find(set, src, now_ms);

	if (p == NULL)
		p = make_room(set, src, now_ms);
	if (p->shut || ++p->failures < LOCKOUT_FAILURES)
		return;
	p->shut = true;
	p->since_ms = now_ms;
}

bool lockout_is(struct lockout *l, struct addr src, int64_t now_ms, bool *ret_first)
{
	struct place *p = find(set_of(l, src), src, now_ms);

	if (p == NULL || !p->shut)
		return false;
	*ret_first = !p->told;
	p->told = true;
	return true;
}
