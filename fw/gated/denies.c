/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/denies.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/compile/ruleset.h"

#define SLOTS (2 * DENIES_MAX)

struct denies {
	size_t count;
	uint16_t slot[SLOTS]; /* index + 1 into sum; 0: free */
	struct deny sum[DENIES_MAX];
};

struct denies *denies_new(void)
{
	return calloc(1, sizeof(struct denies));
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
	return a->indev == b->indev && a->proto == b->proto && target(a) == target(b) &&
	       mac_equal(a->mac, b->mac) && addr_equal(a->src, b->src) &&
	       addr_equal(a->dst, b->dst);
}

/* FNV-1a: a collision only costs a longer walk over a table of this size. */
static uint32_t mix(uint32_t h, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 16777619u;
	return h;
}

static uint32_t hash(const struct nflog_packet *p)
{
	uint16_t port = target(p);
	uint32_t h = 2166136261u;

	h = mix(h, p->mac.b, sizeof(p->mac.b));
	h = mix(h, p->src.bytes, sizeof(p->src.bytes));
	h = mix(h, p->dst.bytes, sizeof(p->dst.bytes));
	h = mix(h, &p->proto, sizeof(p->proto));
	return mix(h, &port, sizeof(port));
}

int denies_add(struct denies *d, const struct nflog_packet *p, enum reason reason)
{
	uint32_t at = hash(p) % SLOTS;

	for (; d->slot[at] != 0; at = (at + 1) % SLOTS) {
		struct deny *sum = &d->sum[d->slot[at] - 1];

		if (sum->reason == reason && same(&sum->packet, p)) {
			sum->count++;
			return 0;
		}
	}
	if (d->count == DENIES_MAX)
		return -ENOSPC;
	d->sum[d->count] = (struct deny){ .packet = *p, .reason = reason, .count = 1 };
	d->slot[at] = (uint16_t)++d->count;
	return 0;
}

void denies_flush(struct denies *d, denies_fn *fn, void *user)
{
	for (size_t i = 0; i < d->count; i++)
		fn(&d->sum[i], user);
	memset(d->slot, 0, sizeof(d->slot));
	d->count = 0;
}

enum reason denies_reason(const char *prefix)
{
	static const enum reason known[] = { REASON_NO_FLOW, REASON_NOT_ADMITTED,
					     REASON_SPOOFED, REASON_NO_RECORD,
					     REASON_OVERLOAD };
	size_t len = sizeof(FW_LOG_DENY_PREFIX) - 1;

	if (strncmp(prefix, FW_LOG_DENY_PREFIX, len) != 0)
		return REASON_NONE;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(prefix + len, reason_name(known[i])) == 0)
			return known[i];
	}
	return REASON_NONE;
}
