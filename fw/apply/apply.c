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
#include "fw/apply/dump.h"
#include "fw/apply/hold.h"
#include "fw/apply/request.h"
#include "fw/apply/sweep.h"
#include "fw/apply/trial.h"
#include "lib/ipc.h"
#include "lib/log.h"
#include "lib/mem.h"
#include "lib/str.h"

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
	uint32_t commits;
	struct ruleset *next; /* being received, or NULL */
	struct fw_begin expect;
	bool changing; /* what is being received is a change */
	struct change change;
	struct fw_change announced;
	int refused; /* sticky for the ruleset being received */
	struct fw_result why;
};

static void refuse(struct apply *a, int code, uint32_t rule, const char *text)
{
	if (a->refused < 0)
		return;
	a->refused = code;
	a->why = (struct fw_result){ .code = code, .rule = rule };
	(void)str_copy(a->why.text, sizeof(a->why.text), text);
}

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

static void forget(struct apply *a)
{
	ruleset_free(a->next);
	a->next = NULL;
	change_clear(&a->change);
	a->changing = false;
}

static int on_begin(struct apply *a, const void *payload)
{
	struct ruleset *rs = calloc(1, sizeof(*rs));

	memcpy(&a->expect, payload, sizeof(a->expect));
	forget(a);
	a->refused = 0;
	if (check_begin(&a->expect) < 0) {
		refuse(a, -EPERM, FW_NO_RULE, "the ruleset's sizes are not acceptable");
		free(rs);
		return 0;
	}
	if (rs != NULL) {
		rs->revision = a->expect.revision;
		rs->chain = calloc(a->expect.chain_count + 1, sizeof(*rs->chain));
		rs->rule = calloc(a->expect.rule_count + 1, sizeof(*rs->rule));
		rs->permit = calloc(a->expect.permit_count + 1, sizeof(*rs->permit));
		rs->port = calloc(a->expect.port_count + 1, sizeof(*rs->port));
		rs->quarantine =
			calloc(a->expect.card_count + 1, sizeof(*rs->quarantine));
	}
	if (rs == NULL || rs->chain == NULL || rs->rule == NULL || rs->permit == NULL ||
	    rs->port == NULL || rs->quarantine == NULL) {
		refuse(a, -ENOMEM, FW_NO_RULE, "out of memory");
		ruleset_free(rs);
		return 0;
	}
	a->next = rs;
	return 0;
}

static int on_chain(struct apply *a, const void *payload)
{
	struct ruleset *rs = a->next;
	struct fw_chain c;

	memcpy(&c, payload, sizeof(c));
	if (a->refused < 0)
		return 0;
	if (rs == NULL || rs->chain_count == a->expect.chain_count ||
	    check_chain(&c, FW_CHAIN_FIRST_FREE + (uint32_t)rs->chain_count) < 0)
		refuse(a, -EPERM, FW_NO_RULE, "a chain record is not acceptable");
	else
		rs->chain[rs->chain_count++] = c;
	return 0;
}

static int on_rule(struct apply *a, const void *payload)
{
	struct ruleset *rs = a->next;
	struct fw_rule rule;

	memcpy(&rule, payload, sizeof(rule));
	if (a->refused < 0)
		return 0;
	if (rs == NULL || rs->rule_count == a->expect.rule_count ||
	    check_rule(&rule, (uint32_t)rs->rule_count, a->expect.chain_count) < 0)
		refuse(a, -EPERM, rule.number, "a rule record is not acceptable");
	else
		rs->rule[rs->rule_count++] = rule;
	return 0;
}

static int on_permit(struct apply *a, const void *payload)
{
	struct ruleset *rs = a->next;
	struct fw_permit p;

	memcpy(&p, payload, sizeof(p));
	if (a->refused < 0)
		return 0;
	if (check_permit(&p) < 0)
		refuse(a, -EPERM, FW_NO_RULE, "a permit record is not acceptable");
	else if (a->changing && a->change.gone_count < a->announced.gone)
		a->change.gone[a->change.gone_count++] = p;
	else if (a->changing && a->change.come_count < a->announced.come)
		a->change.come[a->change.come_count++] = p;
	else if (!a->changing && rs != NULL && rs->permit_count < a->expect.permit_count)
		rs->permit[rs->permit_count++] = p;
	else
		refuse(a, -EPERM, FW_NO_RULE, "there are more permits than announced");
	return 0;
}

static int on_card(struct apply *a, const void *payload)
{
	struct ruleset *rs = a->next;
	struct fw_card c;

	memcpy(&c, payload, sizeof(c));
	if (a->refused < 0)
		return 0;
	if (check_card(&c) < 0)
		refuse(a, -EPERM, FW_NO_RULE, "a card record is not acceptable");
	else if (a->changing && a->change.isolated_count < a->announced.isolated)
		a->change.isolated[a->change.isolated_count++] = c;
	else if (a->changing && a->change.released_count < a->announced.released)
		a->change.released[a->change.released_count++] = c;
	else if (!a->changing && rs != NULL &&
		 rs->quarantine_count < a->expect.card_count)
		rs->quarantine[rs->quarantine_count++] = c;
	else
		refuse(a, -EPERM, FW_NO_RULE, "there are more cards than announced");
	return 0;
}

static int on_change(struct apply *a, const void *payload)
{
	memcpy(&a->announced, payload, sizeof(a->announced));
	forget(a);
	a->refused = 0;
	if (check_change(&a->announced) < 0)
		refuse(a, -EPERM, FW_NO_RULE, "the change's sizes are not acceptable");
	else if (change_new(&a->change, &a->announced) < 0)
		refuse(a, -ENOMEM, FW_NO_RULE, "out of memory");
	a->changing = a->refused == 0;
	return 0;
}

static int on_port(struct apply *a, const void *payload)
{
	struct ruleset *rs = a->next;
	struct fw_port p;

	memcpy(&p, payload, sizeof(p));
	if (a->refused < 0)
		return 0;
	if (rs == NULL || rs->port_count == a->expect.port_count || check_port(&p) < 0)
		refuse(a, -EPERM, FW_NO_RULE, "a port record is not acceptable");
	else
		rs->port[rs->port_count++] = p;
	return 0;
}

/* What the ruleset before becomes, now that confirm_s came with the one behind it. */
static void note_trial(struct apply *a, struct ruleset *before, struct ruleset **none)
{
	uint32_t confirm_s = a->expect.confirm_s;

	if (confirm_s == FW_CONFIRM_KEEP && trial_is_on(&a->trial)) {
		ruleset_free(before);
		return;
	}
	if (confirm_s == 0 || confirm_s == FW_CONFIRM_KEEP) {
		ruleset_free(trial_end(&a->trial));
		ruleset_free(before);
		return;
	}
	trial_begin(&a->trial, before != NULL ? before : STEAL(*none), a->expect.revision,
		    confirm_s);
}

static struct fw_result commit(struct apply *a)
{
	struct ruleset *before = NULL, *none = calloc(1, sizeof(*none));
	struct fw_result res = { 0 };
	uint32_t rule = FW_NO_RULE, cut = 0;
	int r = none == NULL ? -ENOMEM
			     : hold_commit(&a->hold, a->next, &before, &cut, &rule);

	if (r < 0) {
		res = result_of(r, 0, "the kernel refused the ruleset");
		res.rule = rule;
	} else {
		a->next = NULL;
		a->commits++;
		note_trial(a, before, &none);
		res = result_of(0, cut, "");
	}
	ruleset_free(none);
	return res;
}

/* Permits that are over by now do not come back. On failure the trial goes on. */
static int roll_back(struct apply *a, uint32_t *ret_cut)
{
	struct ruleset *tried = NULL;
	uint32_t rule;
	int r = hold_commit(&a->hold, a->trial.before, &tried, ret_cut, &rule);

	if (r < 0)
		return r;
	ruleset_free(tried);
	a->trial.before = NULL; /* the kernel's now */
	(void)trial_end(&a->trial);
	return 0;
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
	r = roll_back(a, &note.cut);
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
	int r = is_on_trial(a, payload) ? roll_back(a, &cut) : -ESTALE;

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

static bool change_is_complete(const struct apply *a)
{
	return a->change.gone_count == a->announced.gone &&
	       a->change.come_count == a->announced.come &&
	       a->change.isolated_count == a->announced.isolated &&
	       a->change.released_count == a->announced.released;
}

/* While something is on trial there is one way to change it, and it ends the trial. */
static struct fw_result commit_change(struct apply *a)
{
	uint32_t cut = 0;
	int r;

	if (!change_is_complete(a))
		refuse(a, -EPERM, FW_NO_RULE, "the change is not complete");
	if (a->refused < 0)
		return a->why;
	r = trial_is_on(&a->trial) ? -ESTALE : hold_change(&a->hold, &a->change, &cut);
	a->commits += r == 0;
	return result_of(r, cut, "the kernel refused the change");
}

static int on_commit(struct apply *a, const void *payload)
{
	struct fw_result res;

	(void)payload;
	if (a->changing) {
		res = commit_change(a);
		forget(a);
		return answer(a, &res);
	}
	if (a->next == NULL || a->next->chain_count != a->expect.chain_count ||
	    a->next->rule_count != a->expect.rule_count ||
	    a->next->permit_count != a->expect.permit_count ||
	    a->next->port_count != a->expect.port_count ||
	    a->next->quarantine_count != a->expect.card_count)
		refuse(a, -EPERM, FW_NO_RULE, "the ruleset is not complete");
	res = a->refused < 0 ? a->why : commit(a);
	forget(a);
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

static const struct {
	uint16_t type;
	size_t len;
	int (*handler)(struct apply *a, const void *payload);
} requests[] = {
	{ FW_REQ_BEGIN, sizeof(struct fw_begin), on_begin },
	{ FW_REQ_CHAIN, sizeof(struct fw_chain), on_chain },
	{ FW_REQ_RULE, sizeof(struct fw_rule), on_rule },
	{ FW_REQ_PERMIT, sizeof(struct fw_permit), on_permit },
	{ FW_REQ_PORT, sizeof(struct fw_port), on_port },
	{ FW_REQ_CARD, sizeof(struct fw_card), on_card },
	{ FW_REQ_CHANGE, sizeof(struct fw_change), on_change },
	{ FW_REQ_COMMIT, 0, on_commit },
	{ FW_REQ_RECORDING, sizeof(struct fw_recording), on_recording },
	{ FW_REQ_CUT_MARK, sizeof(struct fw_cut_mark), on_cut_mark },
	{ FW_REQ_CUT_FLOW, sizeof(struct fw_cut_flow), on_cut_flow },
	{ FW_REQ_LIST, 0, on_list },
	{ FW_REQ_DUMP, 0, on_dump },
	{ FW_REQ_CONFIRM, sizeof(struct fw_trial), on_confirm },
	{ FW_REQ_ROLLBACK, sizeof(struct fw_trial), on_rollback },
};

static int dispatch(struct apply *a, uint16_t type, const void *payload, size_t len)
{
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

int apply_new(sd_event *event, int channel, int notes, struct apply **ret_apply)
{
	struct apply *a = calloc(1, sizeof(*a));
	int r;

	if (a == NULL)
		return -ENOMEM;
	a->event = sd_event_ref(event);
	a->channel = channel;
	a->notes = notes;
	r = hold_open(&a->hold, event, on_drift, a);
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

/* The other role may be dead: what began in the trial ends, also where it need not. */
static void leave_trial(struct apply *a)
{
	uint32_t cut = 0;
	int r = roll_back(a, &cut);

	if (r == 0)
		r = sweep_since(&a->hold.nfnl, a->trial.began_us, &cut);
	if (r < 0)
		log_err(AREA, "cannot go back from a trial: %s", strerror(-r));
	else
		log_warn(AREA,
			 "the trial is over: the revision before is in force again, "
			 "%u connections cut",
			 cut);
}

void apply_free(struct apply *a)
{
	if (a == NULL)
		return;
	if (trial_is_on(&a->trial))
		leave_trial(a);
	/* -ENOENT: there never was a ruleset */
	if (a->source != NULL) {
		int r = hold_recording(&a->hold, 0);

		if (r < 0 && r != -ENOENT)
			log_warn(AREA, "cannot stop new flows now, only in %d ms: %s",
				 FW_RECORDING_MS, strerror(-r));
	}
	(void)sd_event_source_disable_unref(a->source);
	trial_close(&a->trial);
	hold_close(&a->hold);
	(void)sd_event_unref(a->event);
	forget(a);
	free(a);
}
