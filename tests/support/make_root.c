/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * make_root ROOT NUMBER POLICY ENTRIES [load | PERMITS.json] - a signed revision below ROOT, and current
 *
 * For tests and benches that run proxyd without mgmtd. ROOT has the folders of
 * image/setup-accounts. ENTRIES has one line for an allowlist entry of the default list:
 * "HOST PORT,PORT... [KEY=VALUE]...", with tls=any, scheme=http|https, path=/prefix,
 * method=GET,HEAD and until=SECONDS (UTC). "load" tells the running proxyd to take it;
 * PERMITS.json has an array of permits as they stand in a revision.
 * Prints how many seconds compiling the entries took.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/allow/build.h"
#include "lib/fdio.h"
#include "lib/host.h"
#include "lib/id.h"
#include "lib/ipc.h"
#include "lib/mem.h"
#include "lib/mono.h"
#include "lib/paths.h"
#include "lib/proto.h"
#include "lib/revision.h"
#include "lib/str.h"

#define LINE_BYTES 1024
#define LOAD_MS    60000

static _Noreturn void fail(const char *what, const char *why)
{
	(void)fprintf(stderr, "make_root: %s: %s\n", what, why);
	exit(1);
}

static void check(const char *what, int r)
{
	if (r < 0)
		fail(what, strerror(-r));
}

static void set_ports(struct allow_entry *e, char *text)
{
	char *save = NULL;

	for (char *p = strtok_r(text, ",", &save); p != NULL;
	     p = strtok_r(NULL, ",", &save)) {
		uint64_t v = 0;

		if (e->port_count == ALLOW_PORTS_MAX)
			fail("ports", "too many");
		check(p, str_to_uint(p, 1, UINT16_MAX, &v));
		e->port[e->port_count++] = (uint16_t)v;
	}
}

static void set_methods(struct allow_entry *e, char *text)
{
	char *save = NULL;

	for (char *p = strtok_r(text, ",", &save); p != NULL;
	     p = strtok_r(NULL, ",", &save)) {
		if (e->method_count == ALLOW_METHODS_MAX)
			fail("methods", "too many");
		e->method[e->method_count++] = p;
	}
}

static void set(struct allow_entry *e, char *word)
{
	char *value = strchr(word, '=');

	if (value == NULL)
		fail(word, "not KEY=VALUE");
	*value++ = '\0';
	if (strcmp(word, "tls") == 0)
		e->tls_any = strcmp(value, "any") == 0;
	else if (strcmp(word, "scheme") == 0)
		e->scheme = strcmp(value, "http") == 0 ? ALLOW_SCHEME_HTTP
						       : ALLOW_SCHEME_HTTPS;
	else if (strcmp(word, "path") == 0)
		e->path = value;
	else if (strcmp(word, "method") == 0)
		set_methods(e, value);
	else if (strcmp(word, "until") == 0)
		e->until = strtoll(value, NULL, 10);
	else
		fail(word, "unknown");
}

static void add(struct allow_build *b, char *line)
{
	char id[ID_TEXT_MAX], host[HOST_PATTERN_MAX + 1], *save = NULL;
	char *name = strtok_r(line, " \n", &save), *ports = strtok_r(NULL, " \n", &save);
	struct allow_entry e = { .id = id, .host = host, .path = "" };

	if (name == NULL)
		return;
	if (ports == NULL)
		fail(name, "no ports");
	if (allow_address_is_valid(name))
		e.host = name;
	else
		check(name, host_pattern_normalise(name, host));
	set_ports(&e, ports);
	for (char *w = strtok_r(NULL, " \n", &save); w != NULL;
	     w = strtok_r(NULL, " \n", &save))
		set(&e, w);
	id_new('a', id);
	check(name, allow_build_add(b, &e));
}

/* The image beside the revision; returns the JSON that names it. */
static json_t *write_image(const char *dir, uint64_t number, const char *entries)
{
	struct allow_build *b = NULL;
	struct allow_built built;
	char line[LINE_BYTES], hash[2 * ALLOW_HASH_SIZE + 1];
	FILE *f = fopen(entries, "re");
	struct mono begun = mono_now();
	json_t *ports = json_array();
	int fd = revision_create_image(dir, number);

	if (f == NULL)
		fail(entries, strerror(errno));
	check("image", fd);
	check("image", allow_build_new(&b));
	while (fgets(line, sizeof(line), f) != NULL)
		add(b, line);
	(void)fclose(f);
	check("image", allow_build_finish(b, fd, &built));
	(void)printf("%.3f\n", (double)(mono_now().us - begun.us) / 1e6);
	for (unsigned p = 1; p <= UINT16_MAX; p++) {
		if (allow_build_has_port(b, (uint16_t)p))
			(void)json_array_append_new(ports, json_integer((json_int_t)p));
	}
	allow_build_free(b);
	(void)close(fd);
	str_hex(hash, built.hash, sizeof(built.hash));
	return json_pack("{s:I, s:s, s:o}", "size", (json_int_t)built.size, "blake2b",
			 hash, "ports", ports);
}

/* The permits of a file, or none. */
static json_t *read_permits(const char *path)
{
	json_t *list = path != NULL ? json_load_file(path, 0, NULL) : json_array();

	if (list == NULL)
		fail(path, "no JSON");
	return list;
}

static char *revision_text(const char *policy, json_t *image, uint64_t number,
			   const char *permits)
{
	json_t *list = json_pack("{s:s, s:s, s:s, s:[], s:[], s:[], s:n}", "id",
				 "ldefault", "name", "all", "mode", "enforce", "zones",
				 "groups", "users", "schedule");
	json_t *root = json_pack("{s:i, s:I, s:s, s:s, s:[o], s:o, s:o}", "format", 2,
				 "number", (json_int_t)number, "created",
				 "2026-01-01T00:00:00Z", "policy", policy, "lists", list,
				 "allow", image, "permits", read_permits(permits));
	char *text = root != NULL ? json_dumps(root, JSON_COMPACT) : NULL;

	if (text == NULL)
		fail("revision", "not enough memory");
	json_decref(root);
	return text;
}

static void tell_proxyd(const char *root, uint64_t number)
{
	struct proto_load ask = { .number = number };
	struct proto_result answer;
	char path[PATH_TEXT_MAX];

	check("path", path_join(path, root, PATH_SOCK_PROXYD));
	check("proxyd", ipc_call(path, LOAD_MS, PROTO_LOAD_REVISION, &ask, sizeof(ask),
				 PROTO_RESULT, &answer, sizeof(answer)));
	if (answer.code < 0)
		fail("proxyd", answer.text);
}

int main(int argc, char **argv)
{
	CLEANUP(free_p) char *policy = NULL, *text = NULL;
	char dir[PATH_TEXT_MAX], key[PATH_TEXT_MAX];
	uint64_t number = 0;
	bool load;
	size_t len;

	if (argc < 5 || argc > 6) {
		(void)fputs("usage: make_root ROOT NUMBER POLICY ENTRIES [load | "
			    "PERMITS.json]\n",
			    stderr);
		return 2;
	}
	check(argv[2], str_to_uint(argv[2], 1, UINT32_MAX, &number));
	check(argv[3], fdio_read_file(argv[3], POLICY_FILE_MAX, &policy, &len));
	check("path", path_join(dir, argv[1], PATH_REVISIONS));
	check("path", path_join(key, argv[1], PATH_LEDGER "/revision.key"));
	check("key", revision_key_ensure(dir, key));
	load = argc == 6 && strcmp(argv[5], "load") == 0;
	text = revision_text(policy, write_image(dir, number, argv[4]), number,
			     argc == 6 && !load ? argv[5] : NULL);
	check("revision", revision_store(dir, key, number, text, strlen(text)));
	check("revision", revision_set_current(dir, number));
	if (load)
		tell_proxyd(argv[1], number);
	return 0;
}
