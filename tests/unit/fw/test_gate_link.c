/* SPDX-License-Identifier: GPL-3.0-or-later */
/* link_dump() against an apply role that sends a kept dump in parts of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>

#include "fw/gated/link.h"
#include "lib/fdio.h"
#include "lib/ipc.h"

struct seen {
	const char *expected;
	size_t at;
	unsigned count;
	int refuse; /* returned for the tenth */
};

static int take(const void *nlmsg, size_t len, void *user)
{
	struct seen *s = user;

	if (s->count == 9 && s->refuse != 0)
		return s->refuse;
	if (memcmp(s->expected + s->at, nlmsg, len) != 0)
		return -EILSEQ;
	s->at += (len + 3) & ~(size_t)3;
	s->count++;
	return 0;
}

/* In a child: what the apply role does. */
static _Noreturn void answer(int channel, const char *data, size_t len, size_t part,
			     int code)
{
	struct fw_result res = { .code = code };
	uint8_t payload[IPC_PAYLOAD_MAX];
	uint16_t type = 0;
	size_t got = 0;
	int r = ipc_recv(channel, &type, payload, sizeof(payload), &got);

	if (r < 0 || type != FW_REQ_DUMP || got != 0)
		_exit(EXIT_FAILURE);
	for (size_t at = 0; r == 0 && at < len; at += part)
		r = ipc_send(channel, FW_ANS_DUMP, data + at,
			     len - at < part ? len - at : part);
	if (r == 0)
		r = ipc_send(channel, FW_ANS_RESULT, &res, sizeof(res));
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int dump(struct seen *s, const char *data, size_t len, size_t part, int code)
{
	int pair[2], status = -1, r;
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		answer(pair[1], data, len, part, code);
	(void)close(pair[1]);
	s->expected = data;
	r = link_dump(pair[0], take, s);
	(void)close(pair[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return r;
}

static void test_parts(void **state)
{
	static const size_t parts[] = { 7, 100, 4096, IPC_PAYLOAD_MAX };
	char *data = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(fdio_read_file(SOURCE_DIR "/tests/golden/decode/inet.raw",
					1 << 20, &data, &len),
			 0);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct seen s = { .at = 0 };

		assert_int_equal(dump(&s, data, len, parts[i], 0), 0);
		assert_int_equal(s.at, len);
		assert_true(s.count > 50);
	}
	free(data);
}

static void test_refusals(void **state)
{
	struct seen s = { .refuse = -E2BIG }, t = { .at = 0 }, u = { .at = 0 };
	char *data = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(fdio_read_file(SOURCE_DIR "/tests/golden/decode/inet.raw",
					1 << 20, &data, &len),
			 0);
	assert_int_equal(dump(&s, data, len, 1000, 0), -E2BIG);
	assert_int_equal(dump(&t, data, len, 1000, -EINTR), -EINTR);
	assert_int_equal(dump(&u, data, len - 4, 1000, 0), -EBADMSG);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
