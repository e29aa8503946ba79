/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bodies of requests: the first byte chooses which, the rest is the JSON text */
#include <stdlib.h>
#include <string.h>

#include "mgmt/mgmtd/input_allow.h"
#include "mgmt/mgmtd/input_list.h"
#include "mgmt/mgmtd/input_permit.h"

#define NOW 1790000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* clang-format off */
static const char site[] =
	"version: 1\n"
	"site: { name: x }\n"
	"zones:\n"
	"  office: { kind: office, interfaces: [office0], networks: [10.30.0.0/24] }\n"
	"  internet: { kind: internet, interfaces: [wan0] }\n"
	"proxy: { zones: [office], via: internet, resolvers: [45.113.7.53] }\n";
/* clang-format on */

static struct policy *policy;

static void need_policy(void)
{
	struct diags diags = { 0 };

	if (policy == NULL && policy_parse(site, sizeof(site) - 1, &policy, &diags) < 0)
		abort();
}

/* What was taken must be what the daemons take: normal forms, ranges, terminators. */
static void check_allow(const json_t *body, struct input_error *e)
{
	struct input_allow in;
	char again[HOST_PATTERN_MAX + 1];

	if (input_allow(body, NOW, &in, e) < 0)
		return;
	if (in.address ? !allow_address_is_valid(in.host)
		       : host_pattern_normalise(in.host, again) < 0 ||
				 strcmp(in.host, again) != 0)
		abort();
	if (in.port_count == 0 || in.port_count > ALLOW_PORTS_MAX ||
	    in.purpose[0] == '\0' || (in.until != 0 && in.until <= NOW) ||
	    (in.path[0] != '\0' && !allow_path_is_valid(in.path)))
		abort();
}

static void check_list(const json_t *body, struct input_error *e)
{
	struct input_list in = { .zones = json_array(),
				 .groups = json_array(),
				 .users = json_array(),
				 .schedule = json_null() };

	if (input_list(body, policy, &in, e) == 0 && in.name[0] == '\0')
		abort();
	input_list_clear(&in);
}

static void check_request(const json_t *body, struct input_error *e)
{
	struct input_request in;

	if (input_request(body, NOW, &terms_default, &in, e) < 0)
		return;
	if ((in.until != 0 && (in.until <= NOW || in.seconds != 0)) || in.seconds < 0 ||
	    (strcmp(in.kind, "contractor") == 0 && in.until == 0 && in.seconds == 0))
		abort();
}

static void read_other(uint8_t which, const json_t *body, struct input_error *e)
{
	union {
		struct input_device device;
		struct input_user user;
		struct input_password password;
		struct input_sign_in sign_in;
		struct input_policy policy;
		struct input_reason reason;
		struct input_diff diff;
		struct input_lockdown lockdown;
		struct input_review review;
	} in;
	int r;

	switch (which % 9) {
	case 0:
		r = input_device(body, policy, &in.device, e);
		break;
	case 1:
		r = input_user(body, &in.user, e);
		break;
	case 2:
		r = input_password(body, &in.password, e);
		break;
	case 3:
		r = input_sign_in(body, &in.sign_in, e);
		break;
	case 4:
		r = input_policy(body, &in.policy, e);
		break;
	case 5:
		r = input_diff(body, &in.diff, e);
		break;
	case 6:
		r = input_lockdown(body, &in.lockdown, e);
		break;
	case 7:
		r = input_review(body, NOW, &in.review, e);
		break;
	default:
		r = input_reason(body, &in.reason, e);
		break;
	}
	if (r < 0 && memchr(e->arg, '\0', sizeof(e->arg)) == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input_error e = { 0 };
	json_t *body;

	need_policy();
	if (size < 1)
		return 0;
	body = json_loadb((const char *)data + 1, size - 1, JSON_REJECT_DUPLICATES, NULL);
	if (body == NULL)
		return 0;
	if (data[0] == 'l')
		check_list(body, &e);
	else if (data[0] % 3 == 0)
		check_allow(body, &e);
	else if (data[0] % 3 == 1)
		check_request(body, &e);
	else
		read_other(data[0] / 3, body, &e);
	json_decref(body);
	return 0;
}
