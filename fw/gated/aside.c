/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fw/gated/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/mem.h"

#define ROOM_FIRST 65536
#define NICE       5 /* packets' records and permits go first */

/* What it may have on top of what came with the fork, which the kernel counts as well. */
static int limit_memory(void)
{
	unsigned long long pages[6] = { 0 };
	struct rlimit limit;
	FILE *in = fopen("/proc/self/statm", "re");
	int got;

	if (in == NULL)
		return -errno;
	got = fscanf(in, "%llu %llu %llu %llu %llu %llu", &pages[0], &pages[1], &pages[2],
		     &pages[3], &pages[4], &pages[5]);
	(void)fclose(in);
	if (got != 6)
		return -EBADMSG;
	limit.rlim_cur =
		pages[5] * (unsigned long long)sysconf(_SC_PAGESIZE) + ASIDE_MEMORY_MAX;
	limit.rlim_max = limit.rlim_cur;
	return setrlimit(RLIMIT_DATA, &limit) == -1 ? -errno : 0;
}

/* No socket of ours stays open because of it, and it does not outlive us. */
static _Noreturn void run_child(int fd, pid_t parent, aside_work_fn *work, void *arg)
{
	FILE *out;
	int r = -EIO;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent ||
	    dup2(fd, STDERR_FILENO + 1) == -1 ||
	    close_range(STDERR_FILENO + 2, ~0u, 0) == -1 || limit_memory() < 0)
		_exit(EXIT_FAILURE);
	(void)prctl(PR_SET_NAME, "gated-aside", 0, 0, 0);
	(void)setpriority(PRIO_PROCESS, 0, NICE);
	out = fdopen(STDERR_FILENO + 1, "w");
	if (out != NULL) {
		r = work(arg, out);
		if (fclose(out) != 0)
			r = -EIO;
	}
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* The process is gone, whatever it was doing. Did it end well? */
static bool reap(struct aside *a)
{
	int status = 0;

	while (waitpid(a->pid, &status, 0) == -1 && errno == EINTR)
		;
	a->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

static bool clear(struct aside *a, bool stop)
{
	bool well;

	if (stop)
		(void)kill(a->pid, SIGKILL);
	well = reap(a);
	a->io = sd_event_source_disable_unref(a->io);
	a->timer = sd_event_source_disable_unref(a->timer);
	(void)close(a->fd);
	return well;
}

void aside_stop(struct aside *a)
{
	if (!aside_is_on(a))
		return;
	(void)clear(a, true);
	free(a->data);
	*a = (struct aside){ 0 };
}

/* done may begin the next one. */
static void finish(struct aside *a, int error)
{
	struct aside was;

	if (!clear(a, error < 0) && error == 0)
		error = -EPIPE;
	was = *a;
	*a = (struct aside){ 0 };
	if (error < 0) {
		free(was.data);
		was.data = NULL;
		was.len = 0;
	}
	was.done(error, was.data, was.len, was.user);
}

static int on_time_over(sd_event_source *source, uint64_t usec, void *user)
{
	(void)source;
	(void)usec;
	finish(user, -ETIMEDOUT);
	return 0;
}

/* Room for more and for a '\0' behind it. */
static int reserve(struct aside *a)
{
	size_t want = a->room == 0 ? ROOM_FIRST : a->room * 2;
	char *p;

	if (a->room - a->len > 1)
		return 0;
	if (a->len >= ASIDE_ANSWER_MAX)
		return -E2BIG;
	p = realloc(a->data, want);
	if (p == NULL)
		return -ENOMEM;
	a->data = p;
	a->room = want;
	return 0;
}

static int on_answer(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct aside *a = user;
	int r = reserve(a);
	ssize_t got = -1;

	(void)source;
	(void)events;
	if (r == 0) {
		got = read(fd, a->data + a->len, a->room - a->len - 1);
		if (got == -1 && (errno == EINTR || errno == EAGAIN))
			return 0;
		if (got == -1)
			r = -errno;
	}
	if (got > 0) {
		a->len += (size_t)got;
		a->data[a->len] = '\0';
		return 0;
	}
	if (r == 0 && a->len == 0)
		r = -EPIPE;
	finish(a, r);
	return 0;
}

int aside_start(struct aside *a, sd_event *event, unsigned limit_ms, aside_work_fn *work,
		void *arg, aside_done_fn *done, void *user)
{
	CLEANUP(close_p) int other = -1;
	pid_t self = getpid();
	int fd[2], r;

	if (aside_is_on(a))
		return -EBUSY;
	if (pipe2(fd, O_CLOEXEC) == -1)
		return -errno;
	other = fd[1];
	*a = (struct aside){ .fd = fd[0], .done = done, .user = user };
	a->pid = fork();
	if (a->pid == 0)
		run_child(other, self, work, arg);
	if (a->pid == -1) {
		r = -errno;
		(void)close(fd[0]);
		*a = (struct aside){ 0 };
		return r;
	}
	r = fcntl(fd[0], F_SETFL, O_NONBLOCK) == -1 ? -errno : 0;
	if (r == 0)
		r = sd_event_add_io(event, &a->io, fd[0], EPOLLIN, on_answer, a);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &a->timer, CLOCK_MONOTONIC,
					       limit_ms * 1000ull, 0, on_time_over, a);
	if (r < 0) {
		aside_stop(a);
		return r;
	}
	return 0;
}
