/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/mgmtd/stand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/str.h"
#include "tests/unit/mgmtd/people.h"

struct fixture f;
struct fake recordd;

static bool with_recordd;

int stand_open(void **state)
{
	(void)state;
	fixture_open(&f);
	fixture_apply_policy(&f);
	return 0;
}

int stand_open_recordd(void **state)
{
	char path[PATH_TEXT_MAX];

	(void)state;
	fixture_open(&f);
	if (path_join(path, f.root, PATH_SOCK_RECORDD) < 0)
		return -1;
	memset(&recordd, 0, sizeof(recordd));
	fake_start(&recordd, path);
	with_recordd = true;
	fixture_apply_policy(&f);
	return 0;
}

int stand_close(void **state)
{
	char path[PATH_TEXT_MAX];

	(void)state;
	if (with_recordd && path_join(path, f.root, PATH_SOCK_RECORDD) == 0)
		fake_stop(&recordd, path);
	with_recordd = false;
	fixture_close(&f);
	return 0;
}

json_t *stand_ask(const char *method, const char *path, const char *body, unsigned want)
{
	unsigned status;
	json_t *answer = fixture_root(&f, method, path, body, &status);

	if (status != want)
		fail_msg("%s %s: %u %s", path, body != NULL ? body : "", status,
			 json_dumps(answer, 0));
	return answer;
}

json_t *stand_get(const char *path)
{
	return stand_ask("GET", path, NULL, 200);
}

json_t *stand_post(const char *path, const char *body, unsigned want)
{
	char text[2048];
	size_t len = strlen(body);

	assert_true(len < sizeof(text));
	for (size_t i = 0; i <= len; i++)
		text[i] = body[i] == '\'' ? '"' : body[i];
	return stand_ask("POST", path, text, want);
}

void stand_refused(const char *path, const char *body, unsigned status, const char *code)
{
	json_t *answer = stand_post(path, body, status);

	assert_string_equal(people_code(answer), code);
	json_decref(answer);
}

const char *stand_text(const json_t *obj, const char *key)
{
	const char *s = json_string_value(json_object_get(obj, key));

	return s != NULL ? s : "";
}

void stand_allow(const char *body, char id[ID_TEXT_MAX])
{
	json_t *answer = stand_post("/api/allow", body, 200);
	char path[96];

	(void)str_copy(id, ID_TEXT_MAX, stand_text(answer, "id"));
	json_decref(answer);
	(void)snprintf(path, sizeof(path), "/api/allow/%s/approve", id);
	json_decref(stand_post(path, "{}", 200));
}

void stand_list(const char *body, char id[ID_TEXT_MAX])
{
	json_t *answer = stand_post("/api/lists", body, 200);
	char path[96];

	assert_string_equal(stand_text(answer, "state"), "requested");
	(void)str_copy(id, ID_TEXT_MAX, stand_text(answer, "id"));
	json_decref(answer);
	(void)snprintf(path, sizeof(path), "/api/lists/%s/approve", id);
	answer = stand_post(path, "{}", 200);
	assert_string_equal(stand_text(answer, "state"), "active");
	json_decref(answer);
}
