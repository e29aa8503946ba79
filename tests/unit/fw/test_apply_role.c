/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The apply role, asked as the compile role asks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fw/apply/apply.h"
#include "fw/apply/request.h"
#include "lib/ipc.h"
#include "lib/mono.h"

#define SKIPPED   77
#define ANSWER_MS 20000

struct stand {
	sd_event *event;
	struct apply *apply;
	int channel[2], notes[2]; /* the first is ours */
};

static int up(void **state)
{
	static struct stand s;
	const int type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;

	s = (struct stand){ 0 };
	*state = &s;
	return sd_event_new(&s.event) >= 0 &&
			       socketpair(AF_UNIX, type, 0, s.channel) == 0 &&
			       socketpair(AF_UNIX, type, 0, s.notes) == 0 &&
			       apply_new(s.event, s.channel[1], s.notes[1], -1,
					 &s.apply) == 0
		       ? 0
		       : -1;
}

static int down(void **state)
{
	struct stand *s = *state;

	apply_free(s->apply);
	(void)sd_event_unref(s->event);
	for (int i = 0; i < 2; i++) {
		(void)close(s->channel[i]);
		(void)close(s->notes[i]);
	}
	return 0;
}

/* What the apply role answers to the ruleset that has been begun. */
static struct fw_result commit(struct stand *s)
{
	struct mono end = mono_after_ms(mono_now(), ANSWER_MS);
	uint8_t answer[IPC_PAYLOAD_MAX];
	struct fw_result result;
	uint16_t type = 0;
	size_t len = 0;
	int r = -EAGAIN;

	assert_int_equal(ipc_send(s->channel[0], FW_REQ_COMMIT, NULL, 0), 0);
	while (r < 0 && mono_diff_ms(end, mono_now()) > 0) {
		assert_true(sd_event_run(s->event, 20000) >= 0);
		r = ipc_recv(s->channel[0], &type, answer, sizeof(answer), &len);
	}
	assert_int_equal(r, 0);
	assert_int_equal(type, FW_ANS_RESULT);
	assert_int_equal(len, sizeof(result));
	memcpy(&result, answer, sizeof(result));
	return result;
}

/* A ruleset of one rule. Returns the answer's code. */
static int load(struct stand *s, uint64_t revision, uint32_t confirm_s)
{
	const struct fw_begin begin = { .revision = revision,
					.rule_count = 1,
					.confirm_s = confirm_s };
	const struct fw_rule rule = { .chain = FW_CHAIN_FORWARD,
				      .verdict = FW_VERDICT_DROP };

	assert_int_equal(ipc_send(s->channel[0], FW_REQ_BEGIN, &begin, sizeof(begin)), 0);
	assert_int_equal(ipc_send(s->channel[0], FW_REQ_RULE, &rule, sizeof(rule)), 0);
	return commit(s).code;
}

/* Two chains that lead into each other, which no check of ours looks for: by rules 1 and 3. */
static struct fw_result load_loop(struct stand *s)
{
	const struct fw_begin begin = { .revision = 2,
					.chain_count = 2,
					.rule_count = 4 };
	const struct fw_chain chain[] = {
		{ .id = FW_CHAIN_FIRST_FREE, .name = "one" },
		{ .id = FW_CHAIN_FIRST_FREE + 1, .name = "two" },
	};
	const struct fw_rule rule[] = {
		{ .chain = FW_CHAIN_FORWARD,
		  .verdict = FW_VERDICT_JUMP,
		  .target = chain[0].id },
		{ .number = 1,
		  .chain = chain[0].id,
		  .verdict = FW_VERDICT_JUMP,
		  .target = chain[1].id },
		{ .number = 2, .chain = FW_CHAIN_INPUT, .verdict = FW_VERDICT_DROP },
		{ .number = 3,
		  .chain = chain[1].id,
		  .verdict = FW_VERDICT_JUMP,
		  .target = chain[0].id },
	};

	assert_int_equal(ipc_send(s->channel[0], FW_REQ_BEGIN, &begin, sizeof(begin)), 0);
	for (size_t i = 0; i < ARRAY_LEN(chain); i++)
		assert_int_equal(ipc_send(s->channel[0], FW_REQ_CHAIN, &chain[i],
					  sizeof(chain[i])),
				 0);
	for (size_t i = 0; i < ARRAY_LEN(rule); i++)
		assert_int_equal(
			ipc_send(s->channel[0], FW_REQ_RULE, &rule[i], sizeof(rule[i])),
			0);
	return commit(s);
}

/* The kernel says which message of the batch it does not take: which rule that was. */
static void test_a_refused_batch_names_the_rule(void **state)
{
	struct stand *s = *state;
	struct fw_result res;

	assert_int_equal(load(s, 1, 0), 0);
	res = load_loop(s);
	assert_true(res.code == -ELOOP || res.code == -EMLINK); /* by kernel */
	assert_int_equal(res.rule, 3);
	assert_non_null(strstr(res.text, "the kernel refused the ruleset: "));
	assert_int_equal(load(s, 1, 0), 0);
}

/*
 * A load that is to go on with a trial comes after its end, which the compile role has
 * not heard of yet: its ruleset would stay for good, unconfirmed.
 */
static void test_a_trial_that_ended_does_not_go_on(void **state)
{
	struct stand *s = *state;

	assert_int_equal(load(s, 1, 0), 0);
	assert_int_equal(load(s, 2, FW_CONFIRM_KEEP), -ESTALE);
	assert_int_equal(load(s, 2, FW_CONFIRM_MIN), 0);
	assert_int_equal(load(s, 2, FW_CONFIRM_KEEP), 0);
	assert_int_equal(load(s, 3, 0), 0); /* for good: that ends it too */
	assert_int_equal(load(s, 3, FW_CONFIRM_KEEP), -ESTALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_refused_batch_names_the_rule, up,
						down),
		cmocka_unit_test_setup_teardown(test_a_trial_that_ended_does_not_go_on,
						up, down),
	};

	if (unshare(CLONE_NEWNET) == -1)
		return SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
