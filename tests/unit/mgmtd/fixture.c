/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/mgmtd/fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/spool.h"

/* clang-format off */
const char fixture_policy[] =
	"version: 1\n"
	"site: { name: 例の広域連合 }\n"
	"zones:\n"
	"  lab:\n"
	"    kind: office\n"
	"    interfaces: [lab0]\n"
	"    networks: [10.40.0.0/24]\n"
	"    admission: off\n"
	"  office:\n"
	"    kind: office\n"
	"    interfaces: [office0, office1]\n"
	"    networks: [10.30.0.0/24]\n"
	"    admission: enforce\n"
	"  internet:\n"
	"    kind: internet\n"
	"    interfaces: [wan0]\n"
	"proxy: { zones: [office], via: internet, resolvers: [45.113.7.53] }\n";
/* clang-format on */

static const char *const folders[] = {
	"/var",     "/var/lib",          PATH_STATE, PATH_LEDGER, PATH_REVISIONS,
	PATH_SPOOL, PATH_SPOOL "/mgmtd", "/run",     PATH_RUN,
};

static void path_of(const struct fixture *f, const char *rel, char dst[PATH_TEXT_MAX])
{
	if (path_join(dst, f->root, rel) < 0)
		abort();
}

void fixture_open(struct fixture *f)
{
	char path[PATH_TEXT_MAX];

	*f = (struct fixture){ .root = "/tmp/mgmtd-test-XXXXXX", .now = FIXTURE_NOW };
	if (mkdtemp(f->root) == NULL)
		abort();
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		path_of(f, folders[i], path);
		if (mkdir(path, 0755) == -1)
			abort();
	}
	path_of(f, PATH_SOCK_GATED, path);
	fake_start(&f->gated, path);
	path_of(f, PATH_SOCK_PROXYD, path);
	fake_start(&f->proxyd, path);
	if (app_open(&f->app, f->root) < 0)
		abort();
	f->app.parts.load_ms = 1000;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void fixture_close(struct fixture *f)
{
	char path[PATH_TEXT_MAX];

	app_close(&f->app);
	path_of(f, PATH_SOCK_GATED, path);
	fake_stop(&f->gated, path);
	path_of(f, PATH_SOCK_PROXYD, path);
	fake_stop(&f->proxyd, path);
	(void)nftw(f->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void fixture_restart(struct fixture *f)
{
	app_close(&f->app);
	if (app_open(&f->app, f->root) < 0)
		abort();
	f->app.parts.load_ms = 1000;
}

/* "?a=b&c=d" behind the path, in place. */
static void split_query(char *path, struct api_request *req)
{
	char *at = strchr(path, '?');

	while (at != NULL && req->query_count < API_QUERY_MAX) {
		struct api_pair *pair = &req->query[req->query_count++];

		*at++ = '\0';
		pair->key = at;
		at = strchr(at, '=');
		if (at == NULL)
			abort();
		*at++ = '\0';
		pair->value = at;
		at = strchr(at, '&');
	}
}

json_t *fixture_root(struct fixture *f, const char *method, const char *path,
		     const char *body, unsigned *ret_status)
{
	char *own = strdup(path);
	struct api_request req = {
		.door = API_DOOR_LOCAL,
		.root = true,
		.now = f->now,
		.method = method,
		.path = own,
		.body = body,
		.body_len = body != NULL ? strlen(body) : 0,
	};
	struct api_response res;
	json_t *value;

	if (own == NULL)
		abort();
	split_query(own, &req);
	api_handle(&f->app, &req, &res);
	*ret_status = res.status;
	value = json_loadb(res.body, res.len, 0, NULL);
	free(res.body);
	free(own);
	return value;
}

void fixture_apply_policy(struct fixture *f)
{
	json_t *body = json_pack("{s:s, s:s}", "text", fixture_policy, "reason", "first");
	char *text = json_dumps(body, 0);
	unsigned status;

	json_decref(fixture_root(f, "POST", "/api/policy", text, &status));
	json_decref(body);
	free(text);
	if (status != 200)
		abort();
}

bool fixture_has(const struct fixture *f, const char *rel)
{
	char path[PATH_TEXT_MAX];

	path_of(f, rel, path);
	return access(path, F_OK) == 0;
}

unsigned fixture_records(const struct fixture *f, unsigned kind)
{
	char path[PATH_TEXT_MAX];
	struct spool_reader *reader;
	struct record rec;
	uint64_t seq, lost;
	unsigned count = 0;

	path_of(f, PATH_SPOOL "/mgmtd", path);
	if (spool_reader_open(path, (struct spool_pos){ 0 }, &reader) < 0)
		abort();
	while (spool_reader_next(reader, &rec, &seq, &lost) == 1)
		count += rec.kind == kind;
	spool_reader_close(reader);
	return count;
}
