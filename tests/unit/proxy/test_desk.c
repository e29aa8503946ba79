/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "lib/str.h"
#include "proxy/desk.h"
#include "tests/support/alloc_fail.h"

#define NOW 1790000000

static struct denials_who device(const char *addr, const char *id)
{
	struct denials_who who = { 0 };

	assert_int_equal(addr_parse(addr, &who.addr), 0);
	(void)str_copy(who.device, sizeof(who.device), id);
	return who;
}

/* A token is good for its own device and address, this hour and the next. */
static void test_tokens(void **state)
{
	const struct denials_who mine = device("10.40.0.2", "p-one");
	const struct denials_who others[] = {
		device("10.40.0.3", "p-one"),
		device("10.40.0.2", "p-two"),
		device("10.40.0.2", ""),
		device("a28:2::", "p-one"),
	};
	char token[DESK_TOKEN_SIZE], text[DESK_TOKEN_SIZE];
	struct desk *d, *after;

	(void)state;
	assert_int_equal(desk_new(&d), 0);
	assert_int_equal(desk_new(&after), 0);
	desk_token(d, &mine, NOW, token);
	assert_int_equal(strlen(token), DESK_TOKEN_SIZE - 1);
	assert_true(desk_token_ok(d, &mine, NOW, token));
	assert_true(desk_token_ok(d, &mine, NOW + 3600, token));
	assert_false(desk_token_ok(d, &mine, NOW + 7200, token));
	assert_false(desk_token_ok(d, &mine, NOW - 3600, token));
	assert_false(desk_token_ok(after, &mine, NOW, token)); /* a restart */
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(desk_token_ok(d, &others[i], NOW, token));
	for (size_t i = 0; i < DESK_TOKEN_SIZE - 1; i++) {
		memcpy(text, token, sizeof(text));
		text[i] ^= 1;
		assert_false(desk_token_ok(d, &mine, NOW, text));
		text[i] = '\0';
		assert_false(desk_token_ok(d, &mine, NOW, text));
	}
	assert_false(desk_token_ok(d, &mine, NOW, ""));
	desk_free(after);
	desk_free(d);
}

struct writer {
	struct desk *d;
	struct denials_who who;
	const char *host;
};

static void *write_many(void *user)
{
	const struct writer *w = user;
	struct denial what = { .port = 443, .reason = REASON_NOT_LISTED };

	(void)str_copy(what.host, sizeof(what.host), w->host);
	for (int i = 0; i < 500; i++)
		desk_note(w->d, &w->who, &what);
	return NULL;
}

/* Workers write at the same time; each device sees its own. */
static void test_threads(void **state)
{
	struct writer w[] = {
		{ .who = device("10.40.0.2", "p-one"), .host = "one.example" },
		{ .who = device("10.40.0.2", "p-two"), .host = "two.example" },
		{ .who = device("10.40.0.3", "p-one"), .host = "three.example" },
	};
	struct denial list[DENIALS_A_DEVICE];
	pthread_t id[ARRAY_LEN(w)];
	struct desk *d;

	(void)state;
	assert_int_equal(desk_new(&d), 0);
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		w[i].d = d;
		assert_int_equal(pthread_create(&id[i], NULL, write_many, &w[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(w); i++)
		assert_int_equal(pthread_join(id[i], NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(w); i++) {
		assert_int_equal(desk_list(d, &w[i].who, list), 1);
		assert_string_equal(list[0].host, w[i].host);
		assert_int_equal(list[0].count, 500);
	}
	desk_free(d);
}

static void test_without_memory(void **state)
{
	struct desk *d = NULL;

	(void)state;
	for (unsigned n = 1; n <= 2; n++) {
		alloc_fail_at(n);
		assert_int_equal(desk_new(&d), -ENOMEM);
		assert_null(d);
	}
	alloc_fail_at(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
