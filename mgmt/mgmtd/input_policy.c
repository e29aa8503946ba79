/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies about the policy, its trial, lockdown and flows. */
#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/input.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/when.h"

#define CONFIRM_MIN_S 10
#define CONFIRM_MAX_S 86400

static int get_confirm(const json_t *body, uint32_t *ret_s, struct input_error *e)
{
	const json_t *seconds = json_object_get(body, "confirm_within");
	json_int_t n = json_integer_value(seconds);

	*ret_s = 0;
	if (!input_has(body, "confirm_within"))
		return 0;
	if (!json_is_integer(seconds))
		return input_refuse(e, MSG_WRONG_TYPE, "confirm_within");
	if (n < CONFIRM_MIN_S || n > CONFIRM_MAX_S)
		return input_refuse(e, MSG_BAD_CONFIRM, "");
	*ret_s = (uint32_t)n;
	return 0;
}

int input_policy(const json_t *body, struct input_policy *ret, struct input_error *e)
{
	static const char *const keys[] = { "text", "reason", "confirm_within", NULL };
	struct input_policy in;

	if (input_keys(body, keys, e) < 0 ||
	    input_string(body, "text", &in.text, e) < 0 ||
	    input_line(body, "reason", in.reason, sizeof(in.reason), e) < 0 ||
	    get_confirm(body, &in.confirm_s, e) < 0)
		return -EINVAL;
	*ret = in;
	return 0;
}

static int get_revision(const json_t *body, const char *key, uint64_t *ret_number,
			struct input_error *e)
{
	const json_t *value = json_object_get(body, key);

	*ret_number = 0;
	if (!input_has(body, key))
		return 0;
	if (!json_is_integer(value) || json_integer_value(value) < 1)
		return input_refuse(e, MSG_WRONG_TYPE, key);
	*ret_number = (uint64_t)json_integer_value(value);
	return 0;
}

int input_confirm(const json_t *body, uint64_t *ret_revision, struct input_error *e)
{
	static const char *const keys[] = { "revision", NULL };

	return input_keys(body, keys, e) < 0
		       ? -EINVAL
		       : get_revision(body, "revision", ret_revision, e);
}

int input_diff(const json_t *body, struct input_diff *ret, struct input_error *e)
{
	static const char *const keys[] = { "text", "from", "to", NULL };
	struct input_diff in = { 0 };

	if (input_keys(body, keys, e) < 0 ||
	    get_revision(body, "from", &in.from, e) < 0 ||
	    get_revision(body, "to", &in.to, e) < 0)
		return -EINVAL;
	if (input_has(body, "text") && input_string(body, "text", &in.text, e) < 0)
		return -EINVAL;
	if (in.text != NULL && in.to != 0)
		return input_refuse(e, MSG_UNKNOWN_KEY, "to");
	*ret = in;
	return 0;
}

int input_lockdown(const json_t *body, struct input_lockdown *ret, struct input_error *e)
{
	static const char *const keys[] = { "on", "reason", NULL };
	struct input_lockdown in = { 0 };

	if (input_keys(body, keys, e) < 0 ||
	    input_line(body, "reason", in.reason, sizeof(in.reason), e) < 0)
		return -EINVAL;
	if (!json_is_boolean(json_object_get(body, "on")))
		return input_refuse(e, MSG_WRONG_TYPE, "on");
	in.on = json_is_true(json_object_get(body, "on"));
	*ret = in;
	return 0;
}

int input_review(const json_t *body, int64_t now, struct input_review *ret,
		 struct input_error *e)
{
	static const char *const keys[] = { "result", "next", "stamp", NULL };
	struct input_review in = { 0 };
	char next[16];
	int64_t s;

	if (input_keys(body, keys, e) < 0 ||
	    input_line(body, "result", in.result, sizeof(in.result), e) < 0 ||
	    input_maybe_line(body, "next", next, sizeof(next), e) < 0 ||
	    input_maybe_line(body, "stamp", in.stamp, sizeof(in.stamp), e) < 0)
		return -EINVAL;
	if (next[0] != '\0') {
		if (str_copy(in.next, sizeof(in.next), next) < 0 ||
		    strlen(next) != strlen("2026-11-21") ||
		    when_parse(next, false, &s) < 0)
			return input_refuse(e, MSG_BAD_TIME, next);
		if (s <= now)
			return input_refuse(e, MSG_REVIEW_ORDER, "");
	}
	*ret = in;
	return 0;
}
