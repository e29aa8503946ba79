/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the apply role says unasked: a trial is over, somebody else changed the ruleset. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fw/apply/request.h"
#include "fw/gated/gate.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/str.h"

#define AREA       "gated"
#define SHOWN_MS   600000 /* in status */
#define FOREIGN_MS 10000 /* records of foreign tables are no more frequent */

static int on_rolled_back(struct gate *g, const void *payload)
{
	struct fw_rolled_back m;

	memcpy(&m, payload, sizeof(m));
	if (!g->trial || m.commits != g->commits || g->now.rev->number != m.revision)
		return 0; /* another load came in between, and was the later one */
	g->commits++;
	(void)load_went_back(g, "it was not confirmed in time", m.cut);
	return 0;
}

static int on_cut(struct gate *g, const void *payload)
{
	struct fw_cut_note m;

	memcpy(&m, payload, sizeof(m));
	load_record(g, m.cut,
		    "gated: up to revision %" PRIu64
		    ": %u connections of withdrawn permits cut",
		    m.revision, m.cut);
	return 0;
}

/* Names of programs and tables are somebody's text. */
static void describe(const struct fw_drifted *m, char *text, size_t size)
{
	(void)snprintf(text, size, "%s (pid %u): %u objects: %s",
		       m->process[0] != '\0' ? m->process : "unknown program", m->pid,
		       m->objects, m->text);
	if (m->unseen != 0)
		(void)snprintf(text, size, "unknown program: what it was, was not told");
}

static bool is_frequent(struct gate *g)
{
	struct mono now = mono_now();

	if (g->drift.foreign_at.us != 0 &&
	    mono_diff_ms(now, g->drift.foreign_at) < FOREIGN_MS)
		return true;
	g->drift.foreign_at = now;
	return false;
}

static int on_drifted(struct gate *g, const void *payload)
{
	struct record rec = { .kind = RECORD_SERVICE, .reason = REASON_ERROR };
	char what[480], line[600];
	struct fw_drifted m;
	bool ours;

	memcpy(&m, payload, sizeof(m));
	m.process[sizeof(m.process) - 1] = '\0';
	m.text[sizeof(m.text) - 1] = '\0';
	ours = m.code != -ENOMSG;
	if (!ours && is_frequent(g))
		return 0;
	describe(&m, what, sizeof(what));
	(void)snprintf(line, sizeof(line), "gated: %s by %s",
		       !ours         ? "tables of others changed"
		       : m.code == 0 ? "rules changed and put back"
				     : "rules changed, and NOT put back",
		       what);
	record_set_str(rec.detail, sizeof(rec.detail), line);
	rec.count = m.objects;
	journal_write(&g->journal, &rec);
	log_warn(AREA, "%s", rec.detail);
	if (!ours)
		return 0;
	g->drift.seen = true;
	g->drift.at = mono_now();
	record_set_str(g->drift.text, sizeof(g->drift.text), rec.detail);
	return 0;
}

static const struct {
	uint16_t type;
	size_t len;
	int (*handler)(struct gate *g, const void *payload);
} notes[] = {
	{ FW_NOTE_ROLLBACK, sizeof(struct fw_rolled_back), on_rolled_back },
	{ FW_NOTE_CUT, sizeof(struct fw_cut_note), on_cut },
	{ FW_NOTE_DRIFT, sizeof(struct fw_drifted), on_drifted },
};

int notes_take(struct gate *g, int fd)
{
	for (;;) {
		_Alignas(max_align_t) uint8_t payload[IPC_PAYLOAD_MAX];
		uint16_t type = 0;
		size_t len = 0;
		int r = ipc_recv(fd, &type, payload, sizeof(payload), &len);

		if (r == -ETIMEDOUT)
			return 0;
		if (r < 0)
			return -ECONNRESET;
		for (size_t i = 0; i < ARRAY_LEN(notes); i++) {
			if (notes[i].type == type && notes[i].len == len)
				(void)notes[i].handler(g, payload);
		}
	}
}

const char *notes_text(const struct gate *g)
{
	bool recent = g->drift.seen && mono_diff_ms(mono_now(), g->drift.at) < SHOWN_MS;

	return recent ? g->drift.text : "";
}
