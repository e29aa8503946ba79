/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/denials.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

#define BUCKETS    4096u /* a power of two */
#define NONE       UINT16_MAX
#define ROOM_FIRST 4

_Static_assert(DENIALS_DEVICES_MAX < NONE, "NONE is no device");

struct device {
	struct denials_who who;
	struct denial *item; /* owned; the oldest first */
	uint8_t count;
	uint8_t room;
	uint16_t next; /* in the bucket */
	uint16_t newer, older; /* by use */
};

struct denials {
	uint8_t secret[crypto_shorthash_KEYBYTES]; /* nobody can aim at one bucket */
	uint16_t bucket[BUCKETS];
	uint16_t newest, oldest;
	size_t count;
	struct device device[DENIALS_DEVICES_MAX];
};

struct denials *denials_new(void)
{
	struct denials *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	randombytes_buf(d->secret, sizeof(d->secret));
	for (size_t i = 0; i < BUCKETS; i++)
		d->bucket[i] = NONE;
	d->newest = d->oldest = NONE;
	return d;
}

void denials_free(struct denials *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->device[i].item);
	free(d);
}

static size_t bucket_of(const struct denials *d, const struct denials_who *who)
{
	uint8_t text[sizeof(who->addr.bytes) + ID_TEXT_MAX] = { 0 };
	uint8_t hash[crypto_shorthash_BYTES];

	memcpy(text, who->addr.bytes, sizeof(who->addr.bytes));
	(void)str_copy((char *)text + sizeof(who->addr.bytes), ID_TEXT_MAX, who->device);
	(void)crypto_shorthash(hash, text, sizeof(text), d->secret);
	return ((uint32_t)hash[0] | (uint32_t)hash[1] << 8) & (BUCKETS - 1);
}

static bool is_of(const struct device *v, const struct denials_who *who)
{
	return addr_equal(v->who.addr, who->addr) &&
	       strncmp(v->who.device, who->device, ID_TEXT_MAX) == 0;
}

static uint16_t find(const struct denials *d, const struct denials_who *who)
{
	uint16_t i = d->bucket[bucket_of(d, who)];

	while (i != NONE && !is_of(&d->device[i], who))
		i = d->device[i].next;
	return i;
}

static void unlink_use(struct denials *d, uint16_t i)
{
	struct device *v = &d->device[i];

	*(v->newer != NONE ? &d->device[v->newer].older : &d->newest) = v->older;
	*(v->older != NONE ? &d->device[v->older].newer : &d->oldest) = v->newer;
}

static void link_newest(struct denials *d, uint16_t i)
{
	struct device *v = &d->device[i];

	v->newer = NONE;
	v->older = d->newest;
	*(d->newest != NONE ? &d->device[d->newest].newer : &d->oldest) = i;
	d->newest = i;
}

/* Take a device out of its bucket and its place in time; its denials go. */
static void forget(struct denials *d, uint16_t i)
{
	uint16_t *link = &d->bucket[bucket_of(d, &d->device[i].who)];

	while (*link != i)
		link = &d->device[*link].next;
	*link = d->device[i].next;
	unlink_use(d, i);
	free(d->device[i].item);
	d->device[i] = (struct device){ 0 };
}

/* The oldest address of an id that has as many as it may, or NONE. */
static uint16_t find_surplus(const struct denials *d, const char *device)
{
	uint16_t last = NONE;
	size_t count = 0;

	if (device[0] == '\0')
		return NONE;
	for (uint16_t i = d->newest; i != NONE; i = d->device[i].older) {
		if (strncmp(d->device[i].who.device, device, ID_TEXT_MAX) != 0)
			continue;
		last = i;
		count++;
	}
	return count >= DENIALS_ADDRESSES_MAX ? last : NONE;
}

static uint16_t find_place(struct denials *d, const struct denials_who *who)
{
	uint16_t i = find_surplus(d, who->device);

	if (i == NONE && d->count < DENIALS_DEVICES_MAX)
		return (uint16_t)d->count++;
	if (i == NONE)
		i = d->oldest;
	forget(d, i);
	return i;
}

static uint16_t add_device(struct denials *d, const struct denials_who *who)
{
	struct denial *item = calloc(ROOM_FIRST, sizeof(*item));
	uint16_t i, *bucket;

	if (item == NULL)
		return NONE;
	i = find_place(d, who);
	bucket = &d->bucket[bucket_of(d, who)];
	d->device[i] = (struct device){
		.who = *who, .item = item, .room = ROOM_FIRST, .next = *bucket
	};
	*bucket = i;
	link_newest(d, i);
	return i;
}

/* Take one out; the rest moves up. */
static void drop(struct device *v, size_t i)
{
	v->count--;
	memmove(&v->item[i], &v->item[i + 1], (v->count - i) * sizeof(*v->item));
}

static int make_room(struct device *v)
{
	size_t room = (size_t)v->room * 2;
	struct denial *p;

	if (v->count == DENIALS_A_DEVICE)
		drop(v, 0);
	if (v->count < v->room)
		return 0;
	if (room > DENIALS_A_DEVICE)
		room = DENIALS_A_DEVICE;
	p = realloc(v->item, room * sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	v->item = p;
	v->room = (uint8_t)room;
	return 0;
}

static int note(struct device *v, const struct denial *what)
{
	uint32_t count = 1;

	for (size_t i = 0; i < v->count; i++) {
		const struct denial *k = &v->item[i];

		if (k->port != what->port || strcmp(k->host, what->host) != 0)
			continue;
		count = k->count < UINT32_MAX ? k->count + 1 : UINT32_MAX;
		drop(v, i);
		break;
	}
	if (make_room(v) < 0)
		return -ENOMEM;
	v->item[v->count] = *what;
	v->item[v->count++].count = count;
	return 0;
}

int denials_add(struct denials *d, const struct denials_who *who,
		const struct denial *what)
{
	uint16_t i = find(d, who);

	if (i == NONE) {
		i = add_device(d, who);
		if (i == NONE)
			return -ENOMEM;
	} else {
		unlink_use(d, i);
		link_newest(d, i);
	}
	return note(&d->device[i], what);
}

size_t denials_list(const struct denials *d, const struct denials_who *who,
		    struct denial ret[DENIALS_A_DEVICE])
{
	const struct device *v;
	uint16_t i = find(d, who);

	if (i == NONE)
		return 0;
	v = &d->device[i];
	for (size_t k = 0; k < v->count; k++)
		ret[k] = v->item[v->count - 1 - k];
	return v->count;
}

size_t denials_devices(const struct denials *d)
{
	return d->count;
}
