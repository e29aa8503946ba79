/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What commands print, to a management daemon's answer or to none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/paths.h"
#include "lib/str.h"
#include "mgmt/cli/cli.h"

static char root[] = "/tmp/test-says-XXXXXX";

static void under_root(const char *rel, char dst[PATH_TEXT_MAX])
{
	assert_int_equal(path_join(dst, root, rel), 0);
}

static int setup(void **state)
{
	static const char *const dirs[] = { "/run", PATH_RUN };
	char path[PATH_TEXT_MAX];

	(void)state;
	if (mkdtemp(root) == NULL)
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		under_root(dirs[i], path);
		if (mkdir(path, 0700) == -1)
			return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = { PATH_SOCK_API, "/policy", "/said" };
	static const char *const dirs[] = { PATH_RUN, "/run", "" };
	char path[PATH_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		under_root(files[i], path);
		(void)unlink(path);
	}
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		under_root(dirs[i], path);
		(void)rmdir(path);
	}
	return 0;
}

/* One request is answered with this JSON. */
static pid_t serve(const char *json)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char path[PATH_TEXT_MAX], buf[8192];
	pid_t pid;

	under_root(PATH_SOCK_API, path);
	assert_int_equal(str_copy(sun.sun_path, sizeof(sun.sun_path), path), 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int peer = accept(fd, NULL, NULL);

		if (read(peer, buf, sizeof(buf)) <= 0 ||
		    dprintf(peer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			    strlen(json), json) < 0)
			_exit(1);
		_exit(0);
	}
	(void)close(fd);
	return pid;
}

static void served(pid_t pid)
{
	char path[PATH_TEXT_MAX];
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	under_root(PATH_SOCK_API, path);
	(void)unlink(path);
}

/* Run it with its standard output in said, and with the other as well unless JSON is wanted. */
static int said(int (*cmd)(const struct cli *c), const struct cli *c, char *dst,
		size_t size)
{
	char path[PATH_TEXT_MAX];
	int before = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO), r;
	FILE *f;
	size_t n;

	under_root("/said", path);
	f = fopen(path, "a+");
	assert_int_equal(truncate(path, 0), 0);
	assert_non_null(f);
	(void)fflush(stdout);
	assert_true(dup2(fileno(f), STDOUT_FILENO) >= 0);
	if (!c->json)
		assert_true(dup2(fileno(f), STDERR_FILENO) >= 0);
	r = cmd(c);
	(void)fflush(stdout);
	assert_true(dup2(before, STDOUT_FILENO) >= 0);
	assert_true(dup2(errors, STDERR_FILENO) >= 0);
	(void)close(before);
	(void)close(errors);
	rewind(f);
	n = fread(dst, 1, size - 1, f);
	dst[n] = '\0';
	(void)fclose(f);
	return r;
}

static void test_applied(void **state)
{
	struct cli c = { .root = root, .lang = "en" };
	char path[PATH_TEXT_MAX], text[1024];
	pid_t pid;
	FILE *f;

	(void)state;
	under_root("/policy", path);
	f = fopen(path, "w");
	assert_non_null(f);
	(void)fputs("site: {}\n", f);
	(void)fclose(f);
	c.args.word[0] = path;
	c.args.word_count = 1;
	pid = serve("{\"revision\": 1234, \"cut\": 5}");
	assert_int_equal(said(cmd_policy_apply, &c, text, sizeof(text)), CLI_DONE);
	served(pid);
	assert_string_equal(text, "revision 1234 is in force\n5 connections were cut\n");
	pid = serve("{\"revision\": 1234, \"cut\": 5, \"trial\":"
		    " {\"revision\": 1234, \"until\": \"2026-11-21T00:00:00Z\"}}");
	assert_int_equal(said(cmd_policy_apply, &c, text, sizeof(text)), CLI_DONE);
	served(pid);
	assert_non_null(strstr(text, "revision 1234 is on trial until 2026-11-2"));
}

/* A daemon has not heard of it: it is said, and that connections are cut is not. */
static void test_pending(void **state)
{
	static const char answer[] = "{\"revision\": 7, \"cut\": 0, \"pending\":"
				     " [\"gated\"], \"warning\": \"gated is away\"}";
	static char word[] = "00:16:3e:00:00:01", reason[] = "--reason=theft";
	char *argv[] = { word, reason };
	struct cli c = { .root = root, .lang = "en" };
	char text[1024];
	pid_t pid;

	(void)state;
	assert_int_equal(args_parse(2, argv, "reason=", &c.args), 0);
	pid = serve(answer);
	assert_int_equal(said(cmd_device_revoke, &c, text, sizeof(text)), CLI_DONE);
	served(pid);
	assert_non_null(strstr(text, "sekisho: note: gated is away\n"));
	assert_null(strstr(text, "are cut"));
}

/* Every part is well, and alarms wait. */
static void test_status(void **state)
{
	struct cli c = { .root = root, .lang = "ja" };
	char text[1024];
	pid_t pid = serve(
		"{\"ok\": true, \"alarms\": 3, \"reviews_overdue\": 2, \"site\": \"x\","
		" \"parts\": []}");

	(void)state;
	assert_int_equal(said(cmd_status, &c, text, sizeof(text)), CLI_DONE);
	served(pid);
	assert_non_null(strstr(text, "未対応の警報が 3 件"));
	assert_non_null(strstr(text, "点検期限を過ぎた通信許可が 2 件"));
}

/* Nobody is there at all: JSON all the same. */
static void test_lockdown(void **state)
{
	static char word[] = "lockdown", reason[] = "--reason=fire";
	char *argv[] = { word, reason };
	struct cli c = { .root = root, .lang = "ja", .json = true };
	char text[1024];
	json_t *answer;

	(void)state;
	assert_int_equal(args_parse(2, argv, "reason=", &c.args), 0);
	assert_int_equal(said(cmd_lockdown_on, &c, text, sizeof(text)), CLI_FAILED);
	answer = json_loads(text, 0, NULL);
	assert_true(json_is_true(json_object_get(answer, "on")));
	assert_true(json_is_false(
		json_object_get(json_object_get(answer, "direct"), "gated")));
	json_decref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_applied),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_lockdown),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
