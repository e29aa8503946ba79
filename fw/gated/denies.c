/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/denies.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "fw/compile/ruleset.h"

#define SLOTS      (4 * DENIES_MAX) /* a power of two: packets that find nothing stop soon */
#define DEVICES    256 /* counters of devices; two may share one, which only coarsens */
#define REASON_MAX 8 /* slots that only sums by reason may take */

struct denies {
	size_t count;
	uint32_t secret; /* else somebody could aim at one counter */
	uint16_t slot[SLOTS]; /* index + 1 into sum; 0: free */
	uint16_t device[DEVICES]; /* full sums of the devices that fall there */
	struct deny sum[DENIES_MAX];
};

struct denies *denies_new(void)
{
	struct denies *d = calloc(1, sizeof(*d));

	if (d != NULL)
		d->secret = randombytes_random();
	return d;
}

void denies_free(struct denies *d)
{
	free(d);
}

static uint16_t target(const struct nflog_packet *p)
{
	return p->has_icmp ? p->icmp_type : p->dst_port;
}

static bool same(const struct nflog_packet *a, const struct nflog_packet *b)
{
	return a->indev == b->indev && a->mark == b->mark && a->proto == b->proto &&
	       target(a) == target(b) && mac_equal(a->mac, b->mac) &&
	       addr_equal(a->src, b->src) && addr_equal(a->dst, b->dst);
}

/* FNV-1a: a collision only costs a longer walk over a table of this size. */
static uint32_t mix(uint32_t h, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 16777619u;
	return h;
}

/* Behind a VPN there are no MACs, and the mark is whose the packet is. */
static uint32_t hash_device(const struct denies *d, const struct nflog_packet *p)
{
	uint32_t h = mix(2166136261u ^ d->secret, &p->indev, sizeof(p->indev));

	h = mix(h, &p->mark, sizeof(p->mark));
	return mix(h, p->mac.b, sizeof(p->mac.b));
}

static uint32_t hash(const struct denies *d, const struct nflog_packet *p)
{
	uint16_t port = target(p);
	uint32_t h = hash_device(d, p);

	h = mix(h, p->src.bytes, sizeof(p->src.bytes));
	h = mix(h, p->dst.bytes, sizeof(p->dst.bytes));
	h = mix(h, &p->proto, sizeof(p->proto));
	h = mix(h, &port, sizeof(port));
	return h ^ h >> 16;
}

/* How much of a packet is told of at this detail. */
static struct nflog_packet coarse(const struct nflog_packet *p, enum deny_detail detail)
{
	switch (detail) {
	case DENY_FULL:
		return *p;
	case DENY_DEVICE:
		return (struct nflog_packet){ .indev = p->indev,
					      .physindev = p->physindev,
					      .mac = p->mac,
					      .mark = p->mark };
	case DENY_REASON:
		break;
	}
	return (struct nflog_packet){ 0 };
}

/* The sum for it, or NULL and where it would stand. */
static struct deny *find(struct denies *d, const struct nflog_packet *p,
			 enum reason reason, enum deny_detail detail, uint32_t *ret_at)
{
	uint32_t at = hash(d, p) % SLOTS;

	for (; d->slot[at] != 0; at = (at + 1) % SLOTS) {
		struct deny *sum = &d->sum[d->slot[at] - 1];

		if (sum->reason == reason && sum->detail == detail &&
		    same(&sum->packet, p))
			return sum;
	}
	*ret_at = at;
	return NULL;
}

static bool has_room(struct denies *d, const struct nflog_packet *p,
		     enum deny_detail detail)
{
	uint16_t *device = &d->device[hash_device(d, p) % DEVICES];

	switch (detail) {
	case DENY_FULL:
		if (d->count >= DENIES_MAX - DENIES_COARSE ||
		    *device >= DENIES_DEVICE_MAX)
			return false;
		(*device)++;
		return true;
	case DENY_DEVICE:
		return d->count < DENIES_MAX - REASON_MAX;
	case DENY_REASON:
		break;
	}
	return d->count < DENIES_MAX; /* there are fewer reasons than slots for them */
}

static struct deny *find_or_make(struct denies *d, const struct nflog_packet *p,
				 enum reason reason, enum deny_detail detail,
				 int64_t now_us)
{
	uint32_t at = 0;
	struct deny *sum = find(d, p, reason, detail, &at);

	if (sum != NULL || !has_room(d, p, detail))
		return sum;
	sum = &d->sum[d->count];
	*sum = (struct deny){
		.packet = *p, .reason = reason, .detail = detail, .first_us = now_us
	};
	d->slot[at] = (uint16_t)++d->count;
	return sum;
}

void denies_add(struct denies *d, const struct nflog_packet *p, enum reason reason,
		int64_t now_us)
{
	struct deny *sum = NULL;

	for (enum deny_detail at = DENY_FULL; sum == NULL && at <= DENY_REASON; at++) {
		const struct nflog_packet told = coarse(p, at);

		sum = find_or_make(d, &told, reason, at, now_us);
	}
	if (sum == NULL)
		return; /* not with the reasons that denies_reason() gives */
	sum->count++;
	sum->last_us = now_us;
}

void denies_flush(struct denies *d, denies_fn *fn, void *user)
{
	for (size_t i = 0; i < d->count; i++)
		fn(&d->sum[i], user);
	memset(d->slot, 0, sizeof(d->slot));
	memset(d->device, 0, sizeof(d->device));
	d->count = 0;
}

enum reason denies_reason(const char *prefix)
{
	static const enum reason known[] = { REASON_NO_FLOW,        REASON_NOT_ADMITTED,
					     REASON_SPOOFED,        REASON_NO_RECORD,
					     REASON_OVERLOAD,       REASON_QUARANTINED,
					     REASON_WOULD_NOT_ADMIT };
	size_t len = sizeof(FW_LOG_DENY_PREFIX) - 1;

	if (strncmp(prefix, FW_LOG_DENY_PREFIX, len) != 0)
		return REASON_NONE;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(prefix + len, reason_name(known[i])) == 0)
			return known[i];
	}
	return REASON_NONE;
}
