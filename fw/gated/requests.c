/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mgmtd and root may ask of gated, over its control socket. */
#include "fw/gated/requests.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/gated/gate.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/str.h"

#define AREA "gated"

static int on_load(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct gate *g = user;
	struct proto_result res;
	struct proto_load m;

	(void)len;
	memcpy(&m, payload, sizeof(m));
	load_revision(g, m.number, m.confirm_s, &res);
	if (res.code < 0)
		log_warn(AREA, "revision %llu refused: %s", (unsigned long long)m.number,
			 res.text);
	gate_check_peer(g);
	return ipc_reply(peer, PROTO_RESULT, &res, sizeof(res));
}

static int on_confirm(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct gate *g = user;
	struct proto_result res;
	struct proto_trial m;

	(void)len;
	memcpy(&m, payload, sizeof(m));
	load_confirm(g, m.number, &res);
	gate_check_peer(g);
	return ipc_reply(peer, PROTO_RESULT, &res, sizeof(res));
}

static int on_rollback(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct gate *g = user;
	struct proto_result res;
	struct proto_trial m;

	(void)len;
	memcpy(&m, payload, sizeof(m));
	load_rollback(g, m.number, &res);
	gate_check_peer(g);
	return ipc_reply(peer, PROTO_RESULT, &res, sizeof(res));
}

static int on_lockdown(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct gate *g = user;
	struct proto_result res;
	struct proto_lockdown m;

	(void)len;
	memcpy(&m, payload, sizeof(m));
	if (m.on > 1 || !proto_str_ok(m.who, sizeof(m.who)) ||
	    !proto_str_ok(m.reason, sizeof(m.reason)))
		return -EBADMSG;
	load_lockdown(g, &m, &res);
	gate_check_peer(g);
	return ipc_reply(peer, PROTO_RESULT, &res, sizeof(res));
}

/* What is not as it should be, or not as it usually is; the latter is no fault. */
static void describe(const struct gate *g, struct proto_status *st)
{
	int64_t left = mono_diff_ms(g->trial_end, mono_now()) / 1000;

	if (g->lockdown.on && !g->lockdown.held) {
		st->ok = 0;
		(void)snprintf(st->text, sizeof(st->text),
			       "a lockdown was ordered by %s and is NOT in force yet",
			       g->lockdown.who);
	} else if (g->lockdown.on) {
		st->ok = 0;
		(void)snprintf(st->text, sizeof(st->text),
			       "locked: only management passes%s (%s: %s)",
			       g->lockdown.kept ? ""
						: ", and only until the next start: the "
						  "state cannot be written",
			       g->lockdown.who, g->lockdown.reason);
	} else if (g->now.rev == NULL) {
		(void)str_copy(st->text, sizeof(st->text),
			       "no revision is loaded: nothing passes");
	} else if (st->ok == 0) {
		(void)str_copy(st->text, sizeof(st->text),
			       "records cannot be written: new flows are refused");
	} else if (notes_text(g)[0] != '\0') {
		st->ok = 0;
		(void)str_copy(st->text, sizeof(st->text), notes_text(g));
	} else if (g->proof.asked && !g->proof.good) {
		st->ok = 0;
		(void)str_copy(st->text, sizeof(st->text), g->proof.text);
	} else if (g->probes.bad && g->now.rev->full == g->probes.revision) {
		st->ok = 0;
		(void)str_copy(st->text, sizeof(st->text), g->probes.text);
	} else if (g->trial) {
		(void)snprintf(st->text, sizeof(st->text),
			       "revision %" PRIu64 " is on trial for %" PRId64
			       " more seconds",
			       g->now.rev->number, left > 0 ? left : 0);
	}
}

static int on_status(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct gate *g = user;
	struct proto_status st = svc_status(g->svc);

	(void)payload;
	(void)len;
	st.revision = g->now.rev != NULL ? g->now.rev->number : 0;
	st.ok = journal_ok(&g->journal);
	st.connections = (uint32_t)flowtable_count(g->flows);
	st.records = g->journal.records;
	st.lost = g->journal.lost;
	describe(g, &st);
	return ipc_reply(peer, PROTO_STATUS_REPLY, &st, sizeof(st));
}

int requests_answer_text(struct gate *g, uint64_t peer, const char *text, size_t len)
{
	for (size_t at = 0;; at += PROTO_TEXT_MAX) {
		struct proto_text m = { 0 };
		size_t left = len - at;
		int r;

		m.last = left <= PROTO_TEXT_MAX;
		m.len = (uint32_t)(m.last != 0 ? left : PROTO_TEXT_MAX);
		memcpy(m.data, text + at, m.len);
		r = ipc_answer(g->server, peer, PROTO_TEXT, &m, sizeof(m));
		if (r < 0 || m.last != 0)
			return r;
	}
}

static int on_show(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct gate *g = user;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r;

	(void)payload;
	(void)len;
	if (out == NULL)
		return -ENOMEM;
	r = g->now.rules != NULL ? ruleset_print(g->now.rules, (int64_t)time(NULL), out)
				 : 0;
	if (fclose(out) != 0)
		r = -ENOMEM;
	if (r == 0)
		r = requests_answer_text(g, ipc_peer_id(peer), text, size);
	free(text);
	return r;
}

/* The answer comes later. */
static int asked(struct gate *g, uint64_t peer, int r)
{
	static const char busy[] = "{\"error\":\"too many questions at once\"}";

	gate_check_peer(g);
	return r < 0 ? requests_answer_text(g, peer, busy, sizeof(busy) - 1) : 0;
}

static int on_prove(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	uint64_t id = ipc_peer_id(peer);

	(void)payload;
	(void)len;
	return asked(user, id, proof_ask(user, id));
}

static int on_probe(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct gate *g = user;
	char *text = NULL, error[96];
	int r = probes_run(g, &text);

	(void)payload;
	(void)len;
	if (r < 0) /* a question that cannot be answered is answered in words */
		(void)snprintf(error, sizeof(error), "{\"error\":\"%s\"}", strerror(-r));
	r = r < 0 ? requests_answer_text(g, ipc_peer_id(peer), error, strlen(error))
		  : requests_answer_text(g, ipc_peer_id(peer), text, strlen(text));
	free(text);
	gate_check_peer(g);
	return r;
}

static int on_explain(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	uint64_t id = ipc_peer_id(peer);
	struct proto_explain m;

	(void)len;
	memcpy(&m, payload, sizeof(m));
	return asked(user, id, proof_explain(user, id, &m));
}

const struct ipc_permit requests_permits[] = {
	{ PROTO_PROVE, IPC_MGMTD | IPC_ROOT, 0, on_prove },
	{ PROTO_PROBE, IPC_MGMTD | IPC_ROOT, 0, on_probe },
	{ PROTO_EXPLAIN, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_explain), on_explain },
	{ PROTO_LOAD_REVISION, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_load), on_load },
	{ PROTO_STATUS, IPC_MGMTD | IPC_ROOT, 0, on_status },
	{ PROTO_SHOW_NFT, IPC_MGMTD | IPC_ROOT, 0, on_show },
	{ PROTO_CONFIRM, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_trial), on_confirm },
	{ PROTO_ROLLBACK, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_trial), on_rollback },
	{ PROTO_LOCKDOWN, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_lockdown),
	  on_lockdown },
};

const size_t requests_count = ARRAY_LEN(requests_permits);
