/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/mono.h"
#include "lib/str.h"
#include "proxy/accounts.h"
#include "proxy/clerk.h"
#include "proxy/lockout.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/proxy/fake_mgmtd.h"

#define ZONE "lab"

/* A worker's loop in its thread, the process's accounts, and mgmtd. */
struct box {
	struct fake_mgmtd mgmtd;
	struct accounts *a;
	struct loop *l;
	pthread_t id;
	atomic_int told;
};

static void *run(void *user)
{
	struct box *b = user;

	assert_int_equal(loop_run(b->l), 0);
	return NULL;
}

static void begin(struct box *b)
{
	*b = (struct box){ 0 };
	fake_mgmtd_start(&b->mgmtd);
	assert_int_equal(accounts_new(b->mgmtd.path, &b->a), 0);
	assert_int_equal(loop_new(&b->l), 0);
	assert_int_equal(pthread_create(&b->id, NULL, run, b), 0);
}

static void end(struct box *b)
{
	loop_stop(b->l);
	assert_int_equal(pthread_join(b->id, NULL), 0);
	accounts_stop(b->a);
	accounts_free(b->a);
	loop_free(b->l);
	fake_mgmtd_end(&b->mgmtd);
}

static void on_answer(void *user)
{
	struct box *b = user;

	(void)atomic_fetch_add(&b->told, 1);
}

struct
try {
	struct box *b;
	struct basic basic;
	struct accounts_key key;
	struct accounts_wait *wait;
	int result;
};

static void ask_here(void *user)
{
	struct try *t = user;

	t->result = accounts_ask(t->b->a, &t->key, &t->basic, ZONE, t->b->l, on_answer,
				 t->b, &t->wait);
}

static void cancel_here(void *user)
{
	const struct try *t = user;

	accounts_cancel(t->wait);
}

static struct try try_of(struct box *b, const char *login, const char *password,
			 uint8_t source)
{
	struct try t = { .b = b };

	(void)str_copy(t.basic.login, sizeof(t.basic.login), login);
	(void)str_copy(t.basic.password, sizeof(t.basic.password), password);
	accounts_key(b->a, &t.basic,
		     (struct addr){ .family = 4, .bytes = { 10, 0, 0, source } }, &t.key);
	return t;
}

static int ask(struct try *t)
{
	assert_int_equal(loop_call(t->b->l, ask_here, t), 0);
	return t->result;
}

static void await(atomic_int *value, int want)
{
	for (int i = 0; i < 10000 && atomic_load(value) < want; i++)
		(void)usleep(1000);
	assert_int_equal(atomic_load(value), want);
}

static struct accounts_answer look_at(const struct try *t, int64_t in_ms)
{
	return accounts_look(t->b->a, &t->key, mono_now().us / 1000 + in_ms);
}

static enum verdict look(const struct try *t)
{
	return look_at(t, 0).verdict;
}

static void test_asked_once(void **state)
{
	struct box b;
	struct try t, other;

	(void)state;
	begin(&b);
	t = try_of(&b, "sato", FAKE_RIGHT, 1);
	assert_int_equal(look(&t), VERDICT_UNKNOWN);
	assert_int_equal(ask(&t), 0);
	await(&b.told, 1);
	assert_int_equal(look(&t), VERDICT_OK);
	assert_string_equal(look_at(&t, 0).login, "sato");
	assert_string_equal(b.mgmtd.last_sign_in.login, "sato");
	assert_string_equal(b.mgmtd.last_sign_in.password, FAKE_RIGHT);
	assert_string_equal(b.mgmtd.last_sign_in.zone, ZONE);
	assert_int_equal(b.mgmtd.last_sign_in.addr_family, 4);
	assert_int_equal(b.mgmtd.last_sign_in.addr[3], 1);
	/* five minutes, whatever mgmtd says; everywhere; and this pair only */
	assert_int_equal(look_at(&t, ACCOUNTS_GOOD_S * 1000 - 3000).verdict, VERDICT_OK);
	assert_int_equal(look_at(&t, ACCOUNTS_GOOD_S * 1000 + 1000).verdict,
			 VERDICT_UNKNOWN);
	other = try_of(&b, "sato", FAKE_RIGHT, 2);
	assert_int_equal(look(&other), VERDICT_OK);
	other = try_of(&b, "sato" FAKE_RIGHT, "", 1);
	assert_int_equal(look(&other), VERDICT_UNKNOWN);
	other = try_of(&b, "sato", "wrong", 1);
	assert_int_equal(ask(&other), 0);
	await(&b.told, 2);
	assert_int_equal(look(&other), VERDICT_REFUSED);
	assert_int_equal(look_at(&other, ACCOUNTS_BAD_S * 1000 + 1000).verdict,
			 VERDICT_UNKNOWN);
	end(&b);
}

/* A browser opens many connections at once: one question for all of them. */
static void test_shared(void **state)
{
	struct try t[10], other;
	struct box b;

	(void)state;
	begin(&b);
	atomic_store(&b.mgmtd.delay_ms, 300);
	for (int i = 0; i < 10; i++) {
		t[i] = try_of(&b, "sato", FAKE_RIGHT, 1);
		assert_int_equal(ask(&t[i]), 0);
	}
	other = try_of(&b, "suzuki", FAKE_RIGHT, 1);
	assert_int_equal(ask(&other), -EBUSY); /* one at a time from one address */
	assert_int_equal(loop_call(b.l, cancel_here, &t[4]), 0);
	await(&b.told, 9);
	assert_int_equal(atomic_load(&b.mgmtd.asked), 1);
	end(&b);
}

static void test_withdrawn_meanwhile(void **state)
{
	struct try t;
	struct box b;

	(void)state;
	begin(&b);
	atomic_store(&b.mgmtd.delay_ms, 300);
	t = try_of(&b, "sato", FAKE_RIGHT, 1);
	assert_int_equal(ask(&t), 0);
	await(&b.mgmtd.asked, 1);
	accounts_forget(b.a, "sato");
	await(&b.told, 1);
	assert_int_equal(look(&t), VERDICT_UNKNOWN); /* the answer came too late */
	assert_int_equal(ask(&t), 0);
	await(&b.told, 2);
	assert_int_equal(look(&t), VERDICT_OK);
	accounts_forget(b.a, "suzuki");
	assert_int_equal(look(&t), VERDICT_OK);
	accounts_forget(b.a, "sato");
	assert_int_equal(look(&t), VERDICT_UNKNOWN);
	end(&b);
}

static void test_no_answer(void **state)
{
	struct try t;
	struct box b;

	(void)state;
	begin(&b);
	atomic_store(&b.mgmtd.code, -ENOBUFS);
	t = try_of(&b, "sato", FAKE_RIGHT, 1);
	assert_int_equal(ask(&t), 0);
	await(&b.told, 1);
	assert_int_equal(look(&t), VERDICT_UNKNOWN);
	end(&b);
}

static void test_shut_out(void **state)
{
	struct accounts_answer answer;
	struct try t;
	struct box b;

	(void)state;
	begin(&b);
	t = try_of(&b, "sato", FAKE_RIGHT, 1);
	assert_int_equal(ask(&t), 0);
	await(&b.told, 1);
	for (int i = 0; i < LOCKOUT_FAILURES; i++) {
		char password[16];

		(void)snprintf(password, sizeof(password), "guess%d", i);
		t = try_of(&b, "sato", password, 1);
		assert_false(look_at(&t, 0).shut);
		assert_int_equal(ask(&t), 0);
		await(&b.told, i + 2);
	}
	t = try_of(&b, "tanaka", FAKE_RIGHT, 1);
	answer = look_at(&t, 0);
	assert_true(answer.shut && answer.first);
	answer = look_at(&t, 0);
	assert_true(answer.shut && !answer.first);
	/* who was signed in there already stays so, and other addresses are free */
	t = try_of(&b, "sato", FAKE_RIGHT, 1);
	assert_false(look_at(&t, 0).shut);
	assert_int_equal(look(&t), VERDICT_OK);
	t = try_of(&b, "tanaka", FAKE_RIGHT, 2);
	assert_false(look_at(&t, 0).shut);
	end(&b);
}

/* mgmtd says nothing: what waits is bounded, and nothing is left behind. */
static void test_ceiling_and_end(void **state)
{
	struct try t[100];
	struct box b;
	int taken = 0;

	(void)state;
	begin(&b);
	atomic_store(&b.mgmtd.code, FAKE_SILENT);
	t[0] = try_of(&b, "sato", FAKE_RIGHT, 0);
	assert_int_equal(ask(&t[0]), 0);
	await(&b.mgmtd.asked, 1);
	for (uint8_t i = 1; i < 100; i++) {
		t[i] = try_of(&b, "sato", FAKE_RIGHT, i);
		taken += ask(&t[i]) == 0 ? 1 : 0;
	}
	assert_int_equal(taken, CLERK_WAITING_MAX);
	loop_stop(b.l);
	assert_int_equal(pthread_join(b.id, NULL), 0);
	accounts_stop(b.a);
	for (int i = 0; i < 100; i++)
		accounts_cancel(t[i].wait);
	accounts_free(b.a);
	loop_free(b.l);
	assert_int_equal(atomic_load(&b.told), 0);
	fake_mgmtd_end(&b.mgmtd);
}

static void test_allocation(void **state)
{
	struct accounts *a = NULL;
	struct try t;
	struct box b;

	(void)state;
	for (unsigned n = 1; n <= 4; n++) {
		alloc_fail_at(n);
		assert_int_equal(accounts_new("/tmp/there-is-no-mgmtd-here", &a),
				 -ENOMEM);
		alloc_fail_at(0);
		assert_null(a);
	}
	begin(&b);
	t = try_of(&b, "sato", FAKE_RIGHT, 1);
	for (unsigned n = 1; n <= 2; n++) {
		alloc_fail_at(n);
		assert_int_equal(accounts_ask(b.a, &t.key, &t.basic, ZONE, b.l, on_answer,
					      &b, &t.wait),
				 -ENOMEM);
		alloc_fail_at(0);
	}
	end(&b);
	accounts_stop(NULL);
	accounts_free(NULL);
	accounts_cancel(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked_once),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_withdrawn_meanwhile),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_shut_out),
		cmocka_unit_test(test_ceiling_and_end),
		cmocka_unit_test(test_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
