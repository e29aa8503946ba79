/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/sensor/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/event.h"
#include "lib/log.h"
#include "lib/mono.h"
#include "lib/record.h"
#include "lib/spool.h"
#include "lib/str.h"

#define AREA "sensord"

struct gap {
	struct wire wire;
	uint64_t count; /* not on record yet */
	bool any; /* at is set */
	struct mono at; /* of the last gap record */
};

struct journal {
	struct spool *spool;
	uint64_t revision;
	uint64_t count;
	uint64_t lost;
	uint64_t missing; /* records that failed since the last gap record of these */
	bool failing; /* said so already */
	bool dirty;
	struct gap gap[WIRES_MAX];
};

int journal_new(const char *dir, struct journal **ret_journal)
{
	struct journal *j = calloc(1, sizeof(*j));
	int r;

	if (j == NULL)
		return -ENOMEM;
	r = spool_open(dir, &j->spool);
	if (r < 0) {
		free(j);
		return r;
	}
	*ret_journal = j;
	return 0;
}

void journal_set_revision(struct journal *j, uint64_t number)
{
	j->revision = number;
}

static int append(struct journal *j, struct record *rec)
{
	int r;

	rec->revision = (uint32_t)j->revision;
	r = spool_append(j->spool, rec);
	if (r < 0) {
		if (!j->failing)
			log_err(AREA, "cannot write records: %s", strerror(-r));
		j->failing = true;
		return r;
	}
	if (j->failing)
		log_info(AREA, "records are written again");
	j->failing = false;
	j->dirty = true;
	j->count++;
	return 0;
}

/* What could not be written goes on record before anything else does. */
static int append_missing(struct journal *j)
{
	struct record rec = record_gap(j->missing, REASON_NONE,
				       "sensord: records that could not be written");
	int r;

	if (j->missing == 0)
		return 0;
	r = append(j, &rec);
	if (r == 0)
		j->missing = 0;
	return r;
}

static int append_or_count(struct journal *j, struct record *rec)
{
	int r = append_missing(j);

	if (r == 0)
		r = append(j, rec);
	if (r < 0) {
		j->lost++;
		j->missing++;
	}
	return r;
}

void journal_started(struct journal *j, const struct wires *wires)
{
	struct record rec = { .time_us = wall_us(), .kind = RECORD_SERVICE };
	char text[sizeof(rec.detail)] = "sensord started, listening on";
	size_t len = strlen(text);

	for (size_t i = 0; i < wires->count && len < sizeof(text) - 1; i++) {
		(void)snprintf(text + len, sizeof(text) - len, " %s",
			       wires->item[i].interface);
		len += strlen(text + len);
	}
	if (wires->count == 0)
		(void)str_copy(text, sizeof(text), "sensord started, no interfaces yet");
	record_set_str(rec.detail, sizeof(rec.detail), text);
	(void)append_or_count(j, &rec);
}

/* "new-device raised on office0, other interface office1: dhcp4, name jimu-pc-3" */
static void describe(const struct proto_event *event, char *dst, size_t size)
{
	char other[MAC_TEXT_MAX];
	struct mac mac;

	memcpy(mac.b, event->other_mac, sizeof(mac.b));
	mac_format(mac, other);
	(void)snprintf(dst, size, "%s %s on %s%s%s%s%s%s%s",
		       event_name((enum event_kind)event->kind),
		       event->state == PROTO_EVENT_RAISED ? "raised" : "closed",
		       event->interface,
		       event->other_interface[0] != '\0' ? ", other interface " : "",
		       event->other_interface, mac_is_zero(mac) ? "" : ", against ",
		       mac_is_zero(mac) ? "" : other,
		       event->detail[0] != '\0' ? ": " : "", event->detail);
}

int journal_event(struct journal *j, const char *zone, const struct proto_event *event)
{
	struct record rec = {
		.time_us = event->time_us,
		.kind = RECORD_DEVICE_SEEN,
		.count = event->count,
		.src = { .family = event->addr_family },
	};
	char text[320];

	memcpy(rec.src.bytes, event->addr, sizeof(rec.src.bytes));
	memcpy(rec.mac.b, event->mac, sizeof(rec.mac.b));
	describe(event, text, sizeof(text));
	record_set_str(rec.zone, sizeof(rec.zone), zone);
	record_set_str(rec.rule, sizeof(rec.rule),
		       event_name((enum event_kind)event->kind));
	record_set_str(rec.detail, sizeof(rec.detail), text);
	return append_or_count(j, &rec);
}

/* What cannot be written stays counted, for the next try. */
static void write_gap(struct journal *j, struct gap *g)
{
	struct record rec;
	char text[128];

	(void)snprintf(text, sizeof(text),
		       "sightings lost on %s: more devices or frames than can be kept",
		       g->wire.interface);
	rec = record_gap(g->count, REASON_NONE, text);
	record_set_str(rec.zone, sizeof(rec.zone), g->wire.zone);
	if (append_missing(j) < 0 || append(j, &rec) < 0)
		return;
	g->count = 0;
	g->any = true;
	g->at = mono_now();
}

void journal_lost(struct journal *j, size_t index, const struct wire *w, uint64_t count)
{
	struct gap *g = &j->gap[index];

	g->wire = *w;
	g->count += count;
	j->lost += count;
	if (g->count != 0 &&
	    (!g->any || mono_diff_ms(mono_now(), g->at) >= JOURNAL_GAP_MS))
		write_gap(j, g);
}

void journal_free(struct journal *j)
{
	if (j == NULL)
		return;
	for (size_t i = 0; i < WIRES_MAX; i++) {
		if (j->gap[i].count != 0)
			write_gap(j, &j->gap[i]);
	}
	journal_sync(j);
	spool_close(j->spool);
	free(j);
}

void journal_sync(struct journal *j)
{
	(void)append_missing(j);
	if (j->dirty && spool_sync(j->spool) == 0)
		j->dirty = false;
}

const char *journal_error(const struct journal *j)
{
	int r = spool_state(j->spool);

	return r < 0 ? strerror(-r) : NULL;
}

uint64_t journal_count(const struct journal *j)
{
	return j->count;
}

uint64_t journal_lost_total(const struct journal *j)
{
	return j->lost;
}
