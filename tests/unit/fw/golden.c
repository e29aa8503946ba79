/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/fw/golden.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fdio.h"
#include "tests/support/revision_parts.h"

static const char interfaces[][FW_IFNAME_MAX] = {
	"lo",     "core0",  "core1", "claims0", "mgmt0", "office0", "wan0",
	"wan1",   "wan2",   "eth0",  "eth1",    "eth2",  "eth3",    "enp2s0",
	"enp3s0", "enp4s0", "br0",   "p1",      "p2",    "p3",      "p4",
	"br1",    "q1",     "wg0",   "tun0"
};

static const struct inventory_account accounts[] = {
	{ "systemd-timesync", GOLDEN_UID_CLOCK },
	{ "_chrony", GOLDEN_UID_CLOCK },
};

const struct inventory golden_inventory = {
	.interface = interfaces,
	.interface_count = ARRAY_LEN(interfaces),
	.account = accounts,
	.account_count = ARRAY_LEN(accounts),
	.uid_proxy = GOLDEN_UID_PROXY,
	.uid_management = GOLDEN_UID_MANAGEMENT,
	.now = GOLDEN_NOW,
};

#define EXAMPLE     "example-"
#define NO_OBJECTS  "{ \"ports\": [], \"permits\": [] }"
#define EXAMPLE_LEN (sizeof(EXAMPLE) - 1)

void golden_path(char *dst, size_t size, const char *name, const char *suffix)
{
	(void)snprintf(dst, size, "%s/tests/golden/fw/%s.%s", SOURCE_DIR, name, suffix);
}

struct revision *golden_make(const char *policy, const char *objects)
{
	json_t *root = json_loads(objects, 0, NULL);
	json_t *rest = json_loads("{" REVISION_PARTS("") "}", 0, NULL);
	struct revision *rev = NULL;
	struct diags diags = { 0 };
	char *text, why[1024];

	(void)json_object_set_new(
		root, "format",
		json_integer(json_object_get(root, "quarantine") != NULL ? 4 : 2));
	(void)json_object_set_new(root, "number", json_integer(7));
	(void)json_object_set_new(root, "created", json_string("2026-11-21T00:00:00Z"));
	(void)json_object_set_new(root, "policy", json_string(policy));
	(void)json_object_set(json_object_get(rest, "allow"), "ports",
			      json_object_get(root, "ports"));
	(void)json_object_del(root, "ports");
	(void)json_object_update(root, rest);
	text = json_dumps(root, 0);
	json_decref(rest);
	json_decref(root);
	if (text == NULL || revision_parse(text, strlen(text), &rev, &diags) < 0)
		(void)fprintf(stderr, "%s", diag_print(&diags, "case", why, sizeof(why)));
	free(text);
	return rev;
}

/* What is shipped: conf/policy.yaml, and the files beside it. */
static struct revision *load_example(const char *name)
{
	char *policy = NULL, path[512];
	struct revision *rev = NULL;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/conf/%s%s.yaml", SOURCE_DIR,
		       strcmp(name, "policy") == 0 ? "" : "examples/", name);
	if (fdio_read_file(path, POLICY_FILE_MAX, &policy, &len) == 0)
		rev = golden_make(policy, NO_OBJECTS);
	free(policy);
	return rev;
}

struct revision *golden_load(const char *name)
{
	char *policy = NULL, *objects = NULL, path[512];
	struct revision *rev = NULL;
	size_t len;

	if (strncmp(name, EXAMPLE, EXAMPLE_LEN) == 0)
		return load_example(name + EXAMPLE_LEN);
	golden_path(path, sizeof(path), name, "yaml");
	if (fdio_read_file(path, POLICY_FILE_MAX, &policy, &len) == 0) {
		golden_path(path, sizeof(path), name, "json");
		if (fdio_read_file(path, POLICY_FILE_MAX, &objects, &len) == 0)
			rev = golden_make(policy, objects);
	}
	free(policy);
	free(objects);
	return rev;
}
