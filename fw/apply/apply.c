/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/apply/apply.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fw/apply/check.h"
#include "fw/apply/conntrack.h"
#include "fw/apply/cutter.h"
#include "fw/apply/dump.h"
#include "fw/apply/hold.h"
#include "fw/apply/intake.h"
#include "fw/apply/probing.h"
#include "fw/apply/request.h"
#include "fw/apply/trial.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/mem.h"

#define AREA         "gated-apply"
#define SEND_WAIT_MS 2000
#define ROUND_MAX    4096 /* messages per wake-up, so that signals are seen */
#define AGAIN_S      1

struct apply {
	sd_event *event;
	sd_event_source *source;
	int channel;
	int notes;
	struct hold hold;
	struct trial trial;
	struct cutter cutter;
	uint32_t commits;
	struct intake intake;
	struct probing probing;
};

static int answer(struct apply *a, const struct fw_result *result)
{
	return ipc_send(a->channel, FW_ANS_RESULT, result, sizeof(*result));
}

static struct fw_result result_of(int code, uint32_t cut, const char *what)
{
	struct fw_result res = { .code = code, .rule = FW_NO_RULE, .cut = cut };

	if (code < 0)
		(void)snprintf(res.text, sizeof(res.text), "%s: %s", what,
			       strerror(-code));
	return res;
}

static struct fw_result commit(struct apply *a)
{
	struct ruleset *before = NULL, *none = calloc(1, sizeof(*none));
	struct fw_result res = { 0 };
	uint32_t rule = FW_NO_RULE, cut = 0;
	int r = none == NULL ? -ENOMEM : 0;

	/* what it was to go on has ended: its ruleset would stay for good */
	if (r == 0 && a->intake.expect.confirm_s == FW_CONFIRM_KEEP &&
	    !trial_is_on(&a->trial))
		r = -ESTALE;
	if (r == 0)
		r = hold_commit(&a->hold, a->intake.next, &before, &cut, &rule);
	if (r < 0) {
		res = result_of(r, 0,
				r == -ESTALE ? "the trial is over"
					     : "the kernel refused the ruleset");
		res.rule = rule;
	} else {
		a->intake.next = NULL;
		a->commits++;
		trial_note(&a->trial, &a->intake.expect, before, &none);
		res = result_of(0, cut, "");
	}
	ruleset_free(none);
	return res;
}

static int on_time_over(sd_event_source *source, uint64_t usec, void *user)
{
	struct apply *a = user;
	struct fw_rolled_back note = { .revision = a->trial.revision,
				       .commits = a->commits };
	int r;

	(void)source;
	(void)usec;
	if (!trial_is_on(&a->trial))
		return 0;
	r = trial_go_back(&a->trial, &a->hold, &note.cut);
	if (r < 0) {
		log_err(AREA, "cannot go back from a trial: %s", strerror(-r));
		trial_again(&a->trial, AGAIN_S);
		return 0;
	}
	log_warn(AREA, "a revision was not confirmed: the one before is in force again");
	r = ipc_send(a->notes, FW_NOTE_ROLLBACK, &note, sizeof(note));
	if (r < 0)
		log_warn(AREA, "cannot tell of it: %s", strerror(-r));
	return 0;
}

static bool is_on_trial(const struct apply *a, const void *payload)
{
	struct fw_trial m;

	memcpy(&m, payload, sizeof(m));
	return trial_is_on(&a->trial) && a->trial.revision == m.revision;
}

static int on_confirm(struct apply *a, const void *payload)
{
	bool on = is_on_trial(a, payload);
	struct fw_result res = result_of(on ? 0 : -ESTALE, 0, "not on trial");

	if (on)
		ruleset_free(trial_end(&a->trial));
	return answer(a, &res);
}

static int on_rollback(struct apply *a, const void *payload)
{
	struct fw_result res;
	uint32_t cut = 0;
	int r = is_on_trial(a, payload) ? trial_go_back(&a->trial, &a->hold, &cut)
					: -ESTALE;

	res = result_of(r, cut, r == -ESTALE ? "not on trial" : "cannot go back");
	return answer(a, &res);
}

static void on_drift(const struct drift_change *change, int undone, void *user)
{
	const struct apply *a = user;
	struct fw_drifted note = {
		.code = change->main || change->guard ? undone : -ENOMSG,
		.unseen = change->unseen,
		.pid = change->pid,
		.objects = change->objects,
	};

	memcpy(note.process, change->process, sizeof(note.process));
	memcpy(note.text, change->text, sizeof(note.text));
	if (ipc_send(a->notes, FW_NOTE_DRIFT, &note, sizeof(note)) < 0)
		log_warn(AREA, "cannot tell of a change of the ruleset by others");
}

static void on_cut(uint32_t cut, void *user)
{
	const struct apply *a = user;
	const struct fw_cut_note note = {
		.revision = a->hold.now != NULL ? a->hold.now->revision : 0,
		.cut = cut,
	};

	if (ipc_send(a->notes, FW_NOTE_CUT, &note, sizeof(note)) < 0)
		log_warn(AREA, "cannot tell how many connections were cut");
}

/* While something is on trial there is one way to change it, and it ends the trial. */
static struct fw_result commit_change(struct apply *a)
{
	struct txn_marks lost = { 0 };
	int r = trial_is_on(&a->trial) ? -ESTALE
				       : hold_change(&a->hold, &a->intake.change, &lost);

	if (r == 0) {
		a->commits++;
		cutter_add(&a->cutter, lost);
	}
	return result_of(r, 0, "the kernel refused the change");
}

static int on_commit(struct apply *a, const void *payload)
{
	struct fw_result res;

	(void)payload;
	if (intake_end(&a->intake, &res) == 0)
		res = a->intake.changing ? commit_change(a) : commit(a);
	intake_forget(&a->intake);
	return answer(a, &res);
}

static int on_recording(struct apply *a, const void *payload)
{
	struct fw_recording m;
	struct fw_result res;

	memcpy(&m, payload, sizeof(m));
	res = result_of(hold_recording(&a->hold, m.on == 1 ? FW_RECORDING_MS : 0), 0,
			"cannot set the recording state");
	return answer(a, &res);
}

static int on_cut_mark(struct apply *a, const void *payload)
{
	struct fw_cut_mark m;
	struct txn_marks one = { .mark = &m.mark, .count = 1 };
	struct fw_result res;
	uint32_t cut = 0;
	int r;

	memcpy(&m, payload, sizeof(m));
	r = check_mark(m.mark);
	if (r == 0)
		r = conntrack_cut_marks(&a->hold.nfnl, &one, &cut);
	res = result_of(r, cut, "cannot remove connections");
	return answer(a, &res);
}

static int on_cut_flow(struct apply *a, const void *payload)
{
	struct fw_cut_flow m;
	struct fw_result res;
	int r;

	memcpy(&m, payload, sizeof(m));
	r = check_flow(&m);
	if (r == 0)
		r = conntrack_cut_flow(&a->hold.nfnl, &m);
	res = result_of(r == -ENOENT ? 0 : r, r == 0, "cannot remove a connection");
	return answer(a, &res);
}

static int send_content(const struct apply *a, enum fw_request type, const void *data,
			size_t len)
{
	struct pollfd p = { .fd = a->channel, .events = POLLOUT };
	int r = ipc_send(a->channel, (uint16_t)type, data, len);

	if (r == -ETIMEDOUT && poll(&p, 1, SEND_WAIT_MS) == 1)
		r = ipc_send(a->channel, (uint16_t)type, data, len);
	return r;
}

static int send_flow(const void *nlmsg, size_t len, void *user)
{
	return send_content(user, FW_ANS_FLOW, nlmsg, len);
}

static int send_dump(const void *part, size_t len, void *user)
{
	return send_content(user, FW_ANS_DUMP, part, len);
}

static int on_dump(struct apply *a, const void *payload)
{
	struct fw_result res;

	(void)payload;
	res = result_of(dump_ruleset(IPC_PAYLOAD_MAX, send_dump, a), 0,
			"cannot read the ruleset back");
	return answer(a, &res);
}

static int on_list(struct apply *a, const void *payload)
{
	struct fw_result res;

	(void)payload;
	res = result_of(conntrack_list(&a->hold.nfnl, send_flow, a), 0,
			"cannot list connections");
	return answer(a, &res);
}

static int on_probe(struct apply *a, const void *payload)
{
	probing_take(&a->probing, payload);
	return 0;
}

static int on_probe_run(struct apply *a, const void *payload)
{
	struct probe_answer found = { 0 };
	struct probe_run order;
	struct fw_result res;
	int r;

	memcpy(&order, payload, sizeof(order));
	a->probing.bridge = a->hold.now != NULL && a->hold.now->port_count != 0;
	r = probing_run(&a->probing, &a->hold.nfnl, &order, &found);
	if (r == 0)
		r = send_content(a, FW_ANS_PROBE, &found, sizeof(found));
	res = result_of(r, 0, "cannot send probes");
	return answer(a, &res);
}

static const struct {
	uint16_t type;
	size_t len;
	int (*handler)(struct apply *a, const void *payload);
} requests[] = {
	{ FW_REQ_COMMIT, 0, on_commit },
	{ FW_REQ_RECORDING, sizeof(struct fw_recording), on_recording },
	{ FW_REQ_CUT_MARK, sizeof(struct fw_cut_mark), on_cut_mark },
	{ FW_REQ_CUT_FLOW, sizeof(struct fw_cut_flow), on_cut_flow },
	{ FW_REQ_LIST, 0, on_list },
	{ FW_REQ_DUMP, 0, on_dump },
	{ FW_REQ_PROBE, sizeof(struct probe), on_probe },
	{ FW_REQ_PROBE_RUN, sizeof(struct probe_run), on_probe_run },
	{ FW_REQ_CONFIRM, sizeof(struct fw_trial), on_confirm },
	{ FW_REQ_ROLLBACK, sizeof(struct fw_trial), on_rollback },
};

static int dispatch(struct apply *a, uint16_t type, const void *payload, size_t len)
{
	if (intake_take(&a->intake, type, payload, len))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		if (requests[i].type == type && requests[i].len == len)
			return requests[i].handler(a, payload);
	}
	return -EBADMSG;
}

static int on_channel(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct apply *a = user;

	(void)source;
	(void)events;
	for (unsigned i = 0; i < ROUND_MAX; i++) {
		_Alignas(max_align_t) uint8_t payload[IPC_PAYLOAD_MAX];
		uint16_t type = 0;
		size_t len = 0;
		int r = ipc_recv(fd, &type, payload, sizeof(payload), &len);

		if (r == -ETIMEDOUT)
			return 0;
		if (r == 0)
			r = dispatch(a, type, payload, len);
		if (r < 0) {
			log_err(AREA, "the compile role is gone: %s", strerror(-r));
			return sd_event_exit(a->event, EXIT_FAILURE);
		}
	}
	return 0;
}

int apply_new(sd_event *event, int channel, int notes, int prober,
	      struct apply **ret_apply)
{
	struct apply *a = calloc(1, sizeof(*a));
	int r;

	if (a == NULL)
		return -ENOMEM;
	a->event = sd_event_ref(event);
	a->channel = channel;
	a->notes = notes;
	a->probing.channel = prober;
	r = hold_open(&a->hold, event, on_drift, a);
	if (r == 0)
		r = cutter_open(&a->cutter, event, &a->hold.nfnl, on_cut, a);
	if (r == 0)
		r = trial_open(&a->trial, event, on_time_over, a);
	if (r == 0)
		r = sd_event_add_io(event, &a->source, channel, EPOLLIN, on_channel, a);
	if (r < 0) {
		apply_free(a);
		return r;
	}
	*ret_apply = a;
	return 0;
}

void apply_free(struct apply *a)
{
	if (a == NULL)
		return;
	if (trial_is_on(&a->trial))
		trial_leave(&a->trial, &a->hold);
	/* -ENOENT: there never was a ruleset */
	if (a->source != NULL) {
		int r = hold_recording(&a->hold, 0);

		if (r < 0 && r != -ENOENT)
			log_warn(AREA, "cannot stop new flows now, only in %d ms: %s",
				 FW_RECORDING_MS, strerror(-r));
	}
	(void)sd_event_source_disable_unref(a->source);
	cutter_close(&a->cutter);
	trial_close(&a->trial);
	hold_close(&a->hold);
	probing_clear(&a->probing);
	(void)sd_event_unref(a->event);
	intake_forget(&a->intake);
	free(a);
}
