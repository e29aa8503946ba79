/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/record.h"
#include "lib/str.h"
#include "tests/unit/mgmtd/stand.h"

#define MAC "02:00:00:00:00:0a"
#define CONTRACTOR \
	"{\"kind\": \"contractor\", \"owner\": \"o\", \"reason\": \"r\", \"seconds\": " \
	"30," \
	" \"destinations\": [\"vendor.example\"]}"

struct who {
	char token[65], csrf[65];
	bool background, no_csrf;
};

/* A request over HTTPS. *ret (or NULL) is the caller's. Returns the status. */
static unsigned ask(struct who *w, const char *method, const char *path, const char *body,
		    json_t **ret)
{
	const struct api_request req = {
		.door = API_DOOR_HTTPS,
		.now = f.now,
		.method = method,
		.path = path,
		.body = body,
		.body_len = body != NULL ? strlen(body) : 0,
		.token = w->token[0] != '\0' ? w->token : NULL,
		.csrf = w->no_csrf || w->csrf[0] == '\0' ? NULL : w->csrf,
		.background = w->background,
	};
	struct api_response res;

	api_handle(&f.app, &req, &res);
	assert_non_null(res.body);
	if (strncmp(res.cookie, "__Host-sekisho=", 15) == 0) {
		memcpy(w->token, res.cookie + 15, 64);
		assert_non_null(
			strstr(res.cookie, "; Secure; HttpOnly; SameSite=Strict"));
	}
	if (ret != NULL)
		*ret = json_loadb(res.body, res.len, 0, NULL);
	free(res.body);
	return res.status;
}

static unsigned sign_in(struct who *w, const char *login, const char *password)
{
	char body[256];
	json_t *answer;
	unsigned status;

	*w = (struct who){ 0 };
	(void)snprintf(body, sizeof(body), "{\"login\": \"%s\", \"password\": \"%s\"}",
		       login, password);
	status = ask(w, "POST", "/api/session", body, &answer);
	if (status == 200)
		(void)str_copy(w->csrf, sizeof(w->csrf),
			       json_string_value(json_object_get(answer, "csrf")));
	json_decref(answer);
	return status;
}

/* A new account by root; its first password stays in dst. */
static void make(const char *login, const char *role, char dst[64])
{
	char body[256];
	unsigned status;
	json_t *answer;

	(void)snprintf(body, sizeof(body),
		       "{\"login\": \"%s\", \"name\": \"n\", \"role\": \"%s\"}", login,
		       role);
	answer = fixture_root(&f, "POST", "/api/users", body, &status);
	assert_int_equal(status, 200);
	(void)str_copy(dst, 64,
		       json_string_value(json_object_get(answer, "initial_password")));
	json_decref(answer);
}

/* An account that has changed its first password and is signed in. */
static void enter(struct who *w, const char *login, const char *role)
{
	char first[64], body[256];

	make(login, role, first);
	assert_int_equal(sign_in(w, login, first), 200);
	(void)snprintf(body, sizeof(body),
		       "{\"old\": \"%s\", \"new\": \"Correct-horse-1\"}", first);
	assert_int_equal(ask(w, "POST", "/api/password", body, NULL), 200);
}

static void test_first_sign_in(void **state)
{
	char first[64], body[256];
	struct who w, other;

	(void)state;
	make("hanako", "admin", first);
	assert_true(strlen(first) >= 16);
	assert_int_equal(sign_in(&w, "hanako", first), 200);
	assert_int_equal(sign_in(&other, "hanako", first), 200);
	assert_int_equal(ask(&w, "GET", "/api/session", NULL, NULL), 200);
	assert_int_equal(ask(&w, "GET", "/api/status", NULL, NULL), 403);
	(void)snprintf(body, sizeof(body), "{\"old\": \"%s\", \"new\": \"weak\"}", first);
	assert_int_equal(ask(&w, "POST", "/api/password", body, NULL), 422);
	assert_int_equal(ask(&w, "POST", "/api/password",
			     "{\"old\": \"wrong\", \"new\": \"Correct-horse-1\"}", NULL),
			 422);
	(void)snprintf(body, sizeof(body),
		       "{\"old\": \"%s\", \"new\": \"Correct-horse-1\"}", first);
	assert_int_equal(ask(&w, "POST", "/api/password", body, NULL), 200);
	assert_int_equal(ask(&w, "GET", "/api/status", NULL, NULL), 200);
	assert_int_equal(ask(&other, "GET", "/api/session", NULL, NULL), 401);
	assert_int_equal(sign_in(&other, "hanako", first), 401);
	assert_int_equal(ask(&w, "DELETE", "/api/session", NULL, NULL), 200);
	assert_int_equal(ask(&w, "GET", "/api/session", NULL, NULL), 401);
	assert_int_equal(fixture_records(&f, RECORD_SIGN_IN), 3);
}

static void test_lock_out(void **state)
{
	char first[64];
	struct who w;

	(void)state;
	make("hanako", "admin", first);
	for (int i = 0; i < 5; i++)
		assert_int_equal(sign_in(&w, "hanako", "wrong-1"), 401);
	assert_int_equal(sign_in(&w, "hanako", first), 429);
	f.now += 299;
	assert_int_equal(sign_in(&w, "hanako", first), 429);
	f.now += 1;
	assert_int_equal(sign_in(&w, "hanako", first), 200);
	/* a login that nobody has is answered in the same way */
	for (int i = 0; i < 5; i++)
		assert_int_equal(sign_in(&w, "nobody", "wrong-1"), 401);
	assert_int_equal(sign_in(&w, "nobody", "wrong-1"), 429);
}

static void test_session_ends(void **state)
{
	struct who w;

	(void)state;
	enter(&w, "hanako", "admin");
	f.now += 299;
	assert_int_equal(ask(&w, "GET", "/api/status", NULL, NULL), 200);
	f.now += 299;
	w.background = true; /* the page's own polling keeps nothing alive */
	assert_int_equal(ask(&w, "GET", "/api/status", NULL, NULL), 200);
	f.now += 1;
	assert_int_equal(ask(&w, "GET", "/api/status", NULL, NULL), 401);

	assert_int_equal(sign_in(&w, "hanako", "Correct-horse-1"), 200);
	for (int i = 0; i < 12 * 3600 / 240; i++) {
		assert_int_equal(ask(&w, "GET", "/api/session", NULL, NULL), 200);
		f.now += 240;
	}
	assert_int_equal(ask(&w, "GET", "/api/session", NULL, NULL), 401);

	/* the clock was a day ahead: idle for a day more is no session */
	f.now += 86400;
	assert_int_equal(sign_in(&w, "hanako", "Correct-horse-1"), 200);
	f.now -= 30;
	assert_int_equal(ask(&w, "GET", "/api/session", NULL, NULL), 200);
	f.now -= 86400;
	assert_int_equal(ask(&w, "GET", "/api/session", NULL, NULL), 401);
}

static void test_csrf(void **state)
{
	static const char body[] = "{\"host\": \"a.jp\", \"reason\": \"x\"}";
	struct who w, other;

	(void)state;
	enter(&w, "hanako", "admin");
	enter(&other, "taro", "admin");
	w.no_csrf = true;
	assert_int_equal(ask(&w, "POST", "/api/allow", body, NULL), 403);
	assert_int_equal(ask(&w, "DELETE", "/api/session", NULL, NULL), 403);
	w.no_csrf = false;
	(void)str_copy(w.csrf, sizeof(w.csrf), other.csrf);
	assert_int_equal(ask(&w, "POST", "/api/allow", body, NULL), 403);
	w.csrf[10] = '\0';
	assert_int_equal(ask(&w, "POST", "/api/allow", body, NULL), 403);
}

/* The most bytes of body that w may send there; 0 with the status when it is refused. */
static size_t expect(const struct who *w, const char *path, uint64_t announced,
		     unsigned *ret_status)
{
	const struct api_request req = {
		.door = API_DOOR_HTTPS,
		.now = f.now,
		.method = "POST",
		.path = path,
		.token = w->token[0] != '\0' ? w->token : NULL,
		.csrf = w->no_csrf || w->csrf[0] == '\0' ? NULL : w->csrf,
	};
	struct api_response res;
	size_t max = 0;

	*ret_status = 0;
	if (api_expect(&f.app, &req, announced, &max, &res))
		return max;
	*ret_status = res.status;
	free(res.body);
	return 0;
}

static void test_body_sizes(void **state)
{
	static const char import[] = "/api/assets/import";
	struct who nobody = { .token = "" }, w;
	const uint64_t much = 1u << 20;
	unsigned status;

	(void)state;
	enter(&w, "hanako", "manager");
	assert_int_equal(expect(&nobody, import, 0, &status), API_BODY_MAX);
	assert_int_equal(expect(&nobody, import, API_BODY_MAX, &status), API_BODY_MAX);
	assert_int_equal(expect(&nobody, import, API_BODY_MAX + 1, &status), 0);
	assert_int_equal(status, 401);
	assert_int_equal(expect(&nobody, "/api/policy", much, &status), 0);
	assert_int_equal(status, 401);
	assert_int_equal(expect(&nobody, "/api/session", much, &status), 0);
	assert_int_equal(status, 413);
	assert_int_equal(expect(&nobody, "/", 1, &status), 0);
	assert_int_equal(status, 413);

	assert_int_equal(expect(&w, import, much, &status), API_BODY_IMPORT_MAX);
	assert_int_equal(expect(&w, import, 0, &status), API_BODY_IMPORT_MAX);
	assert_int_equal(expect(&w, import, UINT64_MAX, &status), 0);
	assert_int_equal(status, 413);
	assert_int_equal(expect(&w, "/api/policy", much, &status), 0);
	assert_int_equal(status, 403); /* administrators apply it */
	w.no_csrf = true;
	assert_int_equal(expect(&w, import, much, &status), 0);
	assert_int_equal(status, 403);

	/* a head keeps no session alive */
	w.no_csrf = false;
	f.now += 299;
	assert_int_equal(expect(&w, import, much, &status), API_BODY_IMPORT_MAX);
	f.now += 1;
	assert_int_equal(expect(&w, import, much, &status), 0);
	assert_int_equal(status, 401);
}

static void approve_path(json_t *entry, char dst[96])
{
	(void)snprintf(dst, 96, "/api/allow/%s/approve",
		       json_string_value(json_object_get(entry, "id")));
	json_decref(entry);
}

static void test_four_eyes(void **state)
{
	static const char body[] = "{\"host\": \"a.jp\", \"reason\": \"x\"}";
	struct who admin, admin2, manager, auditor, clerk;
	char path[96];
	json_t *entry;

	(void)state;
	enter(&admin, "admin1", "admin");
	enter(&admin2, "admin2", "admin");
	enter(&manager, "manager1", "manager");
	enter(&auditor, "auditor1", "auditor");
	enter(&clerk, "clerk1", "requester");
	assert_int_equal(ask(&auditor, "POST", "/api/allow", body, NULL), 403);
	assert_int_equal(ask(&admin, "POST", "/api/allow", body, &entry), 200);
	assert_int_equal(ask(&clerk, "POST", "/api/allow", body, NULL), 409);
	approve_path(entry, path);
	assert_int_equal(ask(&admin, "POST", path, "{}", NULL), 403);
	assert_int_equal(ask(&admin2, "POST", path, "{}", NULL), 403);
	assert_int_equal(ask(&clerk, "POST", path, "{}", NULL), 403);
	assert_int_equal(ask(&auditor, "POST", path, "{}", NULL), 403);
	assert_int_equal(f.gated.shared->loads, 1);
	assert_int_equal(ask(&manager, "POST", path, "{}", NULL), 200);
	assert_int_equal(ask(&manager, "POST", path, "{}", NULL), 409);
	assert_int_equal(f.gated.shared->loads, 2);
}

static void test_roles(void **state)
{
	struct who clerk, auditor;

	(void)state;
	enter(&clerk, "clerk1", "requester");
	enter(&auditor, "auditor1", "auditor");
	assert_int_equal(ask(&clerk, "GET", "/api/records", NULL, NULL), 403);
	assert_int_equal(ask(&clerk, "GET", "/api/users", NULL, NULL), 403);
	assert_int_equal(ask(&clerk, "POST", "/api/users", "{}", NULL), 403);
	assert_int_equal(ask(&clerk, "POST", "/api/policy", "{}", NULL), 403);
	assert_int_equal(ask(&auditor, "POST", "/api/policy", "{}", NULL), 403);
	assert_int_equal(ask(&auditor, "GET", "/api/users", NULL, NULL), 200);
	/* recordd is not there, but the attempt is on record */
	assert_int_equal(ask(&auditor, "GET", "/api/records", NULL, NULL), 503);
	assert_int_equal(fixture_records(&f, RECORD_READ), 1);
}

static void check_device(struct who *w, const char *state_name, bool permit)
{
	json_t *answer, *device;

	assert_int_equal(ask(w, "GET", "/api/devices", NULL, &answer), 200);
	device = json_array_get(json_object_get(answer, "devices"), 0);
	assert_string_equal(json_string_value(json_object_get(device, "state")),
			    state_name);
	assert_int_equal(json_is_object(json_object_get(device, "permit")), permit);
	assert_string_equal(json_string_value(json_object_get(device, "zone")), "office");
	json_decref(answer);
}

/* A body that approves the open request as it stands now. */
static void read_request(struct who *w, char dst[64])
{
	json_t *answer, *device, *permit;

	assert_int_equal(ask(w, "GET", "/api/devices", NULL, &answer), 200);
	device = json_array_get(json_object_get(answer, "devices"), 0);
	permit = json_object_get(device, "request");
	if (!json_is_object(permit))
		permit = json_object_get(device, "permit");
	(void)snprintf(dst, 64, "{\"permit\": \"%s\"}",
		       json_string_value(json_object_get(permit, "id")));
	json_decref(answer);
}

/* What was read is what is approved: a request that took its place needs another look. */
static void test_a_request_is_not_exchanged(void **state)
{
	static const char add[] = "{\"mac\": \"" MAC "\", \"interface\": \"office0\"}";
	static const char request[] = "/api/devices/" MAC "/request";
	static const char approve[] = "/api/devices/" MAC "/approve";
	static const char revoke[] = "/api/devices/" MAC "/revoke";
	struct who admin, manager;
	char seen[64];

	(void)state;
	enter(&admin, "admin1", "admin");
	enter(&manager, "manager1", "manager");
	assert_int_equal(ask(&admin, "POST", "/api/devices", add, NULL), 200);
	assert_int_equal(ask(&admin, "POST", request, CONTRACTOR, NULL), 200);
	read_request(&manager, seen);
	assert_int_equal(ask(&admin, "POST", revoke, "{\"reason\": \"x\"}", NULL), 200);
	assert_int_equal(ask(&admin, "POST", request, CONTRACTOR, NULL), 200);
	assert_int_equal(ask(&manager, "POST", approve, seen, NULL), 409);
	assert_int_equal(ask(&manager, "POST", approve, "{}", NULL), 400);
	read_request(&manager, seen);
	assert_int_equal(ask(&manager, "POST", approve, seen, NULL), 200);
}

static void test_device_life(void **state)
{
	static const char add[] = "{\"mac\": \"" MAC "\", \"interface\": \"office0\"}";
	static const char request[] = "/api/devices/" MAC "/request";
	static const char approve[] = "/api/devices/" MAC "/approve";
	static const char revoke[] = "/api/devices/" MAC "/revoke";
	struct who clerk, manager;
	char seen[64];

	(void)state;
	enter(&clerk, "clerk1", "requester");
	enter(&manager, "manager1", "manager");
	assert_int_equal(ask(&clerk, "POST", request, CONTRACTOR, NULL), 404);
	assert_int_equal(ask(&clerk, "POST", "/api/devices", add, NULL), 200);
	assert_int_equal(ask(&clerk, "POST", "/api/devices", add, NULL), 409);
	check_device(&clerk, "seen", false);
	assert_int_equal(ask(&manager, "POST", approve, "{\"permit\": \"p\"}", NULL),
			 409);
	assert_int_equal(ask(&clerk, "POST", request, CONTRACTOR, NULL), 200);
	assert_int_equal(ask(&clerk, "POST", request, CONTRACTOR, NULL), 409);
	check_device(&clerk, "requested", true);
	/* only root asks and approves in one breath */
	assert_int_equal(ask(&manager, "POST", approve, CONTRACTOR, NULL), 400);
	read_request(&manager, seen);
	assert_int_equal(ask(&manager, "POST", approve, seen, NULL), 200);
	check_device(&clerk, "admitted", true);
	assert_int_equal(ask(&clerk, "POST", request, CONTRACTOR, NULL), 200);
	check_device(&clerk, "admitted", true);
	read_request(&manager, seen);
	assert_int_equal(ask(&manager, "POST", approve, seen, NULL), 200); /* prolonged */
	f.now += 29;
	check_device(&clerk, "admitted", true);
	f.now += 1;
	check_device(&clerk, "expired", true);
	assert_int_equal(ask(&clerk, "POST", revoke, "{\"reason\": \"x\"}", NULL), 403);
	assert_int_equal(ask(&manager, "POST", revoke, "{\"reason\": \"x\"}", NULL), 200);
	check_device(&clerk, "revoked", false);
	assert_int_equal(ask(&manager, "POST", revoke, "{\"reason\": \"x\"}", NULL), 409);
}

static void test_root(void **state)
{
	static const char approve[] = "/api/devices/" MAC "/approve";
	const struct api_request stranger = { .door = API_DOOR_LOCAL,
					      .now = FIXTURE_NOW,
					      .method = "GET",
					      .path = "/api/status" };
	struct api_response res;
	unsigned status;
	int64_t n;

	(void)state;
	api_handle(&f.app, &stranger, &res);
	assert_int_equal(res.status, 403);
	free(res.body);
	json_decref(fixture_root(&f, "POST", "/api/devices",
				 "{\"mac\": \"" MAC "\", \"interface\": \"office0\"}",
				 &status));
	json_decref(fixture_root(&f, "POST", approve, CONTRACTOR, &status));
	assert_int_equal(status, 200);
	json_decref(fixture_root(&f, "POST", approve, "{}", &status));
	assert_int_equal(status, 409);
	assert_int_equal(db_number(f.app.db, &n,
				   "SELECT count(*) FROM change WHERE break_glass = 1"
				   " AND who = 'root'",
				   ""),
			 0);
	assert_int_equal(n, 3); /* policy, device, permit */
}

static void test_accounts(void **state)
{
	struct who admin, clerk;
	char first[64];

	(void)state;
	enter(&admin, "admin1", "admin");
	enter(&clerk, "clerk1", "requester");
	assert_int_equal(
		ask(&admin, "POST", "/api/users",
		    "{\"login\": \"clerk1\", \"name\": \"n\", \"role\": \"admin\"}",
		    NULL),
		409);
	assert_int_equal(ask(&admin, "POST", "/api/users/admin1/disable",
			     "{\"reason\": \"x\"}", NULL),
			 409);
	assert_int_equal(ask(&admin, "POST", "/api/users/clerk1/disable", "{}", NULL),
			 400);
	assert_int_equal(ask(&admin, "POST", "/api/users/clerk1/disable",
			     "{\"reason\": \"left\"}", NULL),
			 200);
	assert_int_equal(ask(&clerk, "GET", "/api/status", NULL, NULL), 401);
	assert_int_equal(sign_in(&clerk, "clerk1", "Correct-horse-1"), 401);
	assert_int_equal(ask(&admin, "POST", "/api/users/nobody/reset",
			     "{\"reason\": \"x\"}", NULL),
			 404);
	/* however an account came to be disabled, its session is worth nothing */
	enter(&clerk, "clerk2", "requester");
	assert_int_equal(store_account_disable(f.app.db, "clerk2"), 0);
	assert_int_equal(ask(&clerk, "GET", "/api/status", NULL, NULL), 401);
	/* who could sign in as a manager could approve alone */
	make("jiro", "manager", first);
	assert_int_equal(
		ask(&admin, "POST", "/api/users/jiro/reset", "{\"reason\": \"x\"}", NULL),
		403);
	assert_int_equal(
		ask(&admin, "POST", "/api/users",
		    "{\"login\": \"own\", \"name\": \"x\", \"role\": \"manager\"}", NULL),
		403);
	make("taro", "auditor", first);
	assert_int_equal(ask(&admin, "POST", "/api/users/taro/reset",
			     "{\"reason\": \"forgot\"}", NULL),
			 200);
	assert_int_equal(sign_in(&clerk, "taro", first), 401);
}

static void test_odd_requests(void **state)
{
	struct who nobody = { 0 };
	unsigned status;

	(void)state;
	assert_int_equal(ask(&nobody, "GET", "/api/status", NULL, NULL), 401);
	assert_int_equal(ask(&nobody, "GET", "/api/nothing", NULL, NULL), 404);
	assert_int_equal(ask(&nobody, "PUT", "/api/status", NULL, NULL), 405);
	assert_int_equal(ask(&nobody, "POST", "/api/allow//approve", NULL, NULL), 404);
	assert_int_equal(ask(&nobody, "POST", "/api/session", "[1]", NULL), 400);
	assert_int_equal(ask(&nobody, "POST", "/api/session", "{\"login\":", NULL), 400);
	assert_int_equal(ask(&nobody, "POST", "/api/session",
			     "{\"login\": \"a\", \"login\": \"b\", \"password\": \"c\"}",
			     NULL),
			 400);
	json_decref(fixture_root(&f, "GET", "/api/status", "{}", &status));
	assert_int_equal(status, 400);
	json_decref(fixture_root(&f, "POST", "/api/session", "{}", &status));
	assert_int_equal(status, 409);
	json_decref(fixture_root(&f, "POST", "/api/allow/a'; DROP TABLE entry/remove",
				 "{\"reason\": \"x\"}", &status));
	assert_int_equal(status, 404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAND(test_first_sign_in), ON_STAND(test_lock_out),
		ON_STAND(test_session_ends),  ON_STAND(test_csrf),
		ON_STAND(test_four_eyes),     ON_STAND(test_roles),
		ON_STAND(test_device_life),   ON_STAND(test_a_request_is_not_exchanged),
		ON_STAND(test_root),          ON_STAND(test_accounts),
		ON_STAND(test_odd_requests),  ON_STAND(test_body_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
