/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/draft.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/str.h"
#include "mgmt/mgmtd/asset_file.h"
#include "mgmt/mgmtd/msg.h"

#define MINUTE_S   60 /* "last seen" is not written more often */
#define SAME_MAX   4 /* cards of one name that may be one device; more is a model's name */
#define MAC_DIGITS 12
#define TIME_MAX   24

static void print_time(int64_t s, bool clock, char dst[TIME_MAX])
{
	time_t t = (time_t)s;
	struct tm tm;

	(void)localtime_r(&t, &tm);
	if (strftime(dst, TIME_MAX, clock ? "%F %H:%M" : "%F", &tm) == 0)
		dst[0] = '\0';
}

static bool is_local(const struct device *d)
{
	struct mac m;

	return mac_parse(d->mac, &m) == 0 && mac_is_local(m);
}

const char *draft_kind(const struct device *d, const char *maker)
{
	static const struct {
		const char *maker, *prefix; /* then the address's digits, or its last 6 */
	} rows[] = {
		{ "Brother", "BRN" },       { "Brother", "BRW" }, { "Hewlett", "NPI" },
		{ "HP Inc", "NPI" },        { "RICOH", "RNP" },   { "KYOCERA", "KM" },
		{ "Seiko Epson", "EPSON" },
	};
	char digits[MAC_DIGITS + 1];
	size_t n = 0;

	for (const char *p = d->mac; *p != '\0' && n < MAC_DIGITS; p++) {
		if (*p != ':')
			digits[n++] = *p;
	}
	digits[n] = '\0';
	for (size_t i = 0; n == MAC_DIGITS && i < ARRAY_LEN(rows); i++) {
		size_t len = strlen(rows[i].prefix);

		if (strncasecmp(maker, rows[i].maker, strlen(rows[i].maker)) == 0 &&
		    strncasecmp(d->name, rows[i].prefix, len) == 0 &&
		    (strcasecmp(d->name + len, digits) == 0 ||
		     strcasecmp(d->name + len, digits + MAC_DIGITS / 2) == 0))
			return "printer";
	}
	return "";
}

struct note {
	char text[INPUT_REASON_MAX + 1];
	bool ja;
};

/* A sentence that does not fit is left out. */
static void add(struct note *n, enum msg m, const char *arg)
{
	char text[MSG_TEXT_MAX];
	size_t used = strlen(n->text);

	(void)msg_text(m, n->ja, arg, text, sizeof(text));
	if (used + strlen(text) + 2 < sizeof(n->text))
		(void)snprintf(n->text + used, sizeof(n->text) - used, " %s", text);
}

static void note_times(struct note *n, const struct device *d)
{
	char first[TIME_MAX], last[TIME_MAX];

	print_time(d->first_seen, false, first);
	print_time(d->last_seen, false, last);
	if (d->last_seen - d->first_seen < MINUTE_S)
		add(n, MSG_DRAFT_ONCE, "");
	else if (strcmp(first, last) == 0)
		add(n, MSG_DRAFT_ONE_DAY, "");
}

/* The others of its run of one name (of one card: on several interfaces). */
static void note_run(struct note *n, const struct draft_card *run, size_t count,
		     const struct draft_card *c)
{
	for (size_t i = 0; i < count; i++) {
		if (&run[i] == c)
			continue;
		if (strcmp(run[i].device.mac, c->device.mac) == 0)
			add(n, MSG_DRAFT_ELSEWHERE, run[i].device.interface);
		else if (count <= SAME_MAX && c->device.name[0] != '\0')
			add(n, MSG_DRAFT_SAME_NAME, run[i].device.mac);
	}
}

static void print_row(FILE *f, const struct draft_card *run, size_t count,
		      const struct draft_card *c, struct note *n)
{
	struct asset a = { 0 };
	char first[TIME_MAX], last[TIME_MAX];

	(void)str_copy(a.kind, sizeof(a.kind), draft_kind(&c->device, c->maker));
	if (a.kind[0] != '\0')
		add(n, MSG_DRAFT_KIND, "");
	if (is_local(&c->device))
		add(n, MSG_DRAFT_LOCAL, "");
	if (c->known[0] != '\0')
		add(n, MSG_DRAFT_KNOWN, c->known);
	note_times(n, &c->device);
	note_run(n, run, count, c);
	(void)str_copy(a.name, sizeof(a.name), c->device.name);
	(void)str_copy(a.zone, sizeof(a.zone), c->zone);
	(void)str_copy(a.note, sizeof(a.note), n->text);
	print_time(c->device.first_seen, true, first);
	print_time(c->device.last_seen, true, last);
	asset_file_draft_row(
		f, &a, &c->device,
		(const char *[]){ c->maker, c->device.address, first, last });
}

/* Names, then cards; those without a name come last, by card. */
static int compare(const void *a, const void *b)
{
	const struct device *x = &((const struct draft_card *)a)->device;
	const struct device *y = &((const struct draft_card *)b)->device;
	int order = (x->name[0] == '\0') - (y->name[0] == '\0');

	if (order == 0)
		order = strcasecmp(x->name, y->name);
	if (order == 0)
		order = strcmp(x->mac, y->mac);
	return order != 0 ? order : strcmp(x->interface, y->interface);
}

static bool in_run(const struct draft_card *a, const struct draft_card *b)
{
	return a->device.name[0] != '\0' ? strcasecmp(a->device.name, b->device.name) == 0
					 : strcmp(a->device.mac, b->device.mac) == 0 &&
						   b->device.name[0] == '\0';
}

void draft_print(FILE *f, struct draft_card *card, size_t count, bool ja, int64_t now)
{
	char day[TIME_MAX];
	size_t begin = 0;

	print_time(now, false, day);
	if (count != 0) /* else card may be NULL, which qsort() does not take */
		qsort(card, count, sizeof(*card), compare);
	asset_file_draft_head(f);
	for (size_t end = 1; begin < count; end++) {
		if (end < count && in_run(&card[begin], &card[end]))
			continue;
		for (size_t i = begin; i < end; i++) {
			struct note n = { .ja = ja };

			(void)msg_text(MSG_DRAFT_OF, ja, day, n.text, sizeof(n.text));
			print_row(f, &card[begin], end - begin, &card[i], &n);
		}
		begin = end;
	}
}
