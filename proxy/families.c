/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/families.h"

#include <errno.h>

#define TTL_MAX_MS  (3600 * 1000)
#define NEGATIVE_MS 5000
#define FAILURE_MS  1000

static bool has_addr(const struct dnscache_answer *a, struct addr addr)
{
	for (size_t i = 0; i < a->count; i++) {
		if (addr_equal(a->addr[i], addr))
			return true;
	}
	return false;
}

/* IPv6 first, and one of each in turn. */
static void interleave(const struct families_half half[2], struct dnscache_answer *a)
{
	for (size_t i = 0; i < DNSASK_ADDRESSES_MAX; i++) {
		for (size_t f = 0; f < 2; f++) {
			const struct dnsask_answer *from = &half[f].answer;

			if (i < from->count && a->count < DNSCACHE_ADDRESSES_MAX &&
			    !has_addr(a, from->addr[i]))
				a->addr[a->count++] = from->addr[i];
		}
	}
}

static bool has_error(const struct families_half half[2], int error)
{
	return half[0].answer.error == error || half[1].answer.error == error;
}

bool families_pending(const struct families_half half[2])
{
	return half[0].pending || half[1].pending;
}

/* For how long the addresses hold that came. */
static int64_t ttl_of(const struct families_half half[2], int64_t now_ms)
{
	int64_t ms = TTL_MAX_MS;

	for (size_t f = 0; f < 2; f++) {
		int64_t left = half[f].expires_ms - now_ms;

		if (half[f].answer.count != 0 && left < ms)
			ms = left > 0 ? left : 0;
	}
	/* half an answer: ask soon again for the other half */
	if ((families_pending(half) || has_error(half, -EIO)) && ms > NEGATIVE_MS)
		ms = NEGATIVE_MS;
	return ms;
}

int64_t families_merge(const struct families_half half[2], int64_t now_ms,
		       struct dnscache_answer *ret)
{
	ret->error = 0;
	ret->count = 0;
	if (has_error(half, -ECANCELED)) {
		ret->error = -EIO;
		return 0;
	}
	interleave(half, ret);
	if (ret->count != 0)
		return ttl_of(half, now_ms);
	ret->error = has_error(half, -EIO) ? -EIO : -ENOENT;
	return ret->error == -EIO ? FAILURE_MS : NEGATIVE_MS;
}
