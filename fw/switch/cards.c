/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/switch/cards.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/str.h"

#define HEAD          "sekisho-cards 2\n"
#define TAIL          "end\n"
#define CARD_LINE_MAX 72 /* 12 + 1 + 4 + 1 + 19 + 1 + 19 and the end */
#define MAC_HEX       12

static int by_mac(const void *a, const void *b)
{
	const struct card *x = a, *y = b;

	return memcmp(x->mac.b, y->mac.b, sizeof(x->mac.b));
}

static bool is_over(int64_t until, int64_t now)
{
	return until != 0 && until <= now;
}

static bool is_open(const struct card *c, int64_t now)
{
	return c->from <= now && !is_over(c->until, now);
}

/* Cards that are in several VLANs go. */
static void drop_ambiguous(struct cards *c)
{
	size_t kept = 0;

	for (size_t i = 0, next; i < c->count; i = next) {
		bool same = true;

		for (next = i + 1;
		     next < c->count && by_mac(&c->item[i], &c->item[next]) == 0; next++)
			same = same && c->item[next].vlan == c->item[i].vlan;
		c->ambiguous += !same;
		for (size_t k = i; same && k < next; k++)
			c->item[kept++] = c->item[k];
	}
	c->count = kept;
}

static bool counts(const struct revision *rev, const struct revision_permit *p,
		   int64_t now)
{
	const struct policy_zone *z = &rev->policy->zone[p->zone];

	return z->vlan != 0 && z->admission == POLICY_ADMISSION_ENFORCE &&
	       !p->quarantined && !is_over(p->until, now);
}

int cards_of(const struct revision *rev, int64_t now, struct cards *ret_cards)
{
	struct cards c = { 0 };
	size_t most = 1;

	for (size_t i = 0; i < rev->permit_count; i++)
		most += rev->permit[i].card_count;
	c.item = calloc(most, sizeof(*c.item));
	if (c.item == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rev->permit_count; i++) {
		const struct revision_permit *p = &rev->permit[i];

		for (size_t k = 0; k < p->card_count && counts(rev, p, now); k++)
			c.item[c.count++] =
				(struct card){ .mac = p->card[k].mac,
					       .vlan = rev->policy->zone[p->zone].vlan,
					       .from = p->from,
					       .until = p->until };
	}
	qsort(c.item, c.count, sizeof(*c.item), by_mac);
	drop_ambiguous(&c);
	*ret_cards = c;
	return 0;
}

void cards_clear(struct cards *c)
{
	free(c->item);
	*c = (struct cards){ 0 };
}

static void take_next(int64_t *next, int64_t at, int64_t now)
{
	if (at > now && (*next == 0 || at < *next))
		*next = at;
}

int64_t cards_next_change(const struct cards *c, int64_t now)
{
	int64_t next = 0;

	for (size_t i = 0; i < c->count; i++) {
		take_next(&next, c->item[i].from, now);
		take_next(&next, c->item[i].until, now);
	}
	return next;
}

/* Room for the lines of all cards and more more bytes. */
static char *room(const struct cards *c, size_t more, size_t *ret_size)
{
	*ret_size = c->count * CARD_LINE_MAX + more + 1;
	return malloc(*ret_size);
}

int cards_print(const struct cards *c, char **ret_text, size_t *ret_len)
{
	size_t size, len;
	CLEANUP(free_p) char *text = room(c, sizeof(HEAD) + sizeof(TAIL), &size);

	if (text == NULL)
		return -ENOMEM;
	len = (size_t)snprintf(text, size, "%s", HEAD);
	for (size_t i = 0; i < c->count; i++) {
		char hex[MAC_HEX + 1];

		str_hex(hex, c->item[i].mac.b, sizeof(c->item[i].mac.b));
		len += (size_t)snprintf(
			text + len, size - len, "%s %u %" PRId64 " %" PRId64 "\n", hex,
			(unsigned)c->item[i].vlan, c->item[i].from, c->item[i].until);
	}
	len += (size_t)snprintf(text + len, size - len, "%s", TAIL);
	if (len > CARDS_FILE_MAX)
		return -EFBIG;
	*ret_text = STEAL(text);
	*ret_len = len;
	return 0;
}

int cards_print_accept(const struct cards *c, int64_t now, char **ret_text,
		       size_t *ret_len)
{
	size_t size, len = 0;
	CLEANUP(free_p) char *text = room(c, 0, &size);

	if (text == NULL)
		return -ENOMEM;
	text[0] = '\0';
	for (size_t i = 0; i < c->count; i++) {
		char mac[MAC_TEXT_MAX];

		if (!is_open(&c->item[i], now))
			continue;
		mac_format(c->item[i].mac, mac);
		len += (size_t)snprintf(text + len, size - len, "%s %u\n", mac,
					(unsigned)c->item[i].vlan);
	}
	if (len > CARDS_FILE_MAX)
		return -EFBIG;
	*ret_text = STEAL(text);
	*ret_len = len;
	return 0;
}

/* One line's worth, up to and without its end; false when there is none. */
static bool next_line(const char **at, const char *end, char dst[CARD_LINE_MAX + 1])
{
	const char *stop = memchr(*at, '\n', (size_t)(end - *at));
	size_t len = stop != NULL ? (size_t)(stop - *at) : 0;

	if (stop == NULL || len > CARD_LINE_MAX)
		return false;
	memcpy(dst, *at, len);
	dst[len] = '\0';
	*at = stop + 1;
	return true;
}

/* The number behind the next blank; *at is moved on. */
static bool read_number(char **at, uint64_t min, uint64_t max, uint64_t *ret_number)
{
	char *word = *at;

	if (word == NULL)
		return false;
	*at = strchr(word, ' ');
	if (*at != NULL)
		*(*at)++ = '\0';
	return str_to_uint(word, min, max, ret_number) == 0;
}

/* "02aabbccddee 20 0 0"; line is cut up. */
static bool read_card(char *line, struct card *ret_card)
{
	char *at = strchr(line, ' ');
	uint64_t vlan, from, until;

	if (at != line + MAC_HEX)
		return false;
	*at++ = '\0';
	if (str_unhex(line, ret_card->mac.b, sizeof(ret_card->mac.b)) < 0 ||
	    !read_number(&at, 1, POLICY_VLAN_MAX, &vlan) ||
	    !read_number(&at, 0, INT64_MAX, &from) ||
	    !read_number(&at, 0, INT64_MAX, &until) || at != NULL)
		return false;
	ret_card->vlan = (uint16_t)vlan;
	ret_card->from = (int64_t)from;
	ret_card->until = (int64_t)until;
	return true;
}

/* Does a stay open for longer than b? */
static bool is_longer(const struct card *a, const struct card *b)
{
	return b->vlan == 0 || (b->until != 0 && (a->until == 0 || a->until > b->until));
}

/* The table is small and a question is rare: all of it is read, and so checked. */
int cards_find(const char *text, size_t len, struct mac mac, int64_t now,
	       struct card *ret_card)
{
	const size_t head = sizeof(HEAD) - 1, tail = sizeof(TAIL) - 1;
	const char *at = text + head, *end = text + len - tail;
	struct card found = { 0 };
	char line[CARD_LINE_MAX + 1];

	if (len < head + tail || memcmp(text, HEAD, head) != 0 ||
	    memcmp(end, TAIL, tail) != 0)
		return -EBADMSG;
	while (at < end) {
		struct card one;

		if (!next_line(&at, end, line) || !read_card(line, &one))
			return -EBADMSG;
		if (mac_equal(one.mac, mac) && is_open(&one, now) &&
		    is_longer(&one, &found))
			found = one;
	}
	if (found.vlan == 0)
		return -ENOENT;
	*ret_card = found;
	return 0;
}
