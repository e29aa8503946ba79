/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fw/apply/request.h"
#include "lib/log.h"
#include "lib/mono.h"
#include "lib/str.h"

#define AREA           "gated"
#define CLOCK_STEP_US  300000 /* less is slewing, and within what an end may be late */
#define TICK_US        1000000u
#define TICK_SLACK_US  50000u
#define ANSWER_SECONDS 20 /* the apply role answers in milliseconds, or it is stuck */

static void check_peer(struct gate *g)
{
	if (!g->journal.peer_gone)
		return;
	log_warn(AREA, "the apply role has ended");
	(void)sd_event_exit(g->svc->event, EXIT_FAILURE);
}

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
	check_peer(g);
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
	check_peer(g);
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
	check_peer(g);
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
	check_peer(g);
	return ipc_reply(peer, PROTO_RESULT, &res, sizeof(res));
}

/* What is not as it should be, or not as it usually is; the latter is no fault. */
static void describe(const struct gate *g, struct proto_status *st)
{
	int64_t left = mono_diff_ms(g->trial_end, mono_now()) / 1000;

	if (g->lockdown.on) {
		st->ok = 0;
		(void)snprintf(st->text, sizeof(st->text),
			       "locked: only management passes (%s: %s)", g->lockdown.who,
			       g->lockdown.reason);
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

static int send_text(struct ipc_peer *peer, const char *text, size_t len)
{
	for (size_t at = 0;; at += PROTO_TEXT_MAX) {
		struct proto_text m = { 0 };
		size_t left = len - at;
		int r;

		m.last = left <= PROTO_TEXT_MAX;
		m.len = (uint32_t)(m.last != 0 ? left : PROTO_TEXT_MAX);
		memcpy(m.data, text + at, m.len);
		r = ipc_reply(peer, PROTO_TEXT, &m, sizeof(m));
		if (r < 0 || m.last != 0)
			return r;
	}
}

static int on_show(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct gate *g = user;
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
		r = send_text(peer, text, size);
	free(text);
	return r;
}

/* A question that cannot be answered is answered with an error in words. */
static int send_answer(struct gate *g, struct ipc_peer *peer, int r, char *text)
{
	char error[96];

	if (r < 0) {
		(void)snprintf(error, sizeof(error), "{\"error\":\"%s\"}", strerror(-r));
		r = send_text(peer, error, strlen(error));
	} else
		r = send_text(peer, text, strlen(text));
	free(text);
	check_peer(g);
	return r;
}

static int on_prove(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct gate *g = user;
	char *text = NULL;
	int r = proof_run(g, &text);

	(void)payload;
	(void)len;
	return send_answer(g, peer, r, text);
}

static int on_explain(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct gate *g = user;
	struct proto_explain m;
	char *text = NULL;
	int r;

	(void)len;
	memcpy(&m, payload, sizeof(m));
	r = proof_explain(g, &m, &text);
	return send_answer(g, peer, r, text);
}

static const struct ipc_permit permits[] = {
	{ PROTO_PROVE, IPC_MGMTD | IPC_ROOT, 0, on_prove },
	{ PROTO_EXPLAIN, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_explain), on_explain },
	{ PROTO_LOAD_REVISION, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_load), on_load },
	{ PROTO_STATUS, IPC_MGMTD | IPC_ROOT, 0, on_status },
	{ PROTO_SHOW_NFT, IPC_MGMTD | IPC_ROOT, 0, on_show },
	{ PROTO_CONFIRM, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_trial), on_confirm },
	{ PROTO_ROLLBACK, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_trial), on_rollback },
	{ PROTO_LOCKDOWN, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_lockdown),
	  on_lockdown },
};

static int on_open_event(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct gate *g = user;

	(void)source;
	(void)events;
	listener_opens(g, fd);
	check_peer(g);
	return 0;
}

static int on_deny_event(sd_event_source *source, int fd, uint32_t events, void *user)
{
	(void)source;
	(void)events;
	listener_denies(user, fd);
	return 0;
}

static int on_end_event(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct gate *g = user;

	(void)source;
	(void)events;
	listener_ends(g, fd);
	check_peer(g);
	return 0;
}

/* The apply role only speaks when it is asked: now it can only be its end. */
static int on_channel(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct gate *g = user;

	(void)source;
	(void)fd;
	(void)events;
	g->journal.peer_gone = true;
	check_peer(g);
	return 0;
}

static int on_note(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct gate *g = user;

	(void)source;
	(void)events;
	g->journal.peer_gone = g->journal.peer_gone || notes_take(g, fd) < 0;
	check_peer(g);
	return 0;
}

/* The revision in force, if there is one by now. */
static void load_current(struct gate *g)
{
	struct proto_result res;

	load_revision(g, 0, 0, &res);
	if (res.code < 0 && res.code != -ENOENT && res.code != g->refusal)
		log_err(AREA, "the current revision is refused: %s", res.text);
	g->refusal = res.code;
}

/*
 * The kernel counts a permit's timeout in its own time. When the wall clock is set
 * (a bad clock at boot, then NTP), the ends have moved: set the timeouts anew.
 */
static void follow_clock(struct gate *g)
{
	int64_t moved = wall_us() - mono_now().us - g->clock_us;
	struct proto_result res;

	if (g->now.rev == NULL || (moved < CLOCK_STEP_US && moved > -CLOCK_STEP_US))
		return;
	log_warn(AREA, "the clock was set by %" PRId64 " ms; permits are loaded anew",
		 moved / 1000);
	load_again(g, &res);
	if (res.code < 0)
		log_err(AREA, "permits keep their old ends: %s", res.text);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *user)
{
	struct gate *g = user;

	(void)usec;
	if (g->now.rev == NULL)
		load_current(g);
	follow_clock(g);
	load_due(g, (int64_t)time(NULL));
	permits_due(g, (int64_t)time(NULL));
	load_expire(g, (int64_t)time(NULL));
	listener_flush(g);
	journal_tick(&g->journal);
	proof_tick(g);
	check_peer(g);
	(void)sd_event_source_set_time_relative(source, TICK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int watch(struct gate *g)
{
	sd_event *e = g->svc->event;
	int r;

	if ((r = sd_event_add_io(e, NULL, FW_OPEN_FD, EPOLLIN, on_open_event, g)) < 0 ||
	    (r = sd_event_add_io(e, NULL, FW_DENY_FD, EPOLLIN, on_deny_event, g)) < 0 ||
	    (r = sd_event_add_io(e, NULL, FW_EVENT_FD, EPOLLIN, on_end_event, g)) < 0 ||
	    (r = sd_event_add_io(e, NULL, FW_NOTE_FD, EPOLLIN, on_note, g)) < 0 ||
	    (r = sd_event_add_io(e, NULL, FW_CHANNEL_FD, EPOLLIN, on_channel, g)) < 0)
		return r;
	return sd_event_add_time_relative(e, NULL, CLOCK_MONOTONIC, TICK_US,
					  TICK_SLACK_US, on_tick, g);
}

static int open_spool(struct gate *g)
{
	char dir[PATH_TEXT_MAX];
	int r = svc_path(g->svc, PATH_SPOOL "/gated", dir);

	if (r == 0)
		r = spool_open(dir, &g->journal.spool);
	if (r < 0)
		log_err(AREA, "cannot write the spool: %s", strerror(-r));
	return r;
}

/* Also when its file cannot be named it is locked. */
static void read_lockdown(struct gate *g)
{
	char path[PATH_TEXT_MAX];

	g->lockdown.on = true;
	if (svc_path(g->svc, PATH_LOCKDOWN, path) == 0)
		lockdown_read(path, &g->lockdown);
	if (g->lockdown.on)
		log_warn(AREA, "locked: only management passes");
}

static int serve(struct gate *g)
{
	struct ipc_server *server = NULL;
	int listener = -1, status = EXIT_FAILURE;
	int r = svc_listen(g->svc, PATH_SOCK_GATED, &listener);

	if (r < 0)
		return status;
	r = ipc_server_new(g->svc->event, listener, &g->svc->roles, permits,
			   ARRAY_LEN(permits), g, &server);
	if (r == 0)
		r = watch(g);
	if (r < 0)
		log_err(AREA, "cannot start: %s", strerror(-r));
	else {
		read_lockdown(g);
		load_current(g);
		status = svc_run(g->svc);
		listener_flush(g);
	}
	ipc_server_free(server);
	(void)close(listener);
	return status;
}

int gate_main(struct svc *svc)
{
	const struct timeval wait = { .tv_sec = ANSWER_SECONDS };
	struct gate g = {
		.svc = svc,
		.channel = FW_CHANNEL_FD,
		.journal = { .channel = FW_CHANNEL_FD },
		.next_conn = (uint64_t)wall_us(),
		.deny_stream = { .name = "gated: refused packets not recorded" },
		.open_stream = { .name = "gated: new flows not recorded" },
	};
	int status = EXIT_FAILURE;

	(void)prctl(PR_SET_NAME, "gated-compile", 0, 0, 0);
	svc_seal(svc, 0);
	(void)setsockopt(FW_CHANNEL_FD, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(FW_CHANNEL_FD, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	(void)fcntl(FW_NOTE_FD, F_SETFL, O_NONBLOCK);
	g.flows = flowtable_new();
	g.denies = denies_new();
	if (g.flows == NULL || g.denies == NULL)
		log_err(AREA, "out of memory");
	else if (open_spool(&g) == 0)
		status = serve(&g);
	load_free(&g.now);
	load_free(&g.before);
	flowtable_free(g.flows);
	denies_free(g.denies);
	journal_free(&g.journal);
	return status;
}
