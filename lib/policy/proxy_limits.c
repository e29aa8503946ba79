/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The proxy's ceilings: proxy.limits. */
#include <stddef.h>
#include <string.h>

#include "lib/policy/sections.h"
#include "lib/policy/text.h"
#include "lib/str.h"

#define SIZE_DIGITS_MAX 16
#define UPLOAD_MAX      (1ull << 50) /* 1024TiB */

/* A key of numbers: where it goes and what is accepted. */
struct number {
	const char *name;
	size_t offset;
	uint32_t min, max;
};

static const struct number numbers[] = {
	{ "connections", offsetof(struct policy_limits, connections), 64, 200000 },
	{ "device_connections", offsetof(struct policy_limits, device_connections), 1,
	  65535 },
	{ "head_seconds", offsetof(struct policy_limits, head_seconds), 1, 120 },
	{ "idle_seconds", offsetof(struct policy_limits, idle_seconds), 10, 86400 },
	{ "total_hours", offsetof(struct policy_limits, total_hours), 0, 8760 },
};

static int read_number(struct reader *r, const struct yaml_node *n, void *object)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		uint32_t v;

		if (strcmp(numbers[i].name, n->key) == 0 &&
		    reader_number(r, n, n->key, numbers[i].min, numbers[i].max, &v))
			memcpy((char *)object + numbers[i].offset, &v, sizeof(v));
	}
	return 0;
}

/* Digits, and perhaps a unit. */
static bool size_parse(const char *text, uint64_t *ret_bytes)
{
	static const char *const units[] = { "", "KiB", "MiB", "GiB", "TiB" };
	size_t digits = strspn(text, "0123456789");
	char number[SIZE_DIGITS_MAX + 1] = "";
	uint64_t v;

	if (digits > SIZE_DIGITS_MAX)
		return false;
	memcpy(number, text, digits);
	for (unsigned i = 0; i < ARRAY_LEN(units); i++) {
		if (strcmp(text + digits, units[i]) != 0)
			continue;
		if (str_to_uint(number, 0, UPLOAD_MAX >> 10 * i, &v) < 0)
			return false;
		*ret_bytes = v << 10 * i;
		return true;
	}
	return false;
}

static void read_size(struct reader *r, const struct yaml_node *n, uint64_t *bytes)
{
	if (reader_is_text(r, n, n->key) && !size_parse(n->text, bytes))
		diag_add(r->diags, n->at,
			 "%s must be a size up to 1024TiB (digits, then KiB, MiB, GiB, "
			 "TiB or nothing for bytes; 0: no ceiling), found '%s'",
			 n->key, text_shown(n->text).s);
}

static int read_tunnel(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_limits *l = object;

	read_size(r, n, &l->tunnel_upload);
	return 0;
}

static int read_device_day(struct reader *r, const struct yaml_node *n, void *object)
{
	struct policy_limits *l = object;

	read_size(r, n, &l->device_day_upload);
	return 0;
}

static int read_action(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_choice choices[] = {
		{ "alarm", POLICY_UPLOAD_ALARM },
		{ "cut", POLICY_UPLOAD_CUT },
	};
	struct policy_limits *l = object;
	int v;

	if (reader_choice(r, n, "upload_action", choices, ARRAY_LEN(choices), &v))
		l->upload_action = (enum policy_upload_action)v;
	return 0;
}

int proxy_limits_read(struct reader *r, const struct yaml_node *n, void *object)
{
	static const struct reader_key keys[] = {
		{ "connections", false, read_number },
		{ "device_connections", false, read_number },
		{ "head_seconds", false, read_number },
		{ "idle_seconds", false, read_number },
		{ "total_hours", false, read_number },
		{ "tunnel_upload", false, read_tunnel },
		{ "device_day_upload", false, read_device_day },
		{ "upload_action", false, read_action },
	};
	struct policy_limits *l = &r->p->proxy.limits;
	int e;

	(void)object;
	if (!reader_is_mapping(r, n, "limits", ARRAY_LEN(keys)))
		return 0;
	e = reader_mapping(r, n, "limits", keys, ARRAY_LEN(keys), l);
	if (e == 0 && l->device_connections > l->connections)
		diag_add(r->diags, n->at,
			 "device_connections (%u) must not be above connections (%u)",
			 l->device_connections, l->connections);
	return e;
}
