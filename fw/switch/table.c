/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/switch/table.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/fdio.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/str.h"

#define AREA "switchd"

/* Load what the link points at. False when there is nothing, or it is refused. */
static bool load(struct table *t)
{
	char path[PATH_TEXT_MAX], link[sizeof(t->loaded)];
	struct revision *next = NULL;
	struct diags diags = { 0 };
	ssize_t n = -1;
	int r;

	if (path_join(path, t->revisions, "/current") == 0)
		n = readlink(path, link, sizeof(link) - 1);
	if (n <= 0)
		return false;
	link[n] = '\0';
	if (strcmp(link, t->loaded) == 0) {
		t->refused[0] = '\0';
		return true;
	}
	r = revision_load(t->revisions, 0, &next, &diags);
	if (r < 0) {
		if (strcmp(link, t->refused) != 0)
			log_err(AREA, "cannot load revision %s: %s", link,
				diags.count != 0 ? diags.item[0].text : strerror(-r));
		(void)str_copy(t->refused, sizeof(t->refused), link);
		return false;
	}
	revision_free(t->revision);
	t->revision = next;
	t->refused[0] = '\0';
	t->written = false;
	(void)str_copy(t->loaded, sizeof(t->loaded), link);
	return true;
}

static int replace(const struct table *t, const char *name, const char *text, size_t len)
{
	char path[PATH_TEXT_MAX];
	int r = path_join(path, t->dir, name);

	return r < 0 ? r : fdio_replace_file(path, 0640, text, len);
}

static int write_cards(const struct table *t, const struct cards *cards)
{
	CLEANUP(free_p) char *text = NULL;
	size_t len = 0;
	int r = cards_print(cards, &text, &len);

	return r < 0 ? r : replace(t, TABLE_CARDS, text, len);
}

static int write_accept(const struct table *t, const struct cards *cards, int64_t now)
{
	CLEANUP(free_p) char *text = NULL;
	size_t len = 0;
	int r = cards_print_accept(cards, now, &text, &len);

	return r < 0 ? r : replace(t, TABLE_ACCEPT, text, len);
}

static void write_files(struct table *t, int64_t now)
{
	struct cards cards = { 0 };
	int r = cards_of(t->revision, now, &cards);

	if (r == 0)
		r = write_cards(t, &cards);
	if (r == 0)
		r = write_accept(t, &cards, now);
	t->next_change = cards_next_change(&cards, now);
	if (r < 0 && !t->failed)
		log_err(AREA, "cannot write to %s: %s", t->dir, strerror(-r));
	else if (r == 0)
		log_info(AREA, "revision %" PRIu64 ": %zu cards", t->revision->number,
			 cards.count);
	if (cards.ambiguous != 0)
		log_warn(AREA, "%zu cards are refused: permits in different VLANs",
			 cards.ambiguous);
	t->written = r == 0;
	t->failed = r < 0;
	t->renewed = now;
	t->cards = cards.count;
	t->ambiguous = cards.ambiguous;
	cards_clear(&cards);
}

static void renew(struct table *t, int64_t now)
{
	char path[PATH_TEXT_MAX];

	if (path_join(path, t->dir, TABLE_CARDS) < 0 ||
	    utimensat(AT_FDCWD, path, NULL, 0) == -1)
		t->written = false; /* gone: write it again */
	t->renewed = now;
}

void table_follow(struct table *t, int64_t now)
{
	if (!load(t))
		return;
	if (!t->written || (t->next_change != 0 && now >= t->next_change))
		write_files(t, now);
	else if (now < t->renewed || now - t->renewed >= TABLE_RENEW_S)
		renew(t, now);
}

void table_describe(const struct table *t, char *dst, size_t size)
{
	dst[0] = '\0';
	if (t->refused[0] != '\0')
		(void)snprintf(dst, size, "revision %s cannot be loaded", t->refused);
	else if (t->revision == NULL)
		(void)snprintf(dst, size, "no revision is loaded");
	else if (!t->written)
		(void)snprintf(dst, size, "the table cannot be written");
	else if (t->ambiguous != 0)
		(void)snprintf(dst, size,
			       "%zu cards are refused: permits in different VLANs",
			       t->ambiguous);
}

void table_clear(struct table *t)
{
	revision_free(t->revision);
	*t = (struct table){ 0 };
}
