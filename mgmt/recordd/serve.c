/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/recordd/serve.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "lib/mono.h"
#include "mgmt/recordd/merge.h"
#include "mgmt/recordd/month.h"
#include "mgmt/recordd/verify.h"

#define QUERY_MS     5000 /* a search that takes longer is given up */
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
		     struct proto_query_end *end)
{
	struct merge_row row;
	struct merge *m = NULL;
	uint32_t sent = 0;
	int sending = 0;
	int r = merge_open(dir, q, mono_after_ms(mono_now(), QUERY_MS), &m);

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

static int on_query(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct serve *s = user;
	struct proto_query_end end = { 0 };
	struct proto_query q;
	int r;

	memcpy(&q, payload, len);
	if (!serve_query_ok(&q))
		return -EBADMSG;
	r = send_rows(peer, s->ingest->records_dir, &q, &end);
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

static int on_status(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct serve *s = user;
	struct proto_status st = svc_status(s->svc);

	(void)payload;
	(void)len;
	st.ok = ingest_is_well(s->ingest, st.text, sizeof(st.text));
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
