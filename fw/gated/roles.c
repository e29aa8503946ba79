/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/roles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fw/apply/apply.h"
#include "fw/apply/request.h"
#include "fw/apply/sockets.h"
#include "fw/probe/inject.h"
#include "lib/log.h"
#include "lib/mem.h"

#define AREA       "gated"
#define ARGS_MAX   8
#define DENY_BATCH 32 /* packets that may wait in the kernel for 100 ms */
#define OPEN_BATCH 1 /* what passes is recorded at once */
#define FDS        5
#define PROBER_S   2 /* it answers in microseconds, or it is stuck */

struct child {
	int fd[FDS]; /* channel, denied, open, events, notes: in the order of request.h */
	int channel; /* our end */
	int notes; /* our end */
	pid_t pid;
	int prober; /* our end of the probe role's channel */
	pid_t prober_pid;
};

/* ours does not block; the other's is as it likes. */
static int open_pair(int *ret_ours, int *ret_other)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return -errno;
	*ret_ours = pair[0];
	*ret_other = pair[1];
	return fcntl(pair[0], F_SETFL, O_NONBLOCK) == -1 ? -errno : 0;
}

static int open_sockets(struct child *c)
{
	int r = open_pair(&c->channel, &c->fd[0]);

	if (r == 0)
		r = open_pair(&c->notes, &c->fd[4]);
	if (r == 0)
		r = sockets_nflog(FW_LOG_DENY, DENY_BATCH, &c->fd[1]);
	if (r == 0)
		r = sockets_nflog(FW_LOG_OPEN, OPEN_BATCH, &c->fd[2]);
	if (r == 0)
		r = sockets_conntrack(&c->fd[3]);
	return r;
}

/* In a child: fd[] become the descriptors from FW_CHANNEL_FD on, then a fresh program. */
static _Noreturn void become(const char *role, const int *fd, int count, int argc,
			     char **argv, pid_t parent)
{
	char *args[ARGS_MAX] = { argv[0], "--role", (char *)(intptr_t)role };
	int high[FDS];

	for (int i = 1; i < argc && i + 3 < ARGS_MAX; i++)
		args[i + 2] = argv[i];
	for (int i = 0; i < count; i++)
		high[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, FW_NOTE_FD + 1);
	for (int i = 0; i < count; i++) {
		if (high[i] == -1 || dup2(high[i], FW_CHANNEL_FD + i) == -1)
			_exit(EXIT_FAILURE);
	}
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != parent)
		_exit(EXIT_FAILURE);
	(void)unsetenv("NOTIFY_SOCKET"); /* the service's is the parent's to tell */
	(void)execv("/proc/self/exe", args);
	_exit(EXIT_FAILURE);
}

static int start_child(struct child *c, int argc, char **argv)
{
	pid_t parent = getpid();

	c->pid = fork();
	if (c->pid == -1)
		return -errno;
	if (c->pid == 0)
		become("compile", c->fd, FDS, argc, argv, parent);
	for (int i = 0; i < FDS; i++) {
		(void)close(c->fd[i]);
		c->fd[i] = -1;
	}
	return 0;
}

static void stop(pid_t *pid, int *channel)
{
	if (*pid <= 0)
		return;
	(void)kill(*pid, SIGTERM);
	close_p(channel); /* it may be waiting for an answer */
	*channel = -1;
	while (waitpid(*pid, NULL, 0) == -1 && errno == EINTR)
		;
	*pid = 0;
}

/*
 * Before this process gives up CAP_BPF: the probe role inherits it, loads its program
 * and gives up everything. Without it there are no probes, and everything else.
 */
static void start_prober(struct child *c, int argc, char **argv)
{
	const struct timeval wait = { .tv_sec = PROBER_S };
	pid_t parent = getpid();
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return;
	(void)setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	c->prober_pid = fork();
	if (c->prober_pid == 0)
		become("probe", &pair[1], 1, argc, argv, parent);
	(void)close(pair[1]);
	if (c->prober_pid > 0)
		c->prober = pair[0];
	else
		(void)close(pair[0]);
}

static void close_all(struct child *c)
{
	for (int i = 0; i < FDS; i++)
		close_p(&c->fd[i]);
	close_p(&c->channel);
	close_p(&c->notes);
	close_p(&c->prober);
}

int roles_apply(struct svc *svc, int argc, char **argv)
{
	struct child c = {
		.fd = { -1, -1, -1, -1, -1 }, .channel = -1, .notes = -1, .prober = -1
	};
	struct apply *apply = NULL;
	int status = EXIT_FAILURE;
	int r = open_sockets(&c);

	if (r < 0) {
		log_err(AREA, "cannot open the kernel's event sockets: %s", strerror(-r));
		close_all(&c);
		return status;
	}
	start_prober(&c, argc, argv);
	svc_seal(svc, UINT64_C(1) << CAP_NET_ADMIN);
	r = start_child(&c, argc, argv);
	if (r == 0)
		r = apply_new(svc->event, c.channel, c.notes, c.prober, &apply);
	if (r < 0)
		log_err(AREA, "cannot start: %s", strerror(-r));
	else
		status = svc_run(svc);
	apply_free(apply);
	stop(&c.pid, &c.channel);
	stop(&c.prober_pid, &c.prober);
	close_all(&c);
	return status;
}

int roles_probe(struct svc *svc)
{
	int program = -1;
	int r = inject_open(&program);

	(void)prctl(PR_SET_NAME, "gated-probe", 0, 0, 0);
	svc_seal(svc, 0);
	if (r < 0)
		log_warn(AREA, "no probes: the kernel does not take a BPF program: %s",
			 strerror(-r));
	inject_serve(FW_CHANNEL_FD, r < 0 ? r : program);
	return EXIT_SUCCESS;
}
