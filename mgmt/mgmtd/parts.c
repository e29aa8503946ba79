/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/mem.h"

#define STATUS_MS     300
#define LOAD_MS       5000
#define TEXT_MS       5000
#define VERIFY_MS     30000 /* reads a month of records */
#define HUNG_AGAIN_MS 10000
#define REFUSED_MS    30000
#define NFT_TEXT_MAX  (16u << 20)

static const struct {
	const char *name, *path;
} known[PART_COUNT] = {
	[PART_GATED] = { "gated", PATH_SOCK_GATED },
	[PART_PROXYD] = { "proxyd", PATH_SOCK_PROXYD },
	[PART_SENSORD] = { "sensord", PATH_SOCK_SENSORD },
	[PART_RECORDD] = { "recordd", PATH_SOCK_RECORDD },
	[PART_SWITCHD] = { "switchd", PATH_SOCK_SWITCHD },
};

int parts_init(struct parts *p, const char *root)
{
	*p = (struct parts){ .load_ms = LOAD_MS };
	for (int i = 0; i < PART_COUNT; i++) {
		int r = path_join(p->path[i], root, known[i].path);

		if (r < 0)
			return r;
	}
	return 0;
}

const char *part_name(enum part part)
{
	return known[part].name;
}

static int ask_status(struct parts *p, enum part part, unsigned ms)
{
	struct part_state *state = &p->state[part];
	struct proto_status status;
	int r = ipc_call(p->path[part], ms, PROTO_STATUS, NULL, 0, PROTO_STATUS_REPLY,
			 &status, sizeof(status));

	if (r == 0 && !proto_str_ok(status.text, sizeof(status.text)))
		r = -EBADMSG;
	state->there = r == 0;
	state->late = false;
	state->ask_next = (struct mono){ 0 };
	if (r < 0) {
		state->refused = 0;
		if (r == -ETIMEDOUT)
			state->ask_next = mono_after_ms(mono_now(), HUNG_AGAIN_MS);
		return r;
	}
	state->status = status;
	return 0;
}

int parts_ask(struct parts *p, enum part part)
{
	return ask_status(p, part, STATUS_MS);
}

int parts_await(struct parts *p, enum part part)
{
	return ask_status(p, part, p->load_ms);
}

/* Late once it may be at work, or the machine is: away is who is late again. */
static void poll_one(struct parts *p, enum part part)
{
	const struct part_state before = p->state[part];

	if (parts_ask(p, part) == -ETIMEDOUT && before.there && !before.late) {
		p->state[part] = before;
		p->state[part].late = true;
	}
}

void parts_poll(struct parts *p)
{
	for (int i = 0; i < PART_COUNT; i++) {
		if (mono_diff_ms(mono_now(), p->state[i].ask_next) >= 0)
			poll_one(p, (enum part)i);
	}
}

/* A question that is answered by PROTO_RESULT. */
static int call_result(struct parts *p, enum part part, enum proto_type type,
		       const void *m, size_t len, struct proto_result *ret_result)
{
	struct proto_result result;
	int r = ipc_call(p->path[part], p->load_ms, (uint16_t)type, m, len, PROTO_RESULT,
			 &result, sizeof(result));

	if (r == 0 && !proto_str_ok(result.text, sizeof(result.text)))
		r = -EBADMSG;
	if (r == 0)
		*ret_result = result;
	return r;
}

int parts_load(struct parts *p, enum part part, uint64_t number, uint32_t confirm_s,
	       struct proto_result *ret_result)
{
	const struct proto_load load = { .number = number, .confirm_s = confirm_s };
	int r = call_result(p, part, PROTO_LOAD_REVISION, &load, sizeof(load),
			    ret_result);

	if (r == 0 && ret_result->code == 0) {
		p->state[part].there = true;
		p->state[part].status.revision = number;
	}
	return r;
}

int parts_trial(struct parts *p, enum part part, enum proto_type type, uint64_t number,
		struct proto_result *ret_result)
{
	const struct proto_trial trial = { .number = number };

	return call_result(p, part, type, &trial, sizeof(trial), ret_result);
}

int parts_lockdown(struct parts *p, enum part part, const struct proto_lockdown *m,
		   struct proto_result *ret_result)
{
	return call_result(p, part, PROTO_LOCKDOWN, m, sizeof(*m), ret_result);
}

static void resend_one(struct parts *p, enum part part, uint64_t current)
{
	struct part_state *state = &p->state[part];
	bool again = state->refused == current;
	struct proto_result result;
	int r;

	if (!state->there || state->status.revision == current ||
	    (again && mono_diff_ms(state->refused_next, mono_now()) > 0))
		return;
	r = parts_load(p, part, current, 0, &result);
	if (r < 0) {
		log_warn("mgmtd", "%s did not answer when sent revision %" PRIu64,
			 part_name(part), current);
		state->there = false;
		state->ask_next = mono_after_ms(mono_now(), HUNG_AGAIN_MS);
	} else if (result.code < 0) {
		if (!again)
			log_err("mgmtd", "%s refuses revision %" PRIu64 ": %s",
				part_name(part), current, result.text);
		state->refused = current;
		state->refused_next = mono_after_ms(mono_now(), REFUSED_MS);
	} else {
		log_info("mgmtd", "%s follows: revision %" PRIu64, part_name(part),
			 current);
	}
}

void parts_resend(struct parts *p, uint64_t current)
{
	if (current == 0)
		return;
	resend_one(p, PART_GATED, current);
	resend_one(p, PART_PROXYD, current);
}

/* Append one piece to text, which is grown; len without the terminator. */
static int append(char **text, size_t *len, const struct proto_text *piece)
{
	char *grown;

	if (piece->len > sizeof(piece->data))
		return -EBADMSG;
	if (piece->len > NFT_TEXT_MAX - *len)
		return -EFBIG;
	grown = realloc(*text, *len + piece->len + 1);
	if (grown == NULL)
		return -ENOMEM;
	memcpy(grown + *len, piece->data, piece->len);
	*len += piece->len;
	grown[*len] = '\0';
	*text = grown;
	return 0;
}

static int ask_text(struct parts *p, enum proto_type question, const void *m,
		    size_t m_len, char **ret_text)
{
	CLEANUP(close_p) int fd = -1;
	CLEANUP(free_p) char *text = NULL;
	size_t len = 0;

	if (ipc_connect(p->path[PART_GATED], TEXT_MS, &fd) < 0 ||
	    ipc_send(fd, (uint16_t)question, m, m_len) < 0)
		return -EHOSTDOWN;
	for (;;) {
		struct proto_text piece;
		uint16_t type;
		size_t got;
		int r;

		if (ipc_recv(fd, &type, &piece, sizeof(piece), &got) < 0)
			return -EHOSTDOWN;
		if (type != PROTO_TEXT || got != sizeof(piece))
			return -EBADMSG;
		r = append(&text, &len, &piece);
		if (r < 0)
			return r;
		if (piece.last != 0)
			break;
	}
	*ret_text = STEAL(text);
	return 0;
}

int parts_show_nft(struct parts *p, char **ret_text)
{
	return ask_text(p, PROTO_SHOW_NFT, NULL, 0, ret_text);
}

int parts_prove(struct parts *p, char **ret_text)
{
	return ask_text(p, PROTO_PROVE, NULL, 0, ret_text);
}

int parts_probe(struct parts *p, char **ret_text)
{
	return ask_text(p, PROTO_PROBE, NULL, 0, ret_text);
}

int parts_explain(struct parts *p, const struct proto_explain *question, char **ret_text)
{
	return ask_text(p, PROTO_EXPLAIN, question, sizeof(*question), ret_text);
}

/* One message of an answer: 1 a row was handled, 0 the end, or an error. */
static int take_row(int fd, int (*fn)(const struct proto_row *row, void *user),
		    void *user, struct proto_query_end *ret_end)
{
	union {
		struct proto_row row;
		struct proto_query_end end;
	} m;
	uint16_t type;
	size_t len;
	int r;

	if (ipc_recv(fd, &type, &m, sizeof(m), &len) < 0)
		return -EHOSTDOWN;
	if (type == PROTO_QUERY_END && len == sizeof(m.end)) {
		*ret_end = m.end;
		return m.end.code < 0 ? m.end.code : 0;
	}
	if (type != PROTO_ROW || len != sizeof(m.row) || m.row.len > sizeof(m.row.record))
		return -EBADMSG;
	r = fn(&m.row, user);
	return r < 0 ? r : 1;
}

int parts_query(struct parts *p, const struct proto_query *query,
		int (*fn)(const struct proto_row *row, void *user), void *user,
		struct proto_query_end *ret_end)
{
	CLEANUP(close_p) int fd = -1;
	int r = 1;

	if (ipc_connect(p->path[PART_RECORDD], TEXT_MS, &fd) < 0 ||
	    ipc_send(fd, PROTO_QUERY, query, sizeof(*query)) < 0)
		return -EHOSTDOWN;
	for (uint32_t i = 0; r == 1; i++) {
		if (i > query->limit)
			return -EBADMSG;
		r = take_row(fd, fn, user, ret_end);
	}
	return r;
}

int parts_verify(struct parts *p, struct proto_verify *ret)
{
	struct proto_verify v;
	int r = ipc_call(p->path[PART_RECORDD], VERIFY_MS, PROTO_VERIFY, NULL, 0,
			 PROTO_VERIFY_REPLY, &v, sizeof(v));

	if (r < 0)
		return -EHOSTDOWN;
	if (!proto_str_ok(v.text, sizeof(v.text)) ||
	    !proto_str_ok(v.head, sizeof(v.head)))
		return -EBADMSG;
	*ret = v;
	return 0;
}
