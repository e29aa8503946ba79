/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/input_permit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/store_permit.h"
#include "mgmt/mgmtd/when.h"

#define DAY_S         86400
#define BUSINESS_DAYS 3660 /* also of infrastructure and printers */
#define AHEAD_DAYS    366 /* how far away a beginning may be */

static const char *const kinds[] = {
	"business",       "contractor", "private",
	"infrastructure", "printer",    PERMIT_MAINTENANCE,
};

const char *input_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i], name) == 0)
			return kinds[i];
	}
	return NULL;
}

static int get_kind(const json_t *body, struct input_request *in, struct input_error *e)
{
	const char *kind;

	if (input_string(body, "kind", &kind, e) < 0)
		return -EINVAL;
	in->kind = input_kind(kind);
	return in->kind != NULL ? 0 : input_refuse(e, MSG_BAD_KIND, "");
}

/* The longest permit of a kind in days; *ret_end: it must have an end. */
static int64_t longest(const char *kind, const struct terms *t, bool *ret_end)
{
	*ret_end = true;
	if (strcmp(kind, "contractor") == 0)
		return t->contractor_days;
	if (strcmp(kind, "private") == 0)
		return t->private_days;
	if (strcmp(kind, PERMIT_MAINTENANCE) == 0)
		return t->maintenance_days;
	*ret_end = false;
	return BUSINESS_DAYS;
}

static bool is_day(const char *text)
{
	return strlen(text) == 10;
}

/* A day has passed when it is over, a time when it is reached. */
static int get_since(const json_t *body, int64_t now, struct input_request *in,
		     struct input_error *e)
{
	const char *text;
	int64_t passed;

	if (!input_has(body, "from"))
		return 0;
	if (input_string(body, "from", &text, e) < 0)
		return -EINVAL;
	if (when_parse(text, false, &in->since) < 0 ||
	    when_parse(text, true, &passed) < 0 || in->since == 0)
		return input_refuse(e, MSG_BAD_TIME, text);
	if (is_day(text) ? passed <= now : in->since < now)
		return input_refuse(e, MSG_TIME_BEGUN, "");
	return in->since - now > AHEAD_DAYS * (int64_t)DAY_S
		       ? input_refuse(e, MSG_BAD_TIME, text)
		       : 0;
}

static int refuse_far(int64_t days, struct input_error *e)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, days);
	return input_refuse(e, MSG_TIME_FAR, text);
}

static int64_t begins(const struct input_request *in, int64_t now)
{
	return in->since > now ? in->since : now;
}

static int get_until(const json_t *body, int64_t now, int64_t days,
		     struct input_request *in, struct input_error *e)
{
	const char *text;
	int64_t last;

	if (input_string(body, "until", &text, e) < 0)
		return -EINVAL;
	if (when_parse(text, true, &in->until) < 0)
		return input_refuse(e, MSG_BAD_TIME, text);
	if (in->until <= now)
		return input_refuse(e, MSG_TIME_PAST, "");
	if (in->until <= in->since)
		return input_refuse(e, MSG_TIME_ORDER, "");
	/* today counts as a day, and the last one until its end */
	last = begins(in, now) + (days + (is_day(text) ? 1 : 0)) * DAY_S;
	return in->until > last ? refuse_far(days, e) : 0;
}

static int get_seconds(const json_t *seconds, int64_t days, struct input_request *in,
		       struct input_error *e)
{
	if (!json_is_integer(seconds))
		return input_refuse(e, MSG_WRONG_TYPE, "seconds");
	in->seconds = json_integer_value(seconds);
	if (in->seconds < 1)
		return input_refuse(e, MSG_BAD_TIME, "seconds");
	return in->seconds > days * DAY_S ? refuse_far(days, e) : 0;
}

static int get_end(const json_t *body, int64_t now, const struct terms *terms,
		   struct input_request *in, struct input_error *e)
{
	const json_t *seconds = json_object_get(body, "seconds");
	bool until = input_has(body, "until"); /* null, as answers write "no end" */
	bool must_end;
	int64_t days = longest(in->kind, terms, &must_end);

	if (seconds != NULL && until)
		return input_refuse(e, MSG_TIME_BOTH, "");
	if (until)
		return get_until(body, now, days, in, e);
	if (seconds != NULL)
		return get_seconds(seconds, days, in, e);
	return must_end ? input_refuse(e, MSG_TIME_NEEDED, "") : 0;
}

static bool has_destination(const struct input_request *in, const char *host)
{
	for (size_t i = 0; i < in->destination_count; i++) {
		if (strcmp(in->destination[i], host) == 0)
			return true;
	}
	return false;
}

/* An array of texts, or NULL: then the return value says whether that is wrong. */
static int get_texts(const json_t *body, const char *key, size_t max,
		     const json_t **ret_list, struct input_error *e)
{
	const json_t *list = json_object_get(body, key);

	*ret_list = list;
	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > max)
		return input_refuse(e, MSG_WRONG_TYPE, key);
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!json_is_string(json_array_get(list, i)))
			return input_refuse(e, MSG_WRONG_TYPE, key);
	}
	return 0;
}

static int get_destinations(const json_t *body, struct input_request *in,
			    struct input_error *e)
{
	const json_t *list;

	if (get_texts(body, "destinations", REVISION_DESTINATIONS_MAX, &list, e) < 0)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		char host[HOST_PATTERN_MAX + 1];

		if (host_pattern_normalise(text, host) < 0)
			return input_refuse(e, MSG_BAD_HOST, text);
		if (!has_destination(in, host))
			(void)str_copy(in->destination[in->destination_count++],
				       sizeof(host), host);
	}
	return 0;
}

static int get_flows(const json_t *body, struct input_request *in, struct input_error *e)
{
	const json_t *list;

	if (get_texts(body, "flows", REVISION_FLOWS_MAX, &list, e) < 0)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *id = json_string_value(json_array_get(list, i));

		for (size_t k = 0; k < in->flow_count; k++) {
			if (strcmp(in->flow[k], id) == 0)
				return input_refuse(e, MSG_BAD_FLOW, id);
		}
		if (str_copy(in->flow[in->flow_count++], sizeof(in->flow[0]), id) < 0)
			return input_refuse(e, MSG_BAD_FLOW, id);
	}
	return 0;
}

static int get_lists(const json_t *body, struct input_request *in, struct input_error *e)
{
	const json_t *list;

	if (get_texts(body, "lists", REVISION_LISTS_MAX, &list, e) < 0)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (str_copy(in->list[in->list_count++], sizeof(in->list[0]), name) < 0)
			return input_refuse(e, MSG_BAD_LIST, name);
	}
	return in->list_count != 0 && in->destination_count != 0
		       ? input_refuse(e, MSG_LISTS_ALONE, "")
		       : 0;
}

static int get_cards(const json_t *body, struct input_request *in, struct input_error *e)
{
	const json_t *list;

	if (get_texts(body, "cards", REVISION_CARDS_MAX - 1, &list, e) < 0)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *id = json_string_value(json_array_get(list, i));

		if (!id_is('d', id))
			return input_refuse(e, MSG_BAD_CARDS, id);
		for (size_t k = 0; k < in->card_count; k++) {
			if (strcmp(in->card[k], id) == 0)
				return input_refuse(e, MSG_BAD_CARDS, id);
		}
		(void)str_copy(in->card[in->card_count++], sizeof(in->card[0]), id);
	}
	return 0;
}

static int get_address(const json_t *body, struct input_request *in,
		       struct input_error *e)
{
	const char *text;
	struct addr a;

	if (!input_has(body, "address"))
		return 0;
	if (input_string(body, "address", &text, e) < 0)
		return -EINVAL;
	if (text[0] == '\0')
		return 0;
	if (addr_parse(text, &a) < 0)
		return input_refuse(e, MSG_BAD_DEVICE_ADDRESS, text);
	addr_format(addr_unmap(a), in->address);
	return 0;
}

static int get_checked(const json_t *body, int64_t now, char day[11], int64_t *ret_until,
		       struct input_error *e)
{
	const char *text;
	int64_t begin;

	if (input_string(body, "checked", &text, e) < 0)
		return -EINVAL;
	if (!is_day(text) || when_parse(text, false, &begin) < 0)
		return input_refuse(e, MSG_BAD_TIME, text);
	if (begin > now)
		return input_refuse(e, MSG_CHECK_AHEAD, "");
	(void)str_copy(day, 11, text);
	*ret_until = begin + INPUT_CHECK_MAX_S;
	return 0;
}

int input_check(const json_t *body, int64_t now, char ret_day[11], int64_t *ret_until,
		struct input_error *e)
{
	static const char *const keys[] = { "checked", NULL };

	return input_keys(body, keys, e) < 0
		       ? -EINVAL
		       : get_checked(body, now, ret_day, ret_until, e);
}

/* A remote terminal's requirements, and when they were checked. */
static int get_terminal(const json_t *body, int64_t now, struct input_request *in,
			struct input_error *e)
{
	bool remote = strcmp(in->kind, PERMIT_MAINTENANCE) == 0;

	if (!remote)
		return input_has(body, "terminal") || input_has(body, "checked")
			       ? input_refuse(e, MSG_TERMINAL_ALONE, "")
			       : 0;
	if (!input_has(body, "terminal"))
		return input_refuse(e, MSG_TERMINAL_NEEDED, "");
	if (input_line(body, "terminal", in->terminal, sizeof(in->terminal), e) < 0)
		return -EINVAL;
	return input_has(body, "checked")
		       ? get_checked(body, now, in->checked, &in->check_until, e)
		       : 0;
}

int input_request(const json_t *body, int64_t now, const struct terms *terms,
		  struct input_request *ret, struct input_error *e)
{
	static const char *const keys[] = {
		"kind",    "owner",        "company", "ticket",
		"reason",  "address",      "from",    "until",
		"seconds", "destinations", "cards",   "terminal",
		"checked", "flows",        "lists",   NULL
	};
	struct input_request in = { 0 };

	if (input_keys(body, keys, e) < 0 || get_kind(body, &in, e) < 0 ||
	    input_line(body, "owner", in.owner, sizeof(in.owner), e) < 0 ||
	    input_maybe_line(body, "company", in.company, sizeof(in.company), e) < 0 ||
	    input_maybe_line(body, "ticket", in.ticket, sizeof(in.ticket), e) < 0 ||
	    input_line(body, "reason", in.reason, sizeof(in.reason), e) < 0 ||
	    get_address(body, &in, e) < 0 || get_since(body, now, &in, e) < 0 ||
	    get_end(body, now, terms, &in, e) < 0 || get_destinations(body, &in, e) < 0 ||
	    get_flows(body, &in, e) < 0 || get_lists(body, &in, e) < 0 ||
	    get_cards(body, &in, e) < 0 || get_terminal(body, now, &in, e) < 0)
		return -EINVAL;
	*ret = in;
	return 0;
}
