/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fw/sensor/contain.h"
#include "tests/support/alloc_fail.h"

static const struct mac own = { { 2, 0, 0, 0, 0, 0xf0 } };

#define SENT_MAX (4 * CONTAIN_RATE)

static struct arpframe sent[SENT_MAX];
static size_t sent_count;
static bool admitted[0x10000]; /* by the last two bytes of the card */
static struct addr gateway;
static int64_t now_ms;

static struct mac card(unsigned n)
{
	return (struct mac){ { 2, 0, 0, 0, (uint8_t)(n >> 8), (uint8_t)n } };
}

static struct addr v4(unsigned n)
{
	return (struct addr){ .family = 4,
			      .bytes = { 192, 0, (uint8_t)(n >> 8), (uint8_t)n } };
}

static bool has_permit(struct mac mac, void *user)
{
	(void)user;
	return admitted[mac.b[4] << 8 | mac.b[5]];
}

static bool is_ours(struct addr a, void *user)
{
	(void)user;
	return addr_equal(a, gateway);
}

static void on_send(const struct arpframe *f, void *user)
{
	(void)user;
	assert_true(sent_count < SENT_MAX);
	assert_true(mac_equal(f->own, own));
	assert_true(mac_is_unicast(f->to));
	sent[sent_count++] = *f;
}

static struct contain *fresh(void)
{
	struct contain *c = NULL;

	memset(admitted, 0, sizeof(admitted));
	gateway = (struct addr){ 0 };
	now_ms = 0;
	assert_int_equal(contain_new(own, &c), 0);
	return c;
}

static void see(struct contain *c, unsigned who, struct addr a)
{
	contain_see(c, card(who), a, (struct mono){ .us = now_ms * 1000 });
}

/* A second passes. Returns the number of frames. */
static size_t tick(struct contain *c)
{
	const struct contain_world world = { .has_permit = has_permit,
					     .is_ours = is_ours,
					     .send = on_send };

	now_ms += 1000;
	sent_count = 0;
	contain_tick(c, (struct mono){ .us = now_ms * 1000 }, &world);
	return sent_count;
}

static bool was_told(unsigned to, struct addr about, struct mac at)
{
	for (size_t i = 0; i < sent_count; i++) {
		if (mac_equal(sent[i].to, card(to)) && addr_equal(sent[i].about, about) &&
		    mac_equal(sent[i].at, at))
			return true;
	}
	return false;
}

static void test_parted(void **state)
{
	struct contain *c = fresh();

	(void)state;
	admitted[1] = admitted[2] = true;
	see(c, 1, v4(1));
	see(c, 2, v4(2));
	assert_int_equal(tick(c), 0); /* nobody to contain */
	see(c, 3, v4(3));
	for (int i = 0; i < 5; i++) {
		assert_int_equal(tick(c), 4);
		assert_true(was_told(3, v4(1), own));
		assert_true(was_told(3, v4(2), own));
		assert_true(was_told(1, v4(3), own));
		assert_true(was_told(2, v4(3), own));
	}
	assert_int_equal(contain_count(c), 1);
	/* two strangers, from each other too, and once */
	see(c, 4, v4(4));
	assert_int_equal(tick(c), 10);
	assert_true(was_told(3, v4(4), own));
	assert_true(was_told(4, v4(3), own));
	assert_int_equal(contain_missed(c), 0);
	/* silent for long */
	now_ms += CONTAIN_KEEP_MS;
	assert_int_equal(tick(c), 0);
	assert_int_equal(contain_count(c), 0);
	contain_free(c);
}

static void test_released(void **state)
{
	struct contain *c = fresh();

	(void)state;
	admitted[1] = true;
	see(c, 1, v4(1));
	see(c, 3, v4(3));
	see(c, 4, v4(4));
	assert_int_equal(tick(c), 6);
	admitted[3] = true;
	/* for more than a second: the truth; the other stranger stays where it is */
	for (int i = 0; i < CONTAIN_HEAL_ROUNDS; i++) {
		assert_int_equal(tick(c), 6);
		assert_true(was_told(1, v4(3), card(3)));
		assert_true(was_told(3, v4(1), card(1)));
		assert_true(was_told(4, v4(3), own));
		assert_false(was_told(4, v4(3), card(3)));
	}
	assert_int_equal(tick(c), 4);
	assert_false(was_told(1, v4(3), card(3)));
	/* withdrawn again */
	admitted[3] = false;
	(void)tick(c);
	assert_true(was_told(1, v4(3), own));
	contain_free(c);
}

/* Who takes an admitted one's address does not turn containment against it. */
static void test_address_taken(void **state)
{
	struct contain *c = fresh();

	(void)state;
	admitted[1] = admitted[2] = true;
	see(c, 1, v4(1));
	see(c, 2, v4(2));
	see(c, 3, v4(1));
	for (int i = 0; i < 4; i++) {
		(void)tick(c);
		assert_false(was_told(2, v4(1), own));
		assert_false(was_told(1, v4(2), own));
		assert_true(was_told(3, v4(2), own));
	}
	contain_free(c);

	/* the owner speaks up later: what was said meanwhile is put right */
	c = fresh();
	admitted[1] = admitted[2] = true;
	see(c, 2, v4(2));
	see(c, 3, v4(1));
	(void)tick(c);
	assert_true(was_told(2, v4(1), own));
	see(c, 1, v4(1));
	for (int i = 0; i < CONTAIN_HEAL_ROUNDS; i++) {
		(void)tick(c);
		assert_false(was_told(2, v4(1), own));
		assert_true(was_told(2, v4(1), card(1)));
	}
	(void)tick(c);
	assert_false(was_told(2, v4(1), card(1)));
	contain_free(c);
}

/* Nothing false is ever said of the gateway, also not by healing. */
static void test_gateway(void **state)
{
	struct contain *c = fresh();

	(void)state;
	gateway = v4(254);
	admitted[1] = true;
	see(c, 1, v4(1));
	see(c, 3, gateway);
	see(c, 3, v4(3));
	(void)tick(c);
	assert_true(was_told(1, gateway, own)); /* which is the truth */
	admitted[3] = true;
	for (int i = 0; i < CONTAIN_HEAL_ROUNDS + 1; i++) {
		(void)tick(c);
		assert_false(was_told(1, gateway, card(3)));
	}
	/* nor of an address that two admitted cards use */
	admitted[3] = false;
	see(c, 3, v4(1));
	(void)tick(c);
	admitted[3] = true;
	for (int i = 0; i < CONTAIN_HEAL_ROUNDS + 1; i++) {
		(void)tick(c);
		assert_false(was_told(1, v4(1), card(3)));
		assert_false(was_told(3, v4(1), card(1)));
	}
	contain_free(c);
}

static void test_ipv6(void **state)
{
	struct contain *c = fresh();
	struct addr a[4];
	static const char *const text[] = { "2001:db8::1", "fe80::1", "2001:db8::3",
					    "fe80::3" };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(addr_parse(text[i], &a[i]), 0);
	admitted[1] = true;
	see(c, 1, v4(1));
	see(c, 1, a[0]);
	see(c, 1, a[1]);
	see(c, 3, a[2]);
	see(c, 3, a[3]);
	assert_int_equal(tick(c), 4); /* each with its like */
	assert_true(was_told(1, a[2], own));
	assert_true(was_told(1, a[3], own));
	assert_true(was_told(3, a[0], own));
	assert_true(was_told(3, a[1], own));
	contain_free(c);
}

static void test_ceilings(void **state)
{
	struct contain *c = fresh();
	size_t heard[201] = { 0 };

	(void)state;
	/* one card with many addresses keeps a few */
	see(c, 3, v4(1000));
	for (unsigned i = 0; i < 100; i++) {
		now_ms++;
		see(c, 3, v4(1000 + i));
	}
	for (unsigned i = 1; i <= 200; i++) {
		admitted[i] = true;
		see(c, i, v4(i));
	}
	admitted[3] = false;
	/* more pairs than frames: each pair has its turn */
	for (int round = 0; round < 10; round++) {
		assert_in_range(tick(c), 1, CONTAIN_RATE);
		for (size_t i = 0; i < sent_count; i++)
			heard[sent[i].to.b[5]]++;
	}
	for (size_t i = 1; i <= 200; i++)
		assert_true(heard[i] != 0);

	/* a flood of strangers: so many, and the admitted stay */
	for (unsigned i = 0x1000; i < 0x2000; i++)
		see(c, i, v4(i));
	assert_in_range(tick(c), 1, CONTAIN_RATE);
	assert_int_equal(contain_count(c), CONTAIN_STRANGERS_MAX);
	assert_true(contain_missed(c) > 3000);
	assert_int_equal(contain_missed(c), 0);
	contain_free(c);
}

static void test_unusable(void **state)
{
	static const char *const bad[] = { "0.0.0.0",   "224.0.0.1", "255.255.255.255",
					   "127.0.0.1", "::",        "ff02::1" };
	struct contain *c = fresh();
	struct addr a;

	(void)state;
	admitted[1] = true;
	see(c, 1, v4(1));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(addr_parse(bad[i], &a), 0);
		see(c, 3, a);
	}
	see(c, 3, (struct addr){ 0 });
	contain_see(c, own, v4(9), (struct mono){ 0 });
	contain_see(c, (struct mac){ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } }, v4(9),
		    (struct mono){ 0 });
	assert_int_equal(tick(c), 0);
	assert_int_equal(contain_count(c), 0);
	contain_free(c);
}

static const struct contain_world world = { .has_permit = has_permit,
					    .is_ours = is_ours,
					    .send = on_send };

static size_t answer(struct contain *c)
{
	sent_count = 0;
	contain_answer(c, &world);
	return sent_count;
}

static void test_asked(void **state)
{
	struct contain *c = fresh();

	(void)state;
	admitted[1] = admitted[2] = true;
	gateway = v4(254);
	see(c, 1, v4(1));
	see(c, 2, v4(2));
	see(c, 3, v4(3));
	/* not judged yet: only who asks is told */
	assert_true(contain_ask(c, card(3), v4(1), &world));
	assert_false(contain_ask(c, card(3), v4(1), &world)); /* is due already */
	assert_int_equal(answer(c), 1);
	assert_true(was_told(3, v4(1), own));
	assert_int_equal(answer(c), 0);

	(void)tick(c);
	assert_true(contain_ask(c, card(3), v4(1), &world));
	assert_int_equal(answer(c), 2);
	assert_true(was_told(3, v4(1), own));
	assert_true(was_told(1, v4(3), own));
	assert_true(contain_ask(c, card(2), v4(3), &world));
	assert_int_equal(answer(c), 2);
	assert_true(was_told(2, v4(3), own));
	assert_true(was_told(3, v4(2), own));
	/* a neighbour that was not seen yet */
	assert_true(contain_ask(c, card(3), v4(77), &world));
	assert_int_equal(answer(c), 1);
	assert_true(was_told(3, v4(77), own));
	/* not between admitted ones, not about the gateway, not for nonsense */
	assert_false(contain_ask(c, card(1), v4(2), &world));
	assert_false(contain_ask(c, card(1), v4(77), &world));
	assert_false(contain_ask(c, card(3), gateway, &world));
	assert_false(contain_ask(c, card(3), (struct addr){ 0 }, &world));
	assert_int_equal(answer(c), 0);
	/* admitted in between: nothing false any more */
	assert_true(contain_ask(c, card(3), v4(1), &world));
	admitted[3] = true;
	(void)tick(c);
	assert_int_equal(answer(c), 0);
	contain_free(c);
}

static void test_asked_much(void **state)
{
	struct contain *c = fresh();
	size_t due = 0, frames = 0;

	(void)state;
	see(c, 3, v4(3));
	(void)tick(c);
	for (unsigned i = 1000; i < 1100; i++)
		due += contain_ask(c, card(3), v4(i), &world);
	assert_int_equal(due, 32);
	for (unsigned k = 0; k < 100; k++) {
		frames += answer(c);
		for (unsigned i = 0; i < 20; i++)
			(void)contain_ask(c, card(3), v4(2000 + 20 * k + i), &world);
	}
	assert_in_range(frames, CONTAIN_RATE - 1, CONTAIN_RATE); /* in one second */
	contain_free(c);
}

static void test_new(void **state)
{
	struct contain *c = NULL;

	(void)state;
	assert_int_equal(contain_new((struct mac){ 0 }, &c), -EINVAL);
	alloc_fail_at(1);
	assert_int_equal(contain_new(own, &c), -ENOMEM);
	alloc_fail_at(0);
	assert_null(c);
	contain_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parted),        cmocka_unit_test(test_released),
		cmocka_unit_test(test_address_taken), cmocka_unit_test(test_gateway),
		cmocka_unit_test(test_ipv6),          cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_unusable),      cmocka_unit_test(test_asked),
		cmocka_unit_test(test_asked_much),    cmocka_unit_test(test_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
