/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_make_root - a signed revision for the proxy that is measured
 *
 *     bench_make_root ROOT NUMBER NAMES-FILE POLICY-FILE [load]
 *
 * Every name of NAMES-FILE (one a line) becomes an entry with ports 443 and 8080. Prints
 * how many seconds the compilation took. The revision is made current below ROOT; with
 * "load" the running proxyd is told to take it.
 */
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/allow/build.h"
#include "lib/fdio.h"
#include "lib/id.h"
#include "lib/ipc.h"
#include "lib/mem.h"
#include "lib/paths.h"
#include "lib/proto.h"
#include "lib/revision.h"
#include "tests/bench/wire.h"

#define POLICY_TEXT_MAX (1u << 20)
#define LOAD_MS         60000

static _Noreturn void fail(const char *what, int error)
{
	(void)fprintf(stderr, "%s: %s\n", what, strerror(-error));
	exit(EXIT_FAILURE);
}

static void add_entries(struct allow_build *b, const char *path)
{
	char line[HOST_PATTERN_MAX + 2], id[ID_TEXT_MAX];
	FILE *f = fopen(path, "re");
	int r = 0;

	if (f == NULL)
		fail(path, -errno);
	while (r == 0 && fgets(line, sizeof(line), f) != NULL) {
		struct allow_entry e = { .id = id,
					 .host = line,
					 .port = { 443, 8080 },
					 .port_count = 2,
					 .path = "" };

		line[strcspn(line, "\n")] = '\0';
		id_new('a', id);
		r = allow_build_add(b, &e);
	}
	if (r < 0)
		fail("entry", r);
	(void)fclose(f);
}

/* The image beside the revision; prints how long that took. */
static struct allow_built compile(const char *dir, uint64_t number, const char *names)
{
	struct allow_build *build;
	struct allow_built built;
	int64_t begun = wire_now();
	int fd = revision_create_image(dir, number), r;

	if (fd < 0)
		fail("image", fd);
	if ((r = allow_build_new(&build)) < 0)
		fail("image", r);
	add_entries(build, names);
	if ((r = allow_build_finish(build, fd, &built)) < 0)
		fail("image", r);
	allow_build_free(build);
	(void)close(fd);
	(void)printf("%.3f\n", (double)(wire_now() - begun) / 1e9);
	return built;
}

static char *revision_text(uint64_t number, const struct allow_built *built,
			   const char *policy_path)
{
	char hash[2 * ALLOW_HASH_SIZE + 1], *policy, *text;
	json_t *top;
	size_t len;
	int r = fdio_read_file(policy_path, POLICY_TEXT_MAX, &policy, &len);

	if (r < 0)
		fail(policy_path, r);
	(void)sodium_bin2hex(hash, sizeof(hash), built->hash, sizeof(built->hash));
	top = json_pack("{s:i, s:I, s:s, s:s,"
			" s:[{s:s, s:s, s:s, s:[], s:[], s:[], s:n}],"
			" s:{s:I, s:s, s:[i,i]}, s:[]}",
			"format", 2, "number", (json_int_t)number, "created",
			"2026-01-01T00:00:00Z", "policy", policy, "lists", "id",
			ALLOW_LIST_DEFAULT, "name", "bench", "mode", "enforce", "zones",
			"groups", "users", "schedule", "allow", "size",
			(json_int_t)built->size, "blake2b", hash, "ports", 443, 8080,
			"permits");
	text = top != NULL ? json_dumps(top, JSON_COMPACT) : NULL;
	if (text == NULL)
		fail("revision", -ENOMEM);
	json_decref(top);
	free(policy);
	return text;
}

static void tell_proxyd(const char *root, uint64_t number)
{
	struct proto_load ask = { .number = number };
	struct proto_result answer;
	char path[PATH_TEXT_MAX];
	int r = path_join(path, root, PATH_SOCK_PROXYD);

	if (r == 0)
		r = ipc_call(path, LOAD_MS, PROTO_LOAD_REVISION, &ask, sizeof(ask),
			     PROTO_RESULT, &answer, sizeof(answer));
	if (r < 0)
		fail("proxyd", r);
	if (answer.code < 0) {
		(void)fprintf(stderr, "proxyd: %s\n", answer.text);
		exit(EXIT_FAILURE);
	}
}

int main(int argc, char **argv)
{
	char dir[PATH_TEXT_MAX], secret[PATH_TEXT_MAX];
	struct allow_built built;
	uint64_t number;
	char *text;
	int r;

	if (argc < 5 || argc > 6) {
		(void)fprintf(stderr, "usage: bench_make_root ROOT NUMBER NAMES-FILE "
				      "POLICY-FILE [load]\n");
		return 2;
	}
	number = strtoull(argv[2], NULL, 10);
	if ((r = path_join(dir, argv[1], PATH_REVISIONS)) < 0 ||
	    (r = path_join(secret, argv[1], "/revision.secret")) < 0 ||
	    (r = revision_key_ensure(dir, secret)) < 0)
		fail(argv[1], r);
	built = compile(dir, number, argv[3]);
	text = revision_text(number, &built, argv[4]);
	if ((r = revision_store(dir, secret, number, text, strlen(text))) < 0 ||
	    (r = revision_set_current(dir, number)) < 0)
		fail("revision", r);
	free(text);
	if (argc == 6)
		tell_proxyd(argv[1], number);
	return 0;
}
