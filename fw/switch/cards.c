/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/switch/cards.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mem.h"
#include "lib/str.h"

#define HEAD          "sekisho-cards 1\n"
#define TAIL          "end\n"
#define CARD_LINE_MAX 48 /* 12 + 1 + 4 + 1 + 19 and the line's end */
#define MAC_HEX       12

static int by_mac(const void *a, const void *b)
{
	const struct card *x = a, *y = b;

	return memcmp(x->mac.b, y->mac.b, sizeof(x->mac.b));
}

static bool is_open(int64_t until, int64_t now)
{
	return until == 0 || until > now;
}

static int64_t later(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return 0;
	return a > b ? a : b;
}

/* One entry a card; those that contradict themselves go. */
static void merge(struct cards *c)
{
	size_t kept = 0;

	for (size_t i = 0, next; i < c->count; i = next) {
		struct card one = c->item[i];
		bool same = true;

		for (next = i + 1; next < c->count && by_mac(&one, &c->item[next]) == 0;
		     next++) {
			same = same && c->item[next].vlan == one.vlan;
			one.until = later(one.until, c->item[next].until);
		}
		if (same)
			c->item[kept++] = one;
		else
			c->ambiguous++;
	}
	c->count = kept;
}

int cards_of(const struct revision *rev, int64_t now, struct cards *ret_cards)
{
	struct cards c = { .item = calloc(rev->permit_count + 1, sizeof(*c.item)) };

	if (c.item == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rev->permit_count; i++) {
		const struct revision_permit *p = &rev->permit[i];
		const struct policy_zone *z = &rev->policy->zone[p->zone];

		if (z->vlan == 0 || z->admission != POLICY_ADMISSION_ENFORCE ||
		    !is_open(p->until, now))
			continue;
		c.item[c.count++] = (struct card){ .mac = p->mac,
						   .vlan = z->vlan,
						   .until = p->until };
	}
	qsort(c.item, c.count, sizeof(*c.item), by_mac);
	merge(&c);
	*ret_cards = c;
	return 0;
}

void cards_clear(struct cards *c)
{
	free(c->item);
	*c = (struct cards){ 0 };
}

int64_t cards_next_end(const struct cards *c, int64_t now)
{
	int64_t next = 0;

	for (size_t i = 0; i < c->count; i++) {
		int64_t until = c->item[i].until;

		if (until > now && (next == 0 || until < next))
			next = until;
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
		len += (size_t)snprintf(text + len, size - len, "%s %u %" PRId64 "\n",
					hex, (unsigned)c->item[i].vlan, c->item[i].until);
	}
	len += (size_t)snprintf(text + len, size - len, "%s", TAIL);
	if (len > CARDS_FILE_MAX)
		return -EFBIG;
	*ret_text = STEAL(text);
	*ret_len = len;
	return 0;
}

int cards_print_accept(const struct cards *c, char **ret_text, size_t *ret_len)
{
	size_t size, len = 0;
	CLEANUP(free_p) char *text = room(c, 0, &size);

	if (text == NULL)
		return -ENOMEM;
	text[0] = '\0';
	for (size_t i = 0; i < c->count; i++) {
		char mac[MAC_TEXT_MAX];

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

/* "02aabbccddee 20 0"; line is cut up. */
static bool read_card(char *line, struct card *ret_card)
{
	char *vlan = strchr(line, ' ');
	char *until = vlan != NULL ? strchr(vlan + 1, ' ') : NULL;
	uint64_t number, end;

	if (until == NULL || vlan != line + MAC_HEX)
		return false;
	*vlan++ = '\0';
	*until++ = '\0';
	if (str_unhex(line, ret_card->mac.b, sizeof(ret_card->mac.b)) < 0 ||
	    str_to_uint(vlan, 1, POLICY_VLAN_MAX, &number) < 0 ||
	    str_to_uint(until, 0, INT64_MAX, &end) < 0)
		return false;
	ret_card->vlan = (uint16_t)number;
	ret_card->until = (int64_t)end;
	return true;
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
		if (mac_equal(one.mac, mac))
			found = one;
	}
	if (found.vlan == 0 || !is_open(found.until, now))
		return -ENOENT;
	*ret_card = found;
	return 0;
}
