/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/paths.h"
#include "mgmt/cli/client.h"

struct box {
	char root[64];
	char asked[96]; /* what the server was asked, as a file */
};

static int setup(void **state)
{
	static const char *const dirs[] = { "", "/run", PATH_RUN };
	struct box *b = calloc(1, sizeof(*b));
	char path[PATH_TEXT_MAX];

	(void)snprintf(b->root, sizeof(b->root), "/tmp/test-cli-XXXXXX");
	if (mkdtemp(b->root) == NULL)
		return -1;
	for (size_t i = 1; i < ARRAY_LEN(dirs); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", b->root, dirs[i]);
		if (mkdir(path, 0700) == -1)
			return -1;
	}
	(void)snprintf(b->asked, sizeof(b->asked), "%s/asked", b->root);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct box *b = *state;
	char path[PATH_TEXT_MAX];

	(void)unlink(b->asked);
	(void)snprintf(path, sizeof(path), "%s%s", b->root, PATH_SOCK_API);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s%s", b->root, PATH_RUN);
	(void)rmdir(path);
	(void)snprintf(path, sizeof(path), "%s/run", b->root);
	(void)rmdir(path);
	(void)rmdir(b->root);
	free(b);
	return 0;
}

static void answer_one(int listen_fd, const struct box *b, const char *answer)
{
	int fd = accept(listen_fd, NULL, NULL);
	FILE *f = fopen(b->asked, "w");
	char buf[8192];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (f == NULL || n <= 0 || fwrite(buf, 1, (size_t)n, f) != (size_t)n ||
	    fclose(f) != 0 || write(fd, answer, strlen(answer)) < 0)
		_exit(1);
	_exit(0);
}

/* A server that gives one fixed answer to one request. */
static pid_t serve(const struct box *b, const char *answer)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%.40s%s", b->root,
		       PATH_SOCK_API);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 1), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		answer_one(fd, b, answer);
	assert_int_equal(close(fd), 0);
	return pid;
}

static void finish(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_asks_and_reads(void **state)
{
	const struct box *b = *state;
	struct client_answer a;
	json_t *body = json_pack("{s:s}", "host", "a.example");
	char asked[4096] = "";
	pid_t pid = serve(b, "HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\n"
			     "Connection: close\r\n\r\n{\"error\":{}}");
	FILE *f;

	assert_int_equal(client_ask(b->root, "ja", "POST", "/api/allow", body, &a), 0);
	finish(pid);
	assert_int_equal(a.status, 403);
	assert_int_equal(a.len, 12);
	assert_true(json_is_object(json_object_get(a.json, "error")));
	client_answer_free(&a);
	json_decref(body);
	f = fopen(b->asked, "r");
	assert_non_null(f);
	assert_true(fread(asked, 1, sizeof(asked) - 1, f) > 0);
	assert_int_equal(fclose(f), 0);
	assert_ptr_equal(strstr(asked, "POST /api/allow HTTP/1.1\r\n"), asked);
	assert_non_null(strstr(asked, "Accept-Language: ja\r\n"));
	assert_non_null(strstr(asked, "\r\n\r\n{\"host\":\"a.example\"}"));
}

static void test_answer_that_is_not_json(void **state)
{
	const struct box *b = *state;
	struct client_answer a;
	pid_t pid = serve(b, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ntable inet x");

	assert_int_equal(client_ask(b->root, "en", "GET", "/api/policy/nft", NULL, &a),
			 0);
	finish(pid);
	assert_null(a.json);
	assert_string_equal(a.body, "table inet x");
	client_answer_free(&a);
}

static void test_nobody_there(void **state)
{
	const struct box *b = *state;
	struct client_answer a;

	assert_true(client_ask(b->root, "en", "GET", "/api/status", NULL, &a) < 0);
	assert_non_null(strstr(a.error, PATH_SOCK_API));
	client_answer_free(&a);
}

static void test_cut_answer(void **state)
{
	const struct box *b = *state;
	struct client_answer a;
	pid_t pid =
		serve(b, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ok\":true}");

	assert_true(client_ask(b->root, "en", "GET", "/api/status", NULL, &a) < 0);
	finish(pid);
	client_answer_free(&a);
}

static void test_urls(void **state)
{
	char *host = NULL;
	unsigned port = 0;

	(void)state;
	assert_int_equal(client_split_url("https://www.example.jp/a?b", &host, &port), 0);
	assert_string_equal(host, "www.example.jp");
	assert_int_equal(port, 443);
	free(host);
	assert_int_equal(client_split_url("http://a.example:8080", &host, &port), 0);
	assert_int_equal(port, 8080);
	free(host);
	assert_true(client_split_url("https://", &host, &port) < 0);
	assert_true(client_split_url("gopher2://x", &host, &port) < 0);
	assert_true(client_split_url("http://a.example:99999", &host, &port) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_asks_and_reads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answer_that_is_not_json, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_nobody_there, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_answer, setup, teardown),
		cmocka_unit_test(test_urls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
