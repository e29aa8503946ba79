/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/desk.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

#define HASH_LEN ((DESK_TOKEN_SIZE - 1) / 2)
#define HOUR_S   3600

struct desk {
	uint8_t key[crypto_generichash_KEYBYTES]; /* never changes: no lock */
	pthread_mutex_t lock; /* for what follows */
	struct denials *denials;
};

int desk_new(struct desk **ret_desk)
{
	struct desk *d;

	if (sodium_init() < 0)
		return -EIO;
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	d->denials = denials_new();
	if (d->denials == NULL) {
		free(d);
		return -ENOMEM;
	}
	randombytes_buf(d->key, sizeof(d->key));
	(void)pthread_mutex_init(&d->lock, NULL);
	*ret_desk = d;
	return 0;
}

void desk_free(struct desk *d)
{
	if (d == NULL)
		return;
	denials_free(d->denials);
	(void)pthread_mutex_destroy(&d->lock);
	sodium_memzero(d->key, sizeof(d->key));
	free(d);
}

void desk_note(struct desk *d, const struct denials_who *who, const struct denial *what)
{
	int r;

	(void)pthread_mutex_lock(&d->lock);
	r = denials_add(d->denials, who, what);
	(void)pthread_mutex_unlock(&d->lock);
	(void)r;
}

size_t desk_list(struct desk *d, const struct denials_who *who,
		 struct denial ret[DENIALS_A_DEVICE])
{
	size_t n;

	(void)pthread_mutex_lock(&d->lock);
	n = denials_list(d->denials, who, ret);
	(void)pthread_mutex_unlock(&d->lock);
	return n;
}

void desk_token(const struct desk *d, const struct denials_who *who, int64_t now_s,
		char dst[DESK_TOKEN_SIZE])
{
	/* fixed places, so that no two devices make the same bytes */
	struct {
		int64_t hour;
		uint8_t family;
		uint8_t addr[sizeof(who->addr.bytes)];
		char device[ID_TEXT_MAX];
	} about;
	uint8_t hash[HASH_LEN];

	memset(&about, 0, sizeof(about));
	about.hour = now_s / HOUR_S;
	about.family = who->addr.family;
	memcpy(about.addr, who->addr.bytes, sizeof(about.addr));
	(void)str_copy(about.device, sizeof(about.device), who->device);
	(void)crypto_generichash(hash, sizeof(hash), (const uint8_t *)&about,
				 sizeof(about), d->key, sizeof(d->key));
	str_hex(dst, hash, sizeof(hash));
}

bool desk_token_ok(const struct desk *d, const struct denials_who *who, int64_t now_s,
		   const char *token)
{
	char now[DESK_TOKEN_SIZE], before[DESK_TOKEN_SIZE];
	int good;

	if (strlen(token) != DESK_TOKEN_SIZE - 1)
		return false;
	desk_token(d, who, now_s, now);
	desk_token(d, who, now_s - HOUR_S, before);
	good = sodium_memcmp(token, now, sizeof(now) - 1) == 0;
	good |= sodium_memcmp(token, before, sizeof(before) - 1) == 0;
	return good != 0;
}
