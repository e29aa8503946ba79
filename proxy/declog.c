/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "proxy/declog.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mono.h"
#include "lib/str.h"

static int append(struct declog_sink *s, struct spool_batch *b)
{
	int r = spool_append_batch(s->spool, b);

	if (r == 0)
		s->records += b->count;
	else
		s->errors++;
	return r;
}

static void note_gap(struct declog_sink *s)
{
	struct record rec;

	if (s->gap == 0)
		return;
	rec = record_gap(s->gap, REASON_NO_RECORD,
			 "proxyd: records could not be written");
	if (spool_append(s->spool, &rec) == 0) {
		s->records++;
		s->gap = 0;
	}
}

static void count_lost(struct declog_sink *s, size_t count)
{
	s->lost += count;
	s->gap += (uint32_t)count;
}

/* Returns 0, or a negative errno: then nothing of the batch is in the spool. */
static int write_out(struct declog *d)
{
	struct declog_sink *s = d->sink;
	int r;

	if (d->batch.count == 0 && d->dropped == 0)
		return 0;
	(void)pthread_mutex_lock(&s->lock);
	note_gap(s);
	r = append(s, &d->batch);
	/* what was to be opened is not lost: it does not happen */
	if (r < 0)
		count_lost(s, d->batch.count - d->opens);
	count_lost(s, d->dropped);
	if (r == 0)
		note_gap(s); /* nothing may come after this */
	(void)pthread_mutex_unlock(&s->lock);
	spool_batch_reset(&d->batch);
	d->opens = 0;
	d->dropped = 0;
	return r;
}

int declog_flush(struct declog *d)
{
	int before = d->error, r = write_out(d);

	d->error = 0;
	return before < 0 ? before : r;
}

void declog_clear(struct declog *d)
{
	spool_batch_free(&d->batch);
}

/* A revision may end more connections at once than a batch holds: it is written early. */
static void write_early(struct declog *d)
{
	int r = write_out(d);

	if (r < 0)
		d->error = r;
}

static int add(struct declog *d, const struct record *rec, const uint8_t **ret_payload,
	       size_t *ret_len)
{
	int r = spool_batch_add(&d->batch, rec, ret_payload, ret_len);

	if (r != -ENOSPC)
		return r;
	write_early(d);
	return spool_batch_add(&d->batch, rec, ret_payload, ret_len);
}

/* For what has happened already: it is counted when it cannot be written. */
static void add_or_count(struct declog *d, const struct record *rec)
{
	if (add(d, rec, NULL, NULL) < 0)
		d->dropped++;
}

static struct record record_of(const struct declog_facts *f, enum record_kind kind,
			       enum reason reason, int64_t now_us)
{
	struct record rec = {
		.time_us = now_us,
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
	if (!f->signed_in)
		(void)str_copy(f->user, sizeof(f->user), a->permit->user);
}

int declog_open(struct declog *d, const struct declog_facts *f, enum reason reason,
		int64_t now_us, struct declog_ticket **ret_ticket)
{
	struct record rec = record_of(f, RECORD_PROXY_OPEN, reason, now_us);
	struct declog_ticket *t;
	const uint8_t *payload;
	size_t len;
	int r = add(d, &rec, &payload, &len);

	if (r < 0)
		return r;
	d->opens++;
	t = malloc(sizeof(*t) + len);
	if (t == NULL)
		return -ENOMEM; /* the record stays: it says more than what happened */
	t->len = (uint16_t)len;
	memcpy(t->record, payload, len);
	*ret_ticket = t;
	return 0;
}

void declog_deny(struct declog *d, const struct declog_facts *f, enum reason reason,
		 uint32_t count, int64_t now_us)
{
	struct record rec = record_of(f, RECORD_PROXY_DENY, reason, now_us);

	rec.count = count;
	add_or_count(d, &rec);
}

void declog_alarm(struct declog *d, const struct declog_facts *f, uint64_t bytes_up,
		  int64_t now_us)
{
	struct record rec = record_of(f, RECORD_PROXY_ALARM, REASON_LIMIT, now_us);

	rec.bytes_up = bytes_up;
	add_or_count(d, &rec);
}

static int add_encoded(struct declog *d, const uint8_t *data, size_t len)
{
	int r = spool_batch_add_encoded(&d->batch, data, len);

	if (r != -ENOSPC)
		return r;
	write_early(d);
	return spool_batch_add_encoded(&d->batch, data, len);
}

void declog_close(struct declog *d, const struct declog_ticket *t,
		  const struct declog_end *end, int64_t now_us)
{
	struct record_end e = {
		.time_us = now_us,
		.kind = RECORD_PROXY_CLOSE,
		.reason = (uint16_t)end->reason,
		.dst = end->dst,
		.bytes_up = end->bytes_up,
		.bytes_down = end->bytes_down,
		.duration_ms = end->duration_ms,
		.detail = end->detail,
	};
	uint8_t data[RECORD_ENCODED_MAX];
	size_t len;

	/* with our own memory damaged, nothing is made up */
	if (record_encode_end(t->record, t->len, &e, data, &len) < 0 ||
	    add_encoded(d, data, len) < 0)
		d->dropped++;
}

void declog_facts_of(const struct declog_ticket *t, struct declog_facts *ret_facts)
{
	struct record rec;

	if (record_decode(t->record, t->len, &rec) < 0)
		rec = (struct record){ 0 };
	*ret_facts = (struct declog_facts){
		.conn = rec.conn,
		.revision = rec.revision,
		.src = rec.src,
		.dst = rec.dst,
		.src_port = rec.src_port,
		.dst_port = rec.dst_port,
		.mac = rec.mac,
	};
	(void)str_copy(ret_facts->zone, sizeof(ret_facts->zone), rec.zone);
	(void)str_copy(ret_facts->device, sizeof(ret_facts->device), rec.device);
	(void)str_copy(ret_facts->user, sizeof(ret_facts->user), rec.user);
	(void)str_copy(ret_facts->rule, sizeof(ret_facts->rule), rec.rule);
	(void)str_copy(ret_facts->host, sizeof(ret_facts->host), rec.host);
	(void)str_copy(ret_facts->method, sizeof(ret_facts->method), rec.method);
	(void)str_copy(ret_facts->detail, sizeof(ret_facts->detail), rec.detail);
}

void declog_service(struct declog_sink *sink, uint64_t revision, uint32_t count,
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
	(void)pthread_mutex_lock(&sink->lock);
	note_gap(sink);
	if (spool_append(sink->spool, &rec) == 0)
		sink->records++;
	else
		count_lost(sink, 1);
	(void)pthread_mutex_unlock(&sink->lock);
}
