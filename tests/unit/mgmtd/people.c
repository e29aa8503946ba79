/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/mgmtd/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/str.h"

/* *ret_token: of the cookie that came with it, when one did. */
static unsigned ask(struct fixture *f, const struct person *p, const char *method,
		    const char *path, const char *body, json_t **ret, char *ret_token)
{
	const struct api_request req = {
		.door = API_DOOR_HTTPS,
		.now = f->now,
		.method = method,
		.path = path,
		.body = body,
		.body_len = body != NULL ? strlen(body) : 0,
		.token = p->token[0] != '\0' ? p->token : NULL,
		.csrf = p->csrf[0] != '\0' ? p->csrf : NULL,
		.client = p->client,
	};
	struct api_response res;

	api_handle(&f->app, &req, &res);
	if (res.body == NULL)
		abort();
	if (ret_token != NULL && strncmp(res.cookie, "__Host-sekisho=", 15) == 0)
		memcpy(ret_token, res.cookie + 15, 64);
	if (ret != NULL)
		*ret = json_loadb(res.body, res.len, 0, NULL);
	free(res.body);
	return res.status;
}

unsigned people_ask(struct fixture *f, const struct person *p, const char *method,
		    const char *path, const char *body, json_t **ret)
{
	return ask(f, p, method, path, body, ret, NULL);
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void copy(char *dst, size_t size, const json_t *obj, const char *key)
{
	const char *text = json_string_value(json_object_get(obj, key));

	must(text != NULL && str_copy(dst, size, text) == 0);
}

void people_enter(struct fixture *f, struct person *p, const char *login,
		  const char *role)
{
	char body[256], first[64];
	json_t *answer;
	unsigned status;

	*p = (struct person){ 0 };
	(void)snprintf(body, sizeof(body),
		       "{\"login\": \"%s\", \"name\": \"n\", \"role\": \"%s\"}", login,
		       role);
	answer = fixture_root(f, "POST", "/api/users", body, &status);
	must(status == 200);
	copy(first, sizeof(first), answer, "initial_password");
	json_decref(answer);
	(void)snprintf(body, sizeof(body), "{\"login\": \"%s\", \"password\": \"%s\"}",
		       login, first);
	must(ask(f, p, "POST", "/api/session", body, &answer, p->token) == 200);
	copy(p->csrf, sizeof(p->csrf), answer, "csrf");
	json_decref(answer);
	(void)snprintf(body, sizeof(body),
		       "{\"old\": \"%s\", \"new\": \"Correct-horse-1\"}", first);
	must(ask(f, p, "POST", "/api/password", body, NULL, p->token) == 200);
}

const char *people_code(const json_t *answer)
{
	const char *code = json_string_value(
		json_object_get(json_object_get(answer, "error"), "code"));

	return code != NULL ? code : "";
}
