/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proxy/clerk.h"
#include "tests/support/alloc_fail.h"
#include "tests/unit/proxy/fake_mgmtd.h"

/* A loop in its thread, and what was answered there. */
struct desk_loop {
	struct loop *l;
	pthread_t id;
	atomic_int answers;
	int result;
};

static void *run(void *user)
{
	struct desk_loop *d = user;

	assert_int_equal(loop_run(d->l), 0);
	return NULL;
}

static void begin(struct desk_loop *d)
{
	*d = (struct desk_loop){ 0 };
	assert_int_equal(loop_new(&d->l), 0);
	assert_int_equal(pthread_create(&d->id, NULL, run, d), 0);
}

static void end(struct desk_loop *d)
{
	loop_stop(d->l);
	assert_int_equal(pthread_join(d->id, NULL), 0);
}

static void on_answer(void *user)
{
	struct clerk_order *o = user;
	struct desk_loop *d = o->user;

	d->result = o->result;
	(void)atomic_fetch_add(&d->answers, 1);
	free(o);
}

static struct clerk_order *order(struct desk_loop *d, uint8_t source)
{
	struct clerk_order *o = calloc(1, sizeof(*o));

	assert_non_null(o);
	o->type = PROTO_SITE_REQUEST;
	o->src = (struct addr){ .family = 4, .bytes = { 10, 0, 0, source } };
	o->ask.port = 443;
	o->loop = d->l;
	o->post = (struct loop_post){ .fn = on_answer, .user = o };
	o->user = d;
	return o;
}

static void await(atomic_int *value, int want)
{
	for (int i = 0; i < 10000 && atomic_load(value) < want; i++)
		(void)usleep(1000);
	assert_int_equal(atomic_load(value), want);
}

static void test_answers(void **state)
{
	static const int codes[] = { 0, -EEXIST, -EDQUOT };
	struct fake_mgmtd f;
	struct desk_loop d;
	struct clerk *c;

	(void)state;
	fake_mgmtd_start(&f);
	begin(&d);
	assert_int_equal(clerk_new(f.path, 10, &c), 0);
	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		atomic_store(&f.code, codes[i]);
		assert_int_equal(clerk_send(c, order(&d, 1)), 0);
		await(&d.answers, (int)i + 1);
		assert_int_equal(d.result, codes[i]);
	}
	assert_int_equal(f.last.port, 443);
	end(&d);
	clerk_free(c);
	loop_free(d.l);
	fake_mgmtd_end(&f);
}

static void test_nobody_there(void **state)
{
	struct desk_loop d;
	struct clerk *c;

	(void)state;
	begin(&d);
	assert_int_equal(clerk_new("/tmp/there-is-no-mgmtd-here", 10, &c), 0);
	assert_int_equal(clerk_send(c, order(&d, 1)), 0);
	await(&d.answers, 1);
	assert_int_equal(d.result, -ENOENT);
	end(&d);
	clerk_free(c);
	loop_free(d.l);
}

/* mgmtd says nothing: the queue is bounded, each source's part too, and the end is quick. */
static void test_ceilings_and_stop(void **state)
{
	struct fake_mgmtd f;
	struct desk_loop d;
	struct clerk *c;
	struct clerk_order *o;
	int sent = 0;

	(void)state;
	fake_mgmtd_start(&f);
	atomic_store(&f.code, FAKE_SILENT);
	begin(&d);
	assert_int_equal(clerk_new(f.path, 10, &c), 0);
	assert_int_equal(clerk_send(c, order(&d, 0)), 0);
	await(&f.asked, 1); /* it is no longer in the queue */
	for (uint8_t source = 1; source < 100; source++) {
		for (int i = 0; i < CLERK_SOURCE_MAX + 1; i++) {
			o = order(&d, source);
			if (clerk_send(c, o) == 0) {
				sent++;
				assert_true(i < CLERK_SOURCE_MAX);
			} else {
				free(o);
			}
		}
	}
	assert_int_equal(sent, CLERK_WAITING_MAX);
	end(&d);
	clerk_stop(c);
	o = order(&d, 1);
	assert_int_equal(clerk_send(c, o), -EBUSY);
	free(o);
	loop_free(d.l);
	clerk_free(c); /* the loop is gone, and nothing is left behind */
	assert_int_equal(atomic_load(&d.answers), 0);
	fake_mgmtd_end(&f);
}

static void test_cannot_start(void **state)
{
	char path[600];
	struct clerk *c = NULL;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(clerk_new(path, 10, &c), -ENAMETOOLONG);
	alloc_fail_at(1);
	assert_int_equal(clerk_new("/tmp/x", 10, &c), -ENOMEM);
	alloc_fail_at(0);
	assert_null(c);
	clerk_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_ceilings_and_stop),
		cmocka_unit_test(test_cannot_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
