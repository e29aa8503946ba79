/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/mgmtd/fake.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/ipc.h"
#include "lib/proto.h"
#include "lib/str.h"
#include "tests/unit/mgmtd/fake_firewall.h"
#include "tests/unit/mgmtd/fake_tunnels.h"

#define CUT 3 /* connections that every load ends */

static int on_load(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct fake_shared *s = user;
	struct proto_result result = { 0 };
	struct proto_load load;

	(void)len;
	memcpy(&load, payload, sizeof(load));
	s->asked++;
	if (s->mode == FAKE_HANGS)
		return 0;
	if (s->mode == FAKE_REFUSES) {
		result.code = -EINVAL;
		(void)str_copy(result.text, sizeof(result.text),
			       "policy.yaml:3:7: no such interface\nsecond line");
		return ipc_reply(peer, PROTO_RESULT, &result, sizeof(result));
	}
	s->before = s->trial != 0 ? s->before : s->revision;
	s->trial = load.confirm_s != 0 ? load.number : 0;
	s->confirm_s = load.confirm_s;
	s->revision = load.number;
	s->loads++;
	if (s->mode == FAKE_DIES)
		_exit(0);
	result.cut = CUT;
	return ipc_reply(peer, PROTO_RESULT, &result, sizeof(result));
}

static int on_status(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct fake_shared *s = user;
	struct proto_status st = { .ok = 1,
				   .revision = s->revision,
				   .containing = s->containing,
				   .contained = s->contained,
				   .answers = s->answers };

	(void)str_copy(st.text, sizeof(st.text), s->status_text);
	(void)payload;
	(void)len;
	(void)poll(NULL, 0, s->status_pause_ms);
	return ipc_reply(peer, PROTO_STATUS_REPLY, &st, sizeof(st));
}

static int on_decide(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	struct fake_shared *s = user;

	(void)len;
	memcpy(&s->question, payload, sizeof(s->question));
	return ipc_reply(peer, PROTO_DECIDE_REPLY, &s->decision, sizeof(s->decision));
}

static int on_sign_out(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct proto_result result = { .cut = CUT };
	struct fake_shared *s = user;

	(void)len;
	if (s->mode == FAKE_HANGS)
		return 0;
	memcpy(&s->signed_out, payload, sizeof(s->signed_out));
	s->sign_outs++;
	return ipc_reply(peer, PROTO_RESULT, &result, sizeof(result));
}

static bool fits(const struct record *rec, const struct proto_query *q)
{
	return rec->time_us >= q->from_us && (q->to_us == 0 || rec->time_us < q->to_us) &&
	       (q->kinds == 0 || (q->kinds & 1u << rec->kind) != 0) &&
	       (q->device[0] == '\0' || rec->device[0] == '\0' ||
		strcmp(rec->device, q->device) == 0) &&
	       (q->reason == 0 || rec->reason == q->reason) &&
	       (q->rule[0] == '\0' || strcmp(rec->rule, q->rule) == 0);
}

static int on_query(struct ipc_peer *peer, const void *payload, size_t len, void *user)
{
	const struct fake_shared *s = user;
	struct proto_query_end end = s->query_end;
	struct proto_query q;
	uint32_t found = 0;

	(void)len;
	memcpy(&q, payload, sizeof(q));
	if (q.kinds != 0 && q.kinds == s->slow_kinds)
		end.code = -ETIMEDOUT;
	for (uint32_t n = 0; end.code == 0 && n < s->record_count; n++) {
		uint32_t i = q.newest_first != 0 ? s->record_count - n : n + 1;
		struct proto_row row = { .id = i };

		if ((q.after_id != 0 &&
		     (q.newest_first != 0 ? i >= q.after_id : i <= q.after_id)) ||
		    !fits(&s->record[i - 1], &q))
			continue;
		if (found++ == q.limit) {
			end.more = 1;
			break;
		}
		row.len = (uint32_t)record_encode(&s->record[i - 1], row.record);
		if (ipc_reply(peer, PROTO_ROW, &row, sizeof(row)) < 0)
			return -EPIPE;
	}
	return ipc_reply(peer, PROTO_QUERY_END, &end, sizeof(end));
}

static const struct ipc_permit permits[] = {
	{ PROTO_LOAD_REVISION, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_load), on_load },
	{ PROTO_CONFIRM, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_trial),
	  fake_trial_confirm },
	{ PROTO_ROLLBACK, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_trial),
	  fake_trial_rollback },
	{ PROTO_LOCKDOWN, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_lockdown),
	  fake_lockdown },
	{ PROTO_PROVE, IPC_MGMTD | IPC_ROOT, 0, fake_prove },
	{ PROTO_PROBE, IPC_MGMTD | IPC_ROOT, 0, fake_probe },
	{ PROTO_EXPLAIN, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_explain),
	  fake_explain },
	{ PROTO_STATUS, IPC_MGMTD | IPC_ROOT, 0, on_status },
	{ PROTO_DECIDE, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_decide), on_decide },
	{ PROTO_SIGN_OUT, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_sign_out),
	  on_sign_out },
	{ PROTO_QUERY, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_query), on_query },
	{ PROTO_TUNNELS, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_tunnels),
	  fake_tunnels_list },
	{ PROTO_CUT, IPC_MGMTD | IPC_ROOT, sizeof(struct proto_cut), fake_tunnels_cut },
};

static _Noreturn void serve(int fd, struct fake_shared *s)
{
	uid_t me = getuid();
	const struct ipc_roles roles = { me, me, me, me, me };
	struct ipc_server *server = NULL;
	sd_event *event = NULL;

	if (sd_event_new(&event) < 0 ||
	    ipc_server_new(event, fd, &roles, permits, ARRAY_LEN(permits), s, &server) <
		    0)
		_exit(1);
	(void)sd_event_loop(event);
	_exit(0);
}

void fake_start(struct fake *f, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (f->shared == NULL)
		f->shared = mmap(NULL, sizeof(*f->shared), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd == -1 || f->shared == MAP_FAILED ||
	    str_copy(sun.sun_path, sizeof(sun.sun_path), path) < 0 ||
	    bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, 16) == -1)
		abort();
	f->pid = fork();
	if (f->pid == -1)
		abort();
	if (f->pid == 0)
		serve(fd, f->shared);
	(void)close(fd);
}

void fake_stop(struct fake *f, const char *path)
{
	if (f->pid == 0)
		return;
	(void)kill(f->pid, SIGKILL);
	(void)waitpid(f->pid, NULL, 0);
	(void)unlink(path);
	f->pid = 0;
}
