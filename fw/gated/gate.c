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
#include "fw/gated/requests.h"
#include "lib/log.h"
#include "lib/mono.h"

#define AREA           "gated"
#define CLOCK_STEP_US  300000 /* less is slewing, and within what an end may be late */
#define TICK_US        1000000u
#define TICK_SLACK_US  50000u
#define ANSWER_SECONDS 20 /* the apply role answers in milliseconds, or it is stuck */

void gate_check_peer(struct gate *g)
{
	if (!g->journal.peer_gone)
		return;
	log_warn(AREA, "the apply role has ended");
	(void)sd_event_exit(g->svc->event, EXIT_FAILURE);
}

static int on_open_event(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct gate *g = user;

	(void)source;
	(void)events;
	listener_opens(g, fd);
	gate_check_peer(g);
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
	gate_check_peer(g);
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
	gate_check_peer(g);
	return 0;
}

static int on_note(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct gate *g = user;

	(void)source;
	(void)events;
	g->journal.peer_gone = g->journal.peer_gone || notes_take(g, fd) < 0;
	gate_check_peer(g);
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
	load_lockdown_tick(g);
	follow_clock(g);
	load_due(g, (int64_t)time(NULL));
	permits_due(g, (int64_t)time(NULL));
	load_expire(g, (int64_t)time(NULL));
	listener_flush(g);
	journal_tick(&g->journal);
	proof_tick(g);
	gate_check_peer(g);
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
	int listener = -1, status = EXIT_FAILURE;
	int r = svc_listen(g->svc, PATH_SOCK_GATED, &listener);

	if (r < 0)
		return status;
	r = ipc_server_new(g->svc->event, listener, &g->svc->roles, requests_permits,
			   requests_count, g, &g->server);
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
	aside_stop(&g->proof.aside);
	ipc_server_free(g->server);
	g->server = NULL;
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
