/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fw/sensor/cage.h"
#include "fw/sensor/ours.h"

#define CHECK(nr, good) \
	do { \
		if (!(good)) \
			_exit(nr); \
	} while (0)

/* In a child, because there is no way out. Its exit status says which check failed. */
static void inside(void)
{
	static struct ours ours;
	char *const none[] = { NULL };
	int fd;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CHECK(10, cage_enter() == 0);
	/* what it lives from */
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	CHECK(11, fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	CHECK(12, fd >= 0 && close(fd) == 0);
	CHECK(13, socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0) >= 0);
	CHECK(14, ours_read(&ours) == 0);
	/* what an intruder would want */
	CHECK(20, socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM);
	CHECK(21, socket(AF_PACKET, SOCK_RAW, 0) == -1 && errno == EPERM);
	CHECK(22, execve("/bin/true", none, none) == -1 && errno == EPERM);
	CHECK(23, fork() == -1 && errno == EPERM);
	CHECK(24, mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0) == MAP_FAILED);
	CHECK(25, ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1);
	CHECK(26, kill(getppid(), 0) == -1 && errno == EPERM);
	_exit(0);
}

static void test_inside(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		inside();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
