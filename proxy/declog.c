/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/declog.h"

#include <netinet/in.h>
#include <stdio.h>

#include "lib/mono.h"
#include "lib/str.h"

static int append(struct declog *d, const struct record *rec)
{
	int r = spool_append(d->spool, rec);

	if (r == 0)
		d->records++;
	return r;
}

static void note_gap(struct declog *d)
{
	struct record rec = {
		.time_us = wall_us(),
		.kind = RECORD_GAP,
		.reason = REASON_NO_RECORD,
		.count = d->gap,
	};

	if (d->gap == 0)
		return;
	record_set_str(rec.detail, sizeof(rec.detail),
		       "proxyd: records could not be written");
	if (append(d, &rec) == 0)
		d->gap = 0;
}

/* For what has happened already: it is counted when it cannot be written. */
static void append_or_count(struct declog *d, const struct record *rec)
{
	note_gap(d);
	if (append(d, rec) < 0) {
		d->lost++;
		d->gap++;
	}
}

static struct record record_of(const struct declog_facts *f, enum record_kind kind,
			       enum reason reason)
{
	struct record rec = {
		.time_us = wall_us(),
		.kind = (uint16_t)kind,
		.reason = (uint16_t)reason,
		.revision = (uint32_t)f->revision,
		.conn = f->conn,
		.src = f->src,
		.dst = f->dst,
		.src_port = f->src_port,
		.dst_port = f->dst_port,
		.proto = IPPROTO_TCP,
		.mac = f->mac,
	};

	record_set_str(rec.zone, sizeof(rec.zone), f->zone);
	record_set_str(rec.device, sizeof(rec.device), f->device);
	record_set_str(rec.user, sizeof(rec.user), f->user);
	record_set_str(rec.rule, sizeof(rec.rule), f->rule);
	record_set_str(rec.host, sizeof(rec.host), f->host);
	record_set_str(rec.method, sizeof(rec.method), f->method);
	record_set_str(rec.detail, sizeof(rec.detail), f->detail);
	return rec;
}

void declog_note(struct declog_facts *f, const struct decide_answer *a)
{
	f->revision = a->revision;
	(void)str_copy(f->zone, sizeof(f->zone), a->zone);
	(void)str_copy(f->rule, sizeof(f->rule), a->rule);
	if (a->permit == NULL)
		return;
	f->mac = a->permit->mac;
	(void)str_copy(f->device, sizeof(f->device), a->permit->device);
	(void)str_copy(f->user, sizeof(f->user), a->permit->user);
}

int declog_open(struct declog *d, const struct declog_facts *f, enum reason reason)
{
	struct record rec = record_of(f, RECORD_PROXY_OPEN, reason);

	note_gap(d);
	return append(d, &rec);
}

void declog_deny(struct declog *d, const struct declog_facts *f, enum reason reason,
		 uint32_t count)
{
	struct record rec = record_of(f, RECORD_PROXY_DENY, reason);

	rec.count = count;
	append_or_count(d, &rec);
}

void declog_close(struct declog *d, const struct declog_facts *f,
		  const struct declog_end *end)
{
	struct record rec = record_of(f, RECORD_PROXY_CLOSE, end->reason);

	rec.bytes_up = end->bytes_up;
	rec.bytes_down = end->bytes_down;
	rec.duration_ms = end->duration_ms;
	append_or_count(d, &rec);
}

void declog_service(struct declog *d, uint64_t revision, uint32_t count,
		    const char *detail)
{
	struct record rec = {
		.time_us = wall_us(),
		.kind = RECORD_SERVICE,
		.revision = (uint32_t)revision,
		.count = count,
	};
	char text[128];

	(void)snprintf(text, sizeof(text), "proxyd: %s", detail);
	record_set_str(rec.detail, sizeof(rec.detail), text);
	append_or_count(d, &rec);
}
