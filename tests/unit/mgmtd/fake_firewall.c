/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/mgmtd/fake_firewall.h"

#include <errno.h>
#include <string.h>

#include "lib/proto.h"
#include "lib/str.h"
#include "tests/unit/mgmtd/fake.h"

static int answer(struct ipc_peer *peer, int code)
{
	const struct proto_result result = { .code = code };

	return ipc_reply(peer, PROTO_RESULT, &result, sizeof(result));
}

int fake_trial_confirm(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct fake_shared *s = user;
	struct proto_trial m;

	(void)len;
	memcpy(&m, payload, sizeof(m));
	if (s->mode == FAKE_HANGS)
		return 0;
	if (s->trial != m.number)
		return answer(peer, -ESTALE);
	s->trial = 0;
	s->confirms++;
	return s->mode == FAKE_CONFIRM_LOST ? 0 : answer(peer, 0);
}

int fake_trial_rollback(struct ipc_peer *peer, const void *payload, size_t len,
			void *user)
{
	struct fake_shared *s = user;
	struct proto_trial m;

	(void)len;
	memcpy(&m, payload, sizeof(m));
	if (s->mode == FAKE_HANGS)
		return 0;
	if (s->trial != m.number)
		return answer(peer, -ESTALE);
	s->trial = 0;
	s->revision = s->before;
	s->rollbacks++;
	return answer(peer, 0);
}

int fake_lockdown(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct fake_shared *s = user;
	struct proto_result result = { 0 };

	(void)len;
	if (s->mode == FAKE_HANGS)
		return 0;
	if (s->mode == FAKE_REFUSES)
		return answer(peer, -EIO);
	memcpy(&s->lockdown, payload, sizeof(s->lockdown));
	s->lockdowns++;
	(void)str_copy(s->status_text, sizeof(s->status_text),
		       s->lockdown.on != 0 ? "locked: only management passes" : "");
	(void)str_copy(result.text, sizeof(result.text), s->lockdown_text);
	return ipc_reply(peer, PROTO_RESULT, &result, sizeof(result));
}

/* In pieces, as long texts come. */
static int send_text(struct ipc_peer *peer, const char *text)
{
	size_t len = strlen(text), at = 0;

	do {
		struct proto_text piece = { 0 };
		size_t n = len - at < 1000 ? len - at : 1000;

		memcpy(piece.data, text + at, n);
		at += n;
		piece.len = (uint32_t)n;
		piece.last = at == len;
		if (ipc_reply(peer, PROTO_TEXT, &piece, sizeof(piece)) < 0)
			return -EPIPE;
	} while (at < len);
	return 0;
}

int fake_prove(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct fake_shared *s = user;

	(void)payload;
	(void)len;
	return send_text(peer, s->proof);
}

int fake_probe(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct fake_shared *s = user;

	(void)payload;
	(void)len;
	s->probes++;
	return send_text(peer, s->probed);
}

int fake_explain(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct fake_shared *s = user;

	(void)len;
	memcpy(&s->explain, payload, sizeof(s->explain));
	return send_text(peer, s->explained);
}
