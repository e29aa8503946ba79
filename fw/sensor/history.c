/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/history.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/wr.h"

#define BUCKETS    4096 /* a power of two */
#define WORDS      3 /* 168 bits */
#define ENTRY_SIZE (6 + 3 * 8 + 2 * WORDS * 8 + 2 * 4)
#define MAGIC      0x534b4831u /* "SKH1" */
#define BOOT_CLASS "PXEClient"
#define TIME_MAX   (INT64_C(1) << 40) /* s from 1970, either way: sums are safe */

struct card {
	struct mac mac;
	int64_t first;
	int64_t last;
	int64_t turned; /* when the current term began */
	uint64_t hours[WORDS]; /* of the current term */
	uint64_t before[WORDS];
	uint32_t print[2]; /* hashes of the fingerprints of DHCPv4 and v6; 0: none */
	bool used;
	TAILQ_ENTRY(card) age; /* longest silent first, or free */
	LIST_ENTRY(card) chain;
};

TAILQ_HEAD(card_queue, card);
LIST_HEAD(card_list, card);

struct history {
	struct card card[HISTORY_MAX];
	struct card_list bucket[BUCKETS];
	struct card_queue free;
	struct card_queue known;
	size_t count;
};

int history_new(struct history **ret_history)
{
	struct history *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return -ENOMEM;
	TAILQ_INIT(&h->free);
	TAILQ_INIT(&h->known);
	for (size_t i = 0; i < HISTORY_MAX; i++)
		TAILQ_INSERT_TAIL(&h->free, &h->card[i], age);
	*ret_history = h;
	return 0;
}

void history_free(struct history *h)
{
	free(h);
}

static uint32_t hash(const void *data, size_t len)
{
	static const unsigned char key[crypto_shorthash_KEYBYTES] = "sekisho history";
	unsigned char out[crypto_shorthash_BYTES];
	uint32_t v;

	(void)crypto_shorthash(out, data, len, key);
	memcpy(&v, out, sizeof(v));
	return v;
}

/* Approved addresses only, so a fixed key does no harm. */
static struct card_list *bucket_of(struct history *h, struct mac mac)
{
	return &h->bucket[hash(mac.b, sizeof(mac.b)) % BUCKETS];
}

static struct card *find(struct history *h, struct mac mac)
{
	struct card *c;

	LIST_FOREACH(c, bucket_of(h, mac), chain)
	{
		if (mac_equal(c->mac, mac))
			return c;
	}
	return NULL;
}

static struct card *insert(struct history *h, struct mac mac)
{
	struct card *c = TAILQ_FIRST(&h->free);

	if (c == NULL) {
		c = TAILQ_FIRST(&h->known);
		TAILQ_REMOVE(&h->known, c, age);
		LIST_REMOVE(c, chain);
		h->count--;
	} else {
		TAILQ_REMOVE(&h->free, c, age);
	}
	*c = (struct card){ .mac = mac, .used = true };
	TAILQ_INSERT_TAIL(&h->known, c, age);
	LIST_INSERT_HEAD(bucket_of(h, mac), c, chain);
	h->count++;
	return c;
}

static bool was_there(const struct card *c, unsigned hour)
{
	hour %= HISTORY_HOURS;
	return ((c->hours[hour / 64] | c->before[hour / 64]) >> hour % 64 & 1) != 0;
}

static bool is_unusual(const struct card *c, struct history_time t)
{
	return t.now - c->first >= HISTORY_LEARN_S && !was_there(c, t.hour) &&
	       !was_there(c, t.hour + 1) && !was_there(c, t.hour + HISTORY_HOURS - 1);
}

static void learn_hour(struct card *c, struct history_time t)
{
	unsigned hour = t.hour % HISTORY_HOURS;

	if (t.now - c->turned >= HISTORY_TERM_S || t.now < c->turned) {
		memcpy(c->before, c->hours, sizeof(c->before));
		memset(c->hours, 0, sizeof(c->hours));
		c->turned = t.now;
	}
	c->hours[hour / 64] |= (uint64_t)1 << hour % 64;
}

static bool learn_print(struct card *c, const char *fingerprint, bool v6)
{
	uint32_t *known = &c->print[v6 ? 1 : 0], before = *known, next;

	if (fingerprint[0] == '\0' || strstr(fingerprint, BOOT_CLASS) != NULL)
		return false;
	next = hash(fingerprint, strlen(fingerprint)) | 1; /* never 0, which is "none" */
	*known = next;
	return before != 0 && before != next;
}

struct history_news history_see(struct history *h, struct mac mac, struct history_time t,
				const char *fingerprint, bool v6)
{
	struct history_news news = { 0 };
	struct card *c = find(h, mac);

	if (c == NULL) {
		c = insert(h, mac);
		c->first = t.now;
		c->turned = t.now;
	} else {
		news.silent = t.now - c->last;
		news.returned = news.silent >= HISTORY_SILENT_S;
		news.unusual = is_unusual(c, t);
		TAILQ_REMOVE(&h->known, c, age);
		TAILQ_INSERT_TAIL(&h->known, c, age);
	}
	c->last = t.now;
	learn_hour(c, t);
	news.other_system = learn_print(c, fingerprint, v6);
	return news;
}

void history_shift(struct history *h, int64_t seconds)
{
	struct card *c;

	TAILQ_FOREACH(c, &h->known, age)
	{
		c->first += seconds;
		c->last += seconds;
		c->turned += seconds;
	}
}

size_t history_count(const struct history *h)
{
	return h->count;
}

static void put_card(struct wr *w, const struct card *c)
{
	wr_bytes(w, c->mac.b, sizeof(c->mac.b));
	wr_be64(w, (uint64_t)c->first);
	wr_be64(w, (uint64_t)c->last);
	wr_be64(w, (uint64_t)c->turned);
	for (size_t i = 0; i < WORDS; i++)
		wr_be64(w, c->hours[i]);
	for (size_t i = 0; i < WORDS; i++)
		wr_be64(w, c->before[i]);
	wr_be32(w, c->print[0]);
	wr_be32(w, c->print[1]);
}

uint8_t *history_encode(const struct history *h, size_t *ret_len)
{
	size_t size = 8 + h->count * ENTRY_SIZE;
	uint8_t *data = malloc(size);
	struct wr w = wr_of(data, size);
	const struct card *c;

	if (data == NULL)
		return NULL;
	wr_be32(&w, MAGIC);
	wr_be32(&w, (uint32_t)h->count);
	TAILQ_FOREACH(c, &h->known, age)
	{
		put_card(&w, c);
	}
	*ret_len = size;
	return data;
}

/* Before 1970, too: that is where a clock that is set back takes what was seen. */
static bool is_time(int64_t t)
{
	return t >= -TIME_MAX && t <= TIME_MAX;
}

static int take_card(struct history *h, struct rd *r)
{
	struct card in = { 0 };
	struct card *c;

	rd_bytes(r, in.mac.b, sizeof(in.mac.b));
	in.first = (int64_t)rd_be64(r);
	in.last = (int64_t)rd_be64(r);
	in.turned = (int64_t)rd_be64(r);
	for (size_t i = 0; i < WORDS; i++)
		in.hours[i] = rd_be64(r);
	for (size_t i = 0; i < WORDS; i++)
		in.before[i] = rd_be64(r);
	in.print[0] = rd_be32(r);
	in.print[1] = rd_be32(r);
	if (rd_failed(r) || !mac_is_unicast(in.mac) || !is_time(in.first) ||
	    !is_time(in.last) || !is_time(in.turned) || in.first > in.last ||
	    find(h, in.mac) != NULL)
		return -EBADMSG;
	c = insert(h, in.mac);
	c->first = in.first;
	c->last = in.last;
	c->turned = in.turned;
	memcpy(c->hours, in.hours, sizeof(c->hours));
	memcpy(c->before, in.before, sizeof(c->before));
	memcpy(c->print, in.print, sizeof(c->print));
	return 0;
}

int history_decode(struct history *h, struct rd r)
{
	uint32_t magic = rd_be32(&r), count = rd_be32(&r);

	if (rd_failed(&r) || magic != MAGIC || count > HISTORY_MAX)
		return -EBADMSG;
	for (uint32_t i = 0; i < count; i++) {
		if (take_card(h, &r) < 0)
			return -EBADMSG;
	}
	return 0;
}
