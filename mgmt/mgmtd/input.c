/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mgmt/mgmtd/input.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lib/str.h"
#include "mgmt/mgmtd/input_read.h"

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
	       policy->zone[zone].admission != POLICY_ADMISSION_OFF;
}

/* Behind a VPN a device has an address, and no card. */
static bool is_vpn(const struct policy *policy, const char *interface)
{
	size_t zone = policy_zone_by_interface(policy, interface);

	return zone != POLICY_NONE && policy->zone[zone].kind == POLICY_ZONE_VPN;
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
	if (is_vpn(policy, interface)) {
		struct addr a;

		if (addr_parse(mac_text, &a) < 0)
			return input_refuse(e, MSG_PEER_ADDRESS, mac_text);
		addr_format(addr_unmap(a), in.address);
		mac = mac_of_addr(addr_unmap(a));
	} else if (mac_read(mac_text, &mac) < 0 || !mac_is_unicast(mac)) {
		return input_refuse(e, MSG_BAD_MAC, mac_text);
	}
	mac_format(mac, in.mac);
	if (str_copy(in.mac_given, sizeof(in.mac_given), mac_text) < 0)
		return input_refuse(e, MSG_BAD_MAC, mac_text);
	if (str_copy(in.interface, sizeof(in.interface), interface) < 0 ||
	    !input_interface_ok(policy, in.interface))
		return input_refuse(e, MSG_BAD_INTERFACE, interface);
	if (json_object_get(body, "name") != NULL &&
	    input_line(body, "name", in.name, sizeof(in.name), e) < 0)
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
	size_t characters = 0;

	for (const char *p = password; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		characters += (c & 0xc0) != 0x80; /* each begins with another byte */
		if (c >= 0x80 || isalpha(c) != 0)
			letter = true;
		else if (isdigit(c) != 0)
			digit = true;
		else
			symbol = true;
	}
	return characters >= 8 && letter && digit && symbol;
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
