/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/input.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/input_read.h"
#include "mgmt/mgmtd/when.h"

#define DAY_S            86400
#define CONTRACTOR_MAX_S (366 * (int64_t)DAY_S)
#define BUSINESS_MAX_S   (3660 * (int64_t)DAY_S)
#define SECONDS_MAX      (366 * (int64_t)DAY_S)

int input_nothing(const json_t *body, struct input_error *e)
{
	static const char *const keys[] = { NULL };

	return input_keys(body, keys, e);
}

int input_approve(const json_t *body, char ret_permit[ID_TEXT_MAX], struct input_error *e)
{
	static const char *const keys[] = { "permit", NULL };

	if (input_keys(body, keys, e) < 0)
		return -EINVAL;
	return input_line(body, "permit", ret_permit, ID_TEXT_MAX, e);
}

int input_reason(const json_t *body, struct input_reason *ret, struct input_error *e)
{
	static const char *const keys[] = { "reason", NULL };

	if (input_keys(body, keys, e) < 0)
		return -EINVAL;
	return input_line(body, "reason", ret->reason, sizeof(ret->reason), e);
}

bool input_interface_ok(const struct policy *policy, const char *interface)
{
	size_t zone = policy_zone_by_interface(policy, interface);

	return zone != POLICY_NONE &&
	       policy->zone[zone].admission == POLICY_ADMISSION_ENFORCE;
}

int input_device(const json_t *body, const struct policy *policy,
		 struct input_device *ret, struct input_error *e)
{
	static const char *const keys[] = { "mac", "interface", "name", NULL };
	struct input_device in = { 0 };
	const char *mac_text, *interface;
	struct mac mac;

	if (input_keys(body, keys, e) < 0 ||
	    input_string(body, "mac", &mac_text, e) < 0 ||
	    input_string(body, "interface", &interface, e) < 0)
		return -EINVAL;
	if (mac_parse(mac_text, &mac) < 0 || !mac_is_unicast(mac))
		return input_refuse(e, MSG_BAD_MAC, mac_text);
	mac_format(mac, in.mac);
	if (str_copy(in.interface, sizeof(in.interface), interface) < 0 ||
	    !input_interface_ok(policy, in.interface))
		return input_refuse(e, MSG_BAD_INTERFACE, interface);
	if (json_object_get(body, "name") != NULL &&
	    input_line(body, "name", in.name, sizeof(in.name), e) < 0)
		return -EINVAL;
	*ret = in;
	return 0;
}

static int get_kind(const json_t *body, struct input_request *in, struct input_error *e)
{
	const char *kind;

	if (input_string(body, "kind", &kind, e) < 0)
		return -EINVAL;
	if (strcmp(kind, "business") == 0)
		in->kind = "business";
	else if (strcmp(kind, "contractor") == 0)
		in->kind = "contractor";
	else
		return input_refuse(e, MSG_BAD_KIND, "");
	return 0;
}

static int get_until(const json_t *body, int64_t now, struct input_request *in,
		     struct input_error *e)
{
	int64_t max =
		strcmp(in->kind, "business") == 0 ? BUSINESS_MAX_S : CONTRACTOR_MAX_S;
	const char *text;

	if (input_string(body, "until", &text, e) < 0)
		return -EINVAL;
	if (when_parse(text, true, &in->until) < 0)
		return input_refuse(e, MSG_BAD_TIME, text);
	if (in->until <= now)
		return input_refuse(e, MSG_TIME_PAST, "");
	return in->until - now > max ? input_refuse(e, MSG_TIME_FAR, "") : 0;
}

static int get_end(const json_t *body, int64_t now, struct input_request *in,
		   struct input_error *e)
{
	const json_t *seconds = json_object_get(body, "seconds");
	const json_t *until = json_object_get(body, "until");

	if (json_is_null(until))
		until = NULL; /* as answers write "no end" */
	if (seconds != NULL && until != NULL)
		return input_refuse(e, MSG_TIME_BOTH, "");
	if (until != NULL)
		return get_until(body, now, in, e);
	if (seconds == NULL)
		return strcmp(in->kind, "contractor") == 0
			       ? input_refuse(e, MSG_TIME_NEEDED, "")
			       : 0;
	if (!json_is_integer(seconds))
		return input_refuse(e, MSG_WRONG_TYPE, "seconds");
	in->seconds = json_integer_value(seconds);
	if (in->seconds < 1 || in->seconds > SECONDS_MAX)
		return input_refuse(e, MSG_BAD_TIME, "seconds");
	return 0;
}

static bool has_destination(const struct input_request *in, const char *host)
{
	for (size_t i = 0; i < in->destination_count; i++) {
		if (strcmp(in->destination[i], host) == 0)
			return true;
	}
	return false;
}

static int get_destinations(const json_t *body, struct input_request *in,
			    struct input_error *e)
{
	const json_t *list = json_object_get(body, "destinations");

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > REVISION_DESTINATIONS_MAX)
		return input_refuse(e, MSG_WRONG_TYPE, "destinations");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		char host[HOST_PATTERN_MAX + 1];

		if (text == NULL)
			return input_refuse(e, MSG_WRONG_TYPE, "destinations");
		if (host_pattern_normalise(text, host) < 0)
			return input_refuse(e, MSG_BAD_HOST, text);
		if (!has_destination(in, host))
			(void)str_copy(in->destination[in->destination_count++],
				       sizeof(host), host);
	}
	return 0;
}

int input_request(const json_t *body, int64_t now, struct input_request *ret,
		  struct input_error *e)
{
	static const char *const keys[] = { "kind",    "owner",        "reason", "until",
					    "seconds", "destinations", NULL };
	struct input_request in = { 0 };

	if (input_keys(body, keys, e) < 0 || get_kind(body, &in, e) < 0 ||
	    input_line(body, "owner", in.owner, sizeof(in.owner), e) < 0 ||
	    input_line(body, "reason", in.reason, sizeof(in.reason), e) < 0 ||
	    get_end(body, now, &in, e) < 0 || get_destinations(body, &in, e) < 0)
		return -EINVAL;
	*ret = in;
	return 0;
}

int input_user(const json_t *body, struct input_user *ret, struct input_error *e)
{
	static const char *const keys[] = { "login", "name", "role", NULL };
	struct input_user in = { 0 };
	const char *login, *role;

	if (input_keys(body, keys, e) < 0 || input_string(body, "login", &login, e) < 0 ||
	    input_string(body, "role", &role, e) < 0)
		return -EINVAL;
	if (!str_is_name(login, LOGIN_MAX) || strlen(login) < 2 ||
	    strcmp(login, "root") == 0)
		return input_refuse(e, MSG_BAD_LOGIN, "");
	(void)str_copy(in.login, sizeof(in.login), login);
	in.role = role_of_name(role);
	if (in.role == ROLE_NONE)
		return input_refuse(e, MSG_BAD_ROLE, "");
	if (input_line(body, "name", in.name, sizeof(in.name), e) < 0)
		return -EINVAL;
	*ret = in;
	return 0;
}

int input_sign_in(const json_t *body, struct input_sign_in *ret, struct input_error *e)
{
	static const char *const keys[] = { "login", "password", NULL };
	struct input_sign_in in = { 0 };

	if (input_keys(body, keys, e) < 0 ||
	    input_line(body, "login", in.login, sizeof(in.login), e) < 0 ||
	    input_line(body, "password", in.password, sizeof(in.password), e) < 0)
		return -EINVAL;
	*ret = in;
	return 0;
}

static bool password_is_good(const char *password)
{
	bool letter = false, digit = false, symbol = false;

	for (const char *p = password; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (c >= 0x80 || isalpha(c) != 0)
			letter = true;
		else if (isdigit(c) != 0)
			digit = true;
		else
			symbol = true;
	}
	return strlen(password) >= 8 && letter && digit && symbol;
}

int input_password(const json_t *body, struct input_password *ret, struct input_error *e)
{
	static const char *const keys[] = { "old", "new", NULL };
	struct input_password in = { 0 };

	if (input_keys(body, keys, e) < 0 ||
	    input_line(body, "old", in.old_password, sizeof(in.old_password), e) < 0 ||
	    input_line(body, "new", in.new_password, sizeof(in.new_password), e) < 0)
		return -EINVAL;
	if (!password_is_good(in.new_password) ||
	    strcmp(in.old_password, in.new_password) == 0)
		return input_refuse(e, MSG_BAD_PASSWORD, "");
	*ret = in;
	return 0;
}
