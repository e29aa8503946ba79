/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/serve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "lib/log.h"
#include "lib/mono.h"
#include "mgmt/recordd/merge.h"
#include "mgmt/recordd/month.h"
#include "mgmt/recordd/verify.h"

#define QUERY_MS 4000 /* then a search is given up: the asker waits five seconds */
#define STORE_MS 1000 /* of these: then no further batch is begun before it */
#define ON_ITS_WAY_US \
	2000000 /* younger records are nobody's loss: they are written now */
#define ROOM_PARTS   20 /* of the disk: less than one of them is too little */
#define CATCH_UP_MAX 400 /* batches between two parts of a verification */

bool serve_query_ok(const struct proto_query *q)
{
	return q->limit >= 1 && q->limit <= PROTO_QUERY_LIMIT_MAX &&
	       (q->addr_family == 0 || q->addr_family == 4 || q->addr_family == 6) &&
	       proto_str_ok(q->zone, sizeof(q->zone)) &&
	       proto_str_ok(q->device, sizeof(q->device)) &&
	       proto_str_ok(q->user, sizeof(q->user)) &&
	       proto_str_ok(q->rule, sizeof(q->rule)) &&
	       proto_str_ok(q->host, sizeof(q->host)) &&
	       proto_str_ok(q->text, sizeof(q->text));
}

static int send_row(struct ipc_peer *peer, const struct merge_row *m)
{
	struct proto_row row = {
		.id = month_id(m->month, m->row.n),
		.len = (uint32_t)m->row.len,
	};

	if (m->row.len > sizeof(row.record))
		return 0; /* no record of ours is that long: verification names it */
	memcpy(row.record, m->row.record, m->row.len);
	return ipc_reply(peer, PROTO_ROW, &row, sizeof(row));
}

/* Returns 0 or the peer's error; what is wrong with the search goes into *end. */
static int send_rows(struct ipc_peer *peer, const char *dir, const struct proto_query *q,
		     struct mono deadline, struct proto_query_end *end)
{
	struct merge_row row;
	struct merge *m = NULL;
	uint32_t sent = 0;
	int sending = 0;
	int r = merge_open(dir, q, deadline, &m);

	if (r < 0) {
		end->code = r;
		return 0;
	}
	while (sending == 0 && (r = merge_next(m, &row)) == 1) {
		if (sent++ == q->limit) {
			end->more = 1;
			break;
		}
		sending = send_row(peer, &row);
	}
	end->code = r < 0 ? r : 0;
	merge_free(m);
	return sending;
}

/* Returns as ingest_step(). */
static int store_some(struct ingest *in)
{
	const struct mono begun = mono_now();
	int r = 1;

	/* a disk that takes a second for a batch delays the answer by no more than one */
	for (int i = 0; r == 1 && i < SERVE_BATCHES; i++) {
		if (mono_diff_ms(mono_now(), begun) >= STORE_MS)
			break;
		r = ingest_step(in);
	}
	return r;
}

/*
 * Store what waits, some batches before a question: somebody who asks all the time shall
 * not keep records from being stored, nor wait before each of many questions: storing
 * takes half of the time. What waits even then the asker is told of.
 */
static void prepare(struct serve *s, struct proto_query_end *end)
{
	struct mono now = mono_now();
	int64_t until = 0;
	int r = 1;

	if (now.us >= s->store_again.us) {
		const struct mono begun = now;

		r = store_some(s->ingest);
		now = mono_now();
		s->store_again.us = now.us + (now.us - begun.us);
	}
	if (r == 0 && ingest_is_well(s->ingest, NULL, 0))
		return;
	if (!ingest_is_behind(s->ingest, &until) || until > wall_us() - ON_ITS_WAY_US)
		return;
	end->behind = 1;
	end->until_us = until;
}

static int on_query(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct mono deadline = mono_after_ms(mono_now(), QUERY_MS);
	struct serve *s = user;
	struct proto_query_end end = { 0 };
	struct proto_query q;
	int r;

	memcpy(&q, payload, len);
	if (!serve_query_ok(&q))
		return -EBADMSG;
	prepare(s, &end);
	r = send_rows(peer, s->ingest->records_dir, &q, deadline, &end);
	return r < 0 ? r : ipc_reply(peer, PROTO_QUERY_END, &end, sizeof(end));
}

static void catch_up(void *user)
{
	struct serve *s = user;

	for (int i = 0; i < CATCH_UP_MAX && ingest_step(s->ingest) == 1; i++)
		;
}

static int on_verify(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct serve *s = user;
	const struct ingest *in = s->ingest;
	struct proto_verify answer;

	(void)payload;
	(void)len;
	verify_run(in->records_dir, in->store != NULL ? store_state(in->store) : NULL,
		   catch_up, s, &answer);
	if (answer.code != 0)
		log_err("recordd", "verification: %s", answer.text);
	return ipc_reply(peer, PROTO_VERIFY_REPLY, &answer, sizeof(answer));
}

/* Records are kept for good: before they fill the disk somebody has to hear of it. */
static bool has_room(const char *dir, char *dst, size_t size)
{
	struct statvfs v;

	if (statvfs(dir, &v) == -1 || v.f_bavail >= v.f_blocks / ROOM_PARTS)
		return true;
	(void)snprintf(dst, size,
		       "the disk is nearly full: %" PRIu64 " MiB are left for records;"
		       " without room for them new connections are refused",
		       (uint64_t)v.f_bavail * v.f_frsize >> 20);
	return false;
}

static int on_status(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct serve *s = user;
	struct proto_status st = svc_status(s->svc);

	(void)payload;
	(void)len;
	st.ok = ingest_is_well(s->ingest, st.text, sizeof(st.text)) &&
		has_room(s->ingest->records_dir, st.text, sizeof(st.text));
	st.records = s->ingest->stored;
	st.lost = s->ingest->lost;
	return ipc_reply(peer, PROTO_STATUS_REPLY, &st, sizeof(st));
}

const struct ipc_permit serve_permits[] = {
	{ PROTO_STATUS, IPC_MGMTD | IPC_ROOT, 0, on_status },
	{ PROTO_QUERY, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_query), on_query },
	{ PROTO_VERIFY, IPC_MGMTD | IPC_ROOT, 0, on_verify },
};
const size_t serve_permit_count = ARRAY_LEN(serve_permits);
